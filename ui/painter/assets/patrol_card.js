/* The card beside the pointer: a stop and when it is visited, a team and what it is doing. */
import { place } from './hover.js';
import { hourText, whereAt } from './patrol_day.js';
import { kindSign } from './patrol_panel.js';
import { element } from './saying.js';

/** A card in `host`; `show({stop} | {team}, x, y)` fills and places it. */
export function dayCard(host, desk) {
  const node = host.appendChild(element('div', { class: 'gbp-card', hidden: true }));
  const show = (found, x, y) => {
    node.replaceChildren(...(found.stop !== undefined ? stopCard(desk, found.stop) : teamCard(desk, found.team)));
    node.hidden = false;
    place(node, host, x, y);
  };
  return {
    show,
    showAt: ({ stop }) => show({ stop }, ...desk.canvas.pixelOf(desk.day.stops[stop].x, desk.day.stops[stop].y)),
    hide: () => { node.hidden = true; },
  };
}

const row = (what, value) => element('div', {}, element('dt', { text: what }), element('dd', { text: value }));

function stopCard(desk, at) {
  const { day, tell } = desk, stop = day.stops[at], visit = day.visitOf.get(at), rows = [];
  if (visit) {
    const { arrive, begin, leave } = day.routes.get(visit.team).visits[visit.place];
    rows.push(row(tell('team'), tell('nth', { team: day.teams[visit.team].name, number: visit.place + 1 })), row(tell('arrival'), hourText(tell, arrive)));
    rows.push(row(tell('stay'), tell('from_to', { from: hourText(tell, begin), to: hourText(tell, leave) })));
  }
  for (const [from, to] of stop.windows) rows.push(row(tell('window'), tell('from_to', { from: hourText(tell, from), to: hourText(tell, to) })));
  rows.push(row(tell('priority'), stop.rank));
  const missed = visit ? null : desk.known.state.unvisited.find((one) => one.stop === stop.id);
  const notes = visit ? [] : [tell('nobody'), ...(missed?.why || []).slice(0, 1)];
  return [element('b', {}, stop.name, ' ', kindSign(stop)), element('small', { text: stop.kind_name }), element('dl', {}, ...rows), ...notes.map((text) => element('p', { text }))];
}

function teamCard(desk, at) {
  const { day, tell, second } = desk, team = day.teams[at], route = day.routes.get(at), rows = [];
  if (team.travel) rows.push(row(tell('travels'), team.travel));
  if (route) {
    rows.push(row(tell('out'), tell('from_to', { from: hourText(tell, route.start), to: hourText(tell, route.end) })), row(tell('stops'), String(route.visits.length)));
    rows.push(row(tell('now', { time: hourText(tell, second) }), doingNow(desk, at)));
  }
  return [element('b', { text: team.name }), element('small', { text: [team.station, route ? '' : tell('idle')].filter(Boolean).join(' · ') }), element('dl', {}, ...rows)];
}

function doingNow({ day, tell, second }, at) {
  const { doing, place: to } = whereAt(day, at, second), visits = day.routes.get(at).visits;
  if (doing === 'home') return tell('at_home');
  if (doing === 'travel') return to < visits.length ? tell('to_stop', { stop: day.stops[visits[to].stop].name }) : tell('going_home');
  return tell(doing === 'wait' ? 'waiting_at' : 'at_stop', { stop: day.stops[visits[to].stop].name });
}
