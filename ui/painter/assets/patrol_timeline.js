/* The teams' day as bars side by side: travel, waiting, stops and their windows; the slider of the time above them. */
import { icon } from './icons.js';
import { clock, hourText } from './patrol_day.js';
import { element, say, setAttr, setStyle, setText } from './saying.js';

const HOUR = 3600, TICKS_AT_MOST = 13, STEPS_H = [1, 2, 3, 4, 6];
// How near the flag of the time may come to an hour's label.
const FLAG_PX = 38;
// Seconds of the day that pass in one of the browser's.
export const SPEEDS = [120, 600, 1800];

/**
 * Build the timeline in `host`.
 *
 * `on`: play(), speed(), time(second), team(at), stop(at), move(stop at), carry(event, stop at).
 * Returns show(day), rows(teams), select({team, stop}), at(second), playing(is, speed), teamUnder(element).
 */
export function timeline(host, { words, lang, on }) {
  const line = { host, words, lang, on, day: null, from: 0, to: 1, rows: new Map(), tell: (key, facts) => say(words, `patrol.${key}`, facts) };
  build(line);
  return {
    element: line.node,
    show: (day) => show(line, day),
    renew: (teams) => renew(line, teams),
    select: (chosen) => select(line, chosen),
    at: (second) => at(line, second),
    playing: (is, speed) => playing(line, is, speed),
    aim: (team, allowed) => aim(line, team, allowed),
    focus: (stop) => blockOf(line, stop)?.focus(),
  };
}

function build(line) {
  const { tell, on } = line;
  line.play = element('button', { type: 'button', class: 'play', onclick: on.play });
  line.speed = element('button', { type: 'button', class: 'speed', onclick: on.speed });
  line.slider = element('input', {
    type: 'range', step: '60', 'aria-label': tell('time'), oninput: () => on.time(Number(line.slider.value)),
  });
  line.ticks = element('div', { class: 'ticks' });
  line.flag = element('output', { class: 'flag' });
  line.body = element('div', { class: 'rows', role: 'list', 'aria-label': tell('timeline') });
  line.now = element('i', { class: 'now' });
  line.node = element('section', { class: 'timeline' },
    element('header', {},
      element('div', { class: 'corner' }, line.play, line.speed),
      element('div', { class: 'axis' }, line.ticks, line.flag, line.slider)),
    element('div', { class: 'scroll' }, line.body, element('div', { class: 'over' }, line.now)));
  line.body.addEventListener('click', (event) => clicked(line, event));
  line.body.addEventListener('keydown', (event) => keyed(line, event));
  line.body.addEventListener('pointerdown', (event) => {
    const block = event.target.closest('.dwell');
    if (block && event.button === 0) on.carry(event, Number(block.dataset.stop));
  });
  line.host.append(line.node);
}

function show(line, day) {
  line.day = day;
  [line.from, line.to] = wholeHours(day);
  Object.assign(line.slider, { min: String(line.from), max: String(line.to) });
  fillTicks(line);
  line.rows.clear();
  const out = day.teams.filter(({ at }) => day.routes.has(at)), idle = day.teams.filter(({ at }) => !day.routes.has(at));
  line.body.replaceChildren(...[...out, ...idle].map(({ at: team }) => row(line, team)));
  line.body.querySelector('.dwell')?.setAttribute('tabindex', '0');
}

function wholeHours(day) {
  const [from, to] = day.span(), first = Math.floor(from / HOUR) * HOUR;
  return [first, Math.max(Math.ceil(to / HOUR) * HOUR, first + HOUR)];
}

const share = (line, second) => `${(((second - line.from) / (line.to - line.from)) * 100).toFixed(3)}%`;

function fillTicks(line) {
  const hours = (line.to - line.from) / HOUR, step = STEPS_H.find((h) => hours / h <= TICKS_AT_MOST) || 12;
  const first = Math.ceil(line.from / HOUR / step) * step, ticks = [];
  for (let hour = first; hour * HOUR <= line.to; hour += step) {
    // Only the first one past midnight says so.
    const label = hour % 24 < step ? hourText(line.tell, hour * HOUR) : clock(hour * HOUR).text;
    // Those at the ends stay inside.
    const end = hour * HOUR === line.from ? 'first' : hour * HOUR === line.to ? 'last' : null;
    ticks.push(element('span', { class: end, style: `left:${share(line, hour * HOUR)}`, 'data-at': String(hour * HOUR), text: label }));
  }
  line.ticks.replaceChildren(...ticks);
  setStyle(line.node, '--hour', `${(100 / hours) * step}%`);
}

function row(line, team) {
  const node = element('div', { class: 'row', role: 'listitem', 'data-team': String(team) });
  line.rows.set(team, node);
  fill(line, team);
  return node;
}

/** Fill the rows of these teams anew; the keyboard stays where it was. */
function renew(line, teams) {
  const had = focused(line.body);
  if (String(wholeHours(line.day)) !== String([line.from, line.to])) show(line, line.day);
  else teams.forEach((team) => fill(line, team));
  if (had && !had.isConnected) blockOf(line, Number(had.dataset.stop))?.focus();
}

function focused(node) {
  const active = node.getRootNode().activeElement;
  return active && node.contains(active) ? active : null;
}

function fill(line, team) {
  const { day, tell } = line, node = line.rows.get(team), { name, shift } = day.teams[team], route = day.routes.get(team);
  const colour = route ? day.colour(team) : '#b3bdc8';
  setStyle(node, '--team', colour);
  node.classList.toggle('idle', !route);
  const said = route ? tell('hours_short', { hours: ((route.end - route.start) / HOUR).toFixed(1) }) : tell('idle');
  const who = element('button', { type: 'button', class: 'who', title: name, 'data-team': String(team), tabindex: '-1' },
    element('i', { class: 'chip' }), element('b', { text: name }), element('em', { text: said }));
  const track = element('div', { class: 'track' }, bar(line, 'shift', ...shift), ...(route ? bars(line, route) : []));
  node.replaceChildren(who, track);
}

function bars(line, route) {
  const { day } = line, found = [];
  let left = route.start;
  for (const [i, visit] of route.visits.entries()) {
    const stop = day.stops[visit.stop];
    for (const [opens, closes] of stop.windows) found.push(bar(line, 'window', Math.max(opens, line.from), Math.min(closes, line.to)));
    found.push(bar(line, 'travel', left, visit.arrive));
    if (visit.begin > visit.arrive) found.push(bar(line, 'wait', visit.arrive, visit.begin));
    found.push(block(line, i, visit, stop));
    left = visit.leave;
  }
  return [...found, bar(line, 'travel', left, route.end)];
}

function bar(line, kind, from, to) {
  return element('i', { class: kind, style: `left:${share(line, from)};width:${((Math.max(0, to - from) / (line.to - line.from)) * 100).toFixed(3)}%` });
}

function block(line, i, visit, stop) {
  const said = line.tell('block', { number: i + 1, stop: stop.name, from: clock(visit.begin).text, to: clock(visit.leave).text });
  const node = bar(line, 'dwell', visit.begin, visit.leave);
  const button = element('button', {
    type: 'button', class: 'dwell', style: node.getAttribute('style'), title: said, 'aria-label': said, 'data-stop': String(visit.stop), tabindex: '-1',
  }, element('span', { class: i < 9 ? null : 'wide', text: String(i + 1) }));
  return button;
}

const blockOf = (line, stop) => line.body.querySelector(`.dwell[data-stop="${stop}"]`);

function select(line, { team, stop, follow = true }) {
  for (const [at, node] of line.rows) node.classList.toggle('chosen', at === team);
  for (const node of line.body.querySelectorAll('.dwell')) {
    const is = Number(node.dataset.stop) === stop;
    setAttr(node, 'aria-pressed', is ? 'true' : 'false');
  }
  const tabbed = blockOf(line, stop) || line.rows.get(team)?.querySelector('.dwell');
  if (tabbed) roam(line, tabbed);
  if (follow) intoView(line, team);
}

/** Scroll a team's row into sight inside the timeline, and nothing around it. */
function intoView(line, team) {
  const node = line.rows.get(team), box = line.body.parentNode;
  if (!node) return;
  const top = node.offsetTop, end = top + node.offsetHeight;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (end > box.scrollTop + box.clientHeight) box.scrollTop = end - box.clientHeight;
}

/** One block can be reached by Tab, the others from it by arrows. */
function roam(line, node) {
  line.body.querySelector('.dwell[tabindex="0"]')?.setAttribute('tabindex', '-1');
  node.setAttribute('tabindex', '0');
}

function at(line, second) {
  const text = hourText(line.tell, second), apart = ((line.to - line.from) / line.ticks.clientWidth) * FLAG_PX;
  for (const tick of line.ticks.children) tick.classList.toggle('covered', Math.abs(Number(tick.dataset.at) - second) < apart);
  line.slider.value = String(second);
  setAttr(line.slider, 'aria-valuetext', text);
  setStyle(line.node, '--now', share(line, second));
  setText(line.flag, text);
}

function playing(line, is, speed) {
  const said = line.tell(is ? 'pause' : 'play');
  line.play.replaceChildren(icon(is ? 'pause' : 'play'));
  setAttr(line.play, 'aria-label', said);
  setAttr(line.play, 'title', line.tell('with_key', { what: said, press: line.tell('key_space') }));
  setText(line.speed, line.tell('speed', { minutes: speed / 60 }));
  setAttr(line.speed, 'title', line.tell('speed_help'));
}

function clicked(line, event) {
  const block = event.target.closest('.dwell'), who = event.target.closest('.who');
  if (block) line.on.stop(Number(block.dataset.stop));
  else if (who) line.on.team(Number(who.dataset.team));
}

const ACROSS = { ArrowLeft: -1, ArrowRight: 1 }, DOWN = { ArrowUp: -1, ArrowDown: 1 };

function keyed(line, event) {
  const block = event.target.closest('.dwell');
  if (!block || event.ctrlKey || event.metaKey || event.altKey) return;
  const next = ACROSS[event.key] ? beside(block, ACROSS[event.key]) : DOWN[event.key] ? above(line, block, DOWN[event.key]) : null;
  const act = next ? () => { roam(line, next); next.focus(); line.on.stop(Number(next.dataset.stop), { quiet: true }); }
    : event.key.toLowerCase() === 'm' ? () => line.on.move(Number(block.dataset.stop)) : null;
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function beside(block, step) {
  const blocks = [...block.parentNode.querySelectorAll('.dwell')];
  return blocks[blocks.indexOf(block) + step] || null;
}

/** The block nearest in time in the next row that has any. */
function above(line, block, step) {
  let row = block.closest('.row');
  const left = parseFloat(block.style.left);
  for (;;) {
    row = step < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!row) return null;
    const blocks = [...row.querySelectorAll('.dwell')];
    if (blocks.length) return blocks.reduce((best, one) => (Math.abs(parseFloat(one.style.left) - left) < Math.abs(parseFloat(best.style.left) - left) ? one : best));
  }
}

/** Mark the row that a carried stop would be dropped on; −1 for none. */
function aim(line, team, allowed) {
  for (const [at, node] of line.rows) {
    node.classList.toggle('aimed', at === team && allowed);
    node.classList.toggle('barred', at === team && !allowed);
  }
}
