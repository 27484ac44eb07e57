/* What is known of a day of patrols, beside its map: figures, the team in hand, what is left out, closed roads. */
import { icon } from './icons.js';
import { SIGNS } from './patrol_drawing.js';
import { hourText, lasting } from './patrol_day.js';
import { element, icon as mark, say } from './saying.js';

const SVG = 'http://www.w3.org/2000/svg';
const MISSED_FIRST = 40;

/**
 * Build the panel in `host`.
 *
 * `on`: keep(team), team(at), stop(at), move(stop, team), weigh(stop), undo(), open(road), replan(), closeRoads().
 * Returns update(model): {day, figures, verdict, effect, team, stop, moving, weighed, unvisited, closed, stale,
 * editable, pending}.
 */
export function patrolPanel(host, { words, on }) {
  const tell = (key, facts) => say(words, `patrol.${key}`, facts);
  const node = element('aside', { class: 'side', 'aria-label': tell('panel') });
  const panel = { node, tell, on, told: new Map(), all: false };
  panel.parts = Object.fromEntries(['summary', 'effect', 'team', 'missed', 'roads'].map((name) => [name, node.appendChild(element('section', { class: name }))]));
  host.append(node);
  return { element: node, update: (model) => update(panel, model) };
}

function update(panel, model) {
  part(panel, 'summary', [model.figures, model.verdict, model.stale], () => summary(panel, model));
  part(panel, 'effect', [model.effect, model.pending, model.canUndo], () => effect(panel, model));
  part(panel, 'team', [model.version, model.team, model.stop, model.moving, model.weighed, model.kept, model.editable], () => teamCard(panel, model));
  part(panel, 'missed', [model.unvisited, model.stop, model.moving, model.weighed, model.team, panel.all], () => missed(panel, model));
  part(panel, 'roads', [model.closed, model.stale, model.editable], () => roads(panel, model));
}

/** Fill a part anew where what it shows has changed; the focus stays on what bears the same key. */
function part(panel, name, shown, build) {
  const told = JSON.stringify(shown), node = panel.parts[name];
  if (panel.told.get(name) === told) return;
  panel.told.set(name, told);
  const active = node.getRootNode().activeElement, key = active && node.contains(active) ? active.dataset.key : null;
  const children = build();
  node.hidden = !children;
  node.replaceChildren(...(children || []));
  if (key) [...node.querySelectorAll('[data-key]')].find((one) => one.dataset.key === key)?.focus({ preventScroll: true });
}

// Figures

function summary({ tell, on }, { figures, verdict, stale }) {
  const cells = figures.map(({ label, value, note }) => element('div', {}, element('dt', { text: label }), element('dd', {}, value, note ? element('small', { text: note }) : null)));
  return [
    element('dl', { class: 'figures' }, ...cells),
    verdictLine(tell, verdict),
    stale ? element('div', { class: 'stale', role: 'status' }, element('span', { text: stale }), button(tell('replan'), 'replan', on.replan)) : element('span', { hidden: true }),
  ];
}

function verdictLine(tell, { ok, text, faults }) {
  const line = element('p', { class: ok ? 'ok' : 'bad', role: 'status' }, element('i', { class: 'mark' }, mark(ok ? 'tick' : 'cross')), element('span', { text }));
  if (!faults.length) return line;
  return element('div', {}, line, element('ul', { class: 'faults' }, ...faults.map((fault) => element('li', { text: fault }))));
}

function button(text, key, act, attributes = {}) {
  return element('button', { type: 'button', class: 'plain', 'data-key': key, onclick: act, text, ...attributes });
}

// What the last change did

function effect({ tell, on }, { effect: found, pending, canUndo }) {
  if (pending) return [element('p', { class: 'waiting', role: 'status', text: tell('pending') })];
  if (!found) return null;
  return [
    element('div', { class: 'over' }, element('h3', { text: found.title }), canUndo ? button(tell('undo'), 'undo', on.undo) : null),
    element('ul', { class: found.worse ? 'worse' : '', role: 'status' }, ...found.lines.map((text) => element('li', { text }))),
  ];
}

// The team in hand

function teamCard(panel, model) {
  const { tell, on } = panel, { day, team, stop } = model;
  if (team < 0) return teamList(panel, day);
  const { name, station, members, travel, shift, at } = day.teams[team], route = day.routes.get(team);
  const facts = [station, travel, members ? tell('members', { count: members }) : '', tell('shift', { from: hourText(tell, shift[0]), to: hourText(tell, shift[1]) })];
  const head = element('div', { class: 'over' },
    element('h3', { style: `--team:${route ? day.colour(at) : '#8a97a5'}` }, element('i', { class: 'chip' }), element('span', { text: name })),
    element('button', { type: 'button', class: 'shut', 'aria-label': tell('leave_team'), title: tell('leave_team'), onclick: () => on.team(-1) }, mark('cross')));
  const lines = [element('p', { class: 'facts', text: facts.filter(Boolean).join(' · ') })];
  if (!route) return [head, ...lines, element('p', { class: 'none', text: tell('idle_team') })];
  lines.push(element('p', { class: 'facts', text: tell('round', roundFacts(panel, route)) }));
  if (model.editable) lines.push(keeper(panel, at, model.kept.includes(at)));
  const stops = route.visits.map((visit, i) => visitLine(panel, model, visit, i, route));
  return [head, ...lines, element('ol', { style: `--team:${day.colour(at)}` }, ...stops, element('li', { class: 'home' }, element('time', { text: hourText(tell, route.end) }), element('span', { text: tell('back') }), element('small', { text: leg(tell, route.home) })))];
}

/** Who goes out, the one that is out longest first. */
function teamList({ tell, on }, day) {
  const routes = [...day.routes.values()].sort((a, b) => b.end - b.start - (a.end - a.start));
  if (!routes.length) return null;
  const most = routes[0].end - routes[0].start;
  const lines = routes.map(({ team, start, end, visits }) => element('li', {}, element('button', { type: 'button', class: 'going', 'data-key': `team ${team}`, style: `--team:${day.colour(team)};--part:${((100 * (end - start)) / most).toFixed(1)}%`, onclick: () => on.team(team) },
    element('b', { text: day.teams[team].name }), element('small', { text: tell('stop_count', { count: visits.length }) }), element('em', { text: tell('hours_short', { hours: ((end - start) / 3600).toFixed(1) }) }), element('i'))));
  return [element('h3', { text: tell('going', { count: routes.length }) }), element('ul', { class: 'goings' }, ...lines)];
}

function roundFacts({ tell }, route) {
  const metres = route.visits.reduce((sum, { legM }) => sum + legM, route.home[1]);
  return { count: route.visits.length, hours: ((route.end - route.start) / 3600).toFixed(1), km: (metres / 1000).toFixed(1) };
}

const leg = (tell, [seconds, metres]) => tell('leg', { time: lasting(tell, seconds), km: (metres / 1000).toFixed(1) });

/** Whether a team's route stays when the rest is planned anew. */
function keeper({ tell, on }, team, kept) {
  const box = element('input', { type: 'checkbox', 'data-key': `keep ${team}`, onchange: () => on.keep(team) });
  box.checked = kept;
  return element('label', { class: 'keeper' }, box, element('span', { text: tell('keep_route') }));
}

function visitLine(panel, model, visit, i) {
  const { tell, on } = panel, stop = model.day.stops[visit.stop], is = visit.stop === model.stop;
  const late = visit.begin - visit.arrive > 59 ? tell('waits', { time: lasting(tell, visit.begin - visit.arrive) }) : '';
  const under = [leg(tell, [visit.legS, visit.legM]), late].filter(Boolean).join(' · ');
  const line = element('button', { type: 'button', class: 'visit', 'data-key': `stop ${stop.id}`, 'aria-pressed': String(is), onclick: () => on.stop(visit.stop) },
    element('i', { class: 'number', text: String(i + 1) }), element('time', { text: hourText(tell, visit.begin) }), element('b', { text: stop.name }), kindSign(stop), element('small', { text: under }));
  return element('li', { class: is ? 'chosen' : '' }, line, is ? stopDetails(panel, model, stop, visit) : null);
}

/** The sign of a stop's kind; its name is in the title. */
export function kindSign({ kind, kind_name }) {
  const svg = document.createElementNS(SVG, 'svg'), path = document.createElementNS(SVG, 'path'), title = document.createElementNS(SVG, 'title');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('class', 'kind');
  svg.setAttribute('role', 'img');
  path.setAttribute('d', SIGNS[kind] || SIGNS.village);
  title.textContent = kind_name;
  svg.append(title, path);
  return svg;
}

function stopDetails(panel, model, stop, visit) {
  const { tell } = panel;
  const rows = [[tell('kind'), stop.kind_name], [tell('priority'), stop.rank]];
  if (visit) rows.push([tell('stay'), tell('from_to', { from: hourText(tell, visit.begin), to: hourText(tell, visit.leave) })]);
  else rows.push([tell('stay'), lasting(tell, stop.dwell)]);
  if (stop.windows.length) rows.push([tell('window'), stop.windows.map(([from, to]) => tell('from_to', { from: hourText(tell, from), to: hourText(tell, to) })).join('  ')]);
  const details = element('dl', { class: 'details' }, ...rows.map(([what, value]) => element('div', {}, element('dt', { text: what }), element('dd', { text: value }))));
  return element('div', { class: 'more' }, details, model.editable ? mover(panel, model, stop) : null);
}

/** Who else could take a stop, and what that would cost; asked for when it is opened. */
function mover(panel, model, stop) {
  const { tell, on } = panel, open = model.moving === stop.at;
  if (!open) return element('button', { type: 'button', class: 'plain', 'data-key': `move ${stop.id}`, onclick: () => on.weigh(stop.at) }, element('span', { text: tell('move') }), element('kbd', { text: 'M' }));
  const found = model.weighed?.stop === stop.at ? model.weighed.options : null;
  const list = !found ? [element('li', { class: 'none', text: tell('weighing') })]
    : found.length ? found.map((option) => optionLine(panel, model, stop, option))
      : [element('li', { class: 'none', text: tell('nobody_else') })];
  if (model.day.visitOf.has(stop.at)) list.push(element('li', {}, element('button', { type: 'button', 'data-key': 'to nobody', onclick: () => on.move(stop.at, -1) }, element('i', { class: 'may', text: '×' }), element('b', { text: tell('to_nobody') }))));
  return element('div', { class: 'mover' }, element('div', { class: 'over' }, element('h4', { text: tell('move_to') }), element('button', { type: 'button', class: 'shut', 'aria-label': tell('give_up'), onclick: () => on.weigh(-1) }, mark('cross'))), element('ul', {}, ...list));
}

function optionLine({ on }, { day }, stop, { team, text, bad }) {
  return element('li', {}, element('button', { type: 'button', class: bad ? 'bad' : '', 'data-key': `to ${team}`, style: `--team:${day.routes.has(team) ? day.colour(team) : '#8a97a5'}`, onclick: () => on.move(stop.at, team) },
    element('i', { class: 'chip' }), element('b', { text: day.teams[team].name }), element('span', { text })));
}

// What nobody visits

function missed(panel, model) {
  const { tell, on } = panel, { day, unvisited, stop } = model;
  if (!unvisited.length) return null;
  const shown = panel.all ? unvisited : unvisited.slice(0, MISSED_FIRST);
  const more = unvisited.length - shown.length;
  return [
    element('h3', { text: tell('unvisited', { count: unvisited.length }) }),
    element('ul', {}, ...shown.map((one) => missedLine(panel, model, day.stops[one.stop], one, one.stop === stop))),
    more ? button(tell('more', { count: more }), 'more', () => { panel.all = true; update(panel, model); }) : element('span', { hidden: true }),
  ].map((node) => node || element('span', { hidden: true, onclick: on.none }));
}

function missedLine(panel, model, stop, { why, remedies }, is) {
  const { tell, on } = panel;
  const line = element('button', { type: 'button', class: 'missing', 'data-key': `missed ${stop.id}`, 'aria-pressed': String(is), onclick: () => on.stop(stop.at) },
    element('i', { class: stop.priority === 1 ? 'must' : 'may', text: stop.priority === 1 ? '!' : '×' }), element('b', { text: stop.name }), kindSign(stop), element('small', { text: stop.rank }));
  const said = [...why.map((text) => element('p', { text })), ...remedies.map((text) => element('p', { class: 'remedy', text }))];
  return element('li', { class: is ? 'chosen' : '' }, line, element('div', { class: 'why' }, ...said), is ? stopDetails(panel, model, stop, null) : null);
}

// Closed roads

function roads({ tell, on }, { closed, editable }) {
  const lines = closed.map(({ id, name }) => element('li', {}, element('button', { type: 'button', class: 'road', 'data-key': `road ${id}`, onclick: () => on.road(id) }, element('i', { class: 'shut-sign' }), element('b', { text: name })), editable ? button(tell('reopen'), `open ${id}`, () => on.open(id)) : null));
  return [
    element('div', { class: 'over' }, element('h3', { text: tell('closed', { count: closed.length }) }), editable ? element('button', { type: 'button', class: 'plain', 'data-key': 'closing', onclick: on.closeRoads }, icon('closing'), element('span', { text: tell('close_road') })) : null),
    closed.length ? element('ul', {}, ...lines) : element('p', { class: 'none', text: tell('none_closed') }),
  ];
}
