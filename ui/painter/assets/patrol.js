/* Mode "patrol": a day of patrols on the map and as bars, its time played, its stops moved, its roads closed. */
import { gridCanvas } from './canvas.js';
import { path } from './ground.js';
import { patrolBar } from './patrol_bar.js';
import { dayCard } from './patrol_card.js';
import { Day, measured, pointAlong } from './patrol_day.js';
import { drawCarried, drawClosed, drawDay, drawTeams, pixel } from './patrol_drawing.js';
import { keyList, legendBox } from './patrol_help.js';
import { patrolPanel } from './patrol_panel.js';
import { patrolPointing } from './patrol_pointing.js';
import { SPEEDS, timeline } from './patrol_timeline.js';
import { element, say, setText } from './saying.js';
import { foundIn, searchBox } from './search.js';
import { keeper, newToken, withoutKept } from './strokes.js';

const SAY_MS = 5200, ANSWER_MS = 6000, FRAME_MS = 40;
// How soon what was left is asked again, and how long a page may be away for it to be as it was.
const COME_BACK_MS = 300, AWAY_MS = 4000;
const WHOLE = 'position:absolute;inset:0;display:grid';
const HOST = 'position:absolute;inset:0;overflow:hidden';
const passing = keeper(() => window.sessionStorage);
// Days by state key: a page that comes back finds its own.
const DAYS = new Map();
const DAYS_AT_MOST = 3;

/** Open the mode in its place; null while the browser has not got the plan. */
export function open(root, { data, geometry, post, want }) {
  const known = dayOf(data);
  if (!known) {
    want(data.state_key);
    return null;
  }
  return new Desk(root, { data, geometry, known, post });
}

/** What is known of a plan, kept by its state key. */
function dayOf(data) {
  if (data.plan) {
    if (DAYS.size >= DAYS_AT_MOST && !DAYS.has(data.state_key)) DAYS.delete(DAYS.keys().next().value);
    const before = DAYS.get(data.state_key);
    DAYS.set(data.state_key, { left: null, ...before, day: new Day(data.plan.frame, data.plan.routes), plan: data.plan, state: data.state, version: 0 });
  }
  return DAYS.get(data.state_key);
}

/** All routes of a day, with an empty one for each team that has none. */
function wholeDay(day, routes) {
  const out = new Set(routes.map(({ team }) => team));
  return [...routes, ...day.teams.filter(({ at }) => !out.has(at)).map(({ at }) => ({ team: at, visits: [], ways: [] }))];
}

class Desk {
  constructor(root, { data, geometry, known, post }) {
    Object.assign(this, { root, geometry, post, known, words: data.words, data, queue: [], team: -1, stop: -1, moving: -1, weighed: null, kept: new Set() });
    Object.assign(this, { closing: false, strong: [], carried: null, gone: false, isPlaying: false, closed: [] });
    this.tell = (key, facts) => say(this.words, `patrol.${key}`, facts);
    this.viewKey = `gridbeat-patrol:${known.plan.id}:${known.plan.origin}`;
    const kept = passing.read(this.viewKey, {});
    const [from, to] = this.day.span();
    this.second = Number.isFinite(kept.second) && kept.second >= from && kept.second <= to ? kept.second : from;
    this.speed = SPEEDS.includes(kept.speed) ? kept.speed : SPEEDS[1];
    this.shown = { panel: kept.panel !== false, tall: kept.tall === true, legend: kept.legend !== false, keys: false };
    this.team = this.day.teamAt.get(kept.team) ?? -1;
    const left = this.comeBack();
    this.build(root, geometry, data, kept);
    this.update({ ...data, plan: null });
    this.line.select({ team: this.team, stop: this.stop });
    if (left?.focused) this.mapHost.focus({ preventScroll: true });
    if (this.closing) this.setClosing(true);
    // What Python has not heard yet.
    if (this.queue.length) this.timer = setTimeout(() => this.flush(), COME_BACK_MS);
  }

  /** Mounted anew in the midst of work: what was in hand still is, and what was asked for is asked again. */
  comeBack() {
    const { left } = this.known;
    this.known.left = null;
    if (!left) return null;
    this.queue = left.queue;
    if (Date.now() - left.at > AWAY_MS) return null;
    Object.assign(this, left.hand);
    return left;
  }

  get day() { return this.known.day; }
  get editable() { return Boolean(this.known.plan.editable); }

  // Its parts.

  build(root, geometry, data, kept) {
    this.others = [...root.children].map((part) => [part, part.style.display]);
    for (const [part] of this.others) part.style.display = 'none';
    this.node = element('div', { class: 'gb-patrol', style: WHOLE });
    this.barHost = element('div', { class: 'gbp-bar' });
    this.mapHost = element('div', { class: 'gbp-canvas', style: HOST, role: 'application', 'aria-label': this.tell('map') });
    this.mapBox = element('div', { class: 'map', style: 'position:relative;min-width:0;min-height:0' }, this.mapHost);
    this.lower = element('div', { class: 'lower' });
    this.sideHost = element('div', { class: 'side-host' });
    this.node.append(this.barHost, this.mapBox, this.lower, this.sideHost);
    root.append(this.node);
    this.bar = patrolBar(this.barHost, { words: this.words, on: this.commands() });
    this.bar.teams(this.day);
    this.buildOver();
    this.line = timeline(this.lower, { words: this.words, on: this.timelineCommands() });
    this.panel = patrolPanel(this.sideHost, { words: this.words, on: this.panelCommands() });
    this.openMap(geometry, data, kept);
    this.line.show(this.day);
    this.line.playing(false, this.speed);
    this.setTime(this.second);
  }

  buildOver() {
    this.said = this.mapBox.appendChild(element('div', { class: 'gbp-line', role: 'status', 'aria-live': 'polite', hidden: true }));
    this.notice = this.mapBox.appendChild(element('div', { class: 'gbp-frozen-note', hidden: true }));
    this.legend = this.mapBox.appendChild(legendBox(this.tell, this.day));
    this.keys = this.mapBox.appendChild(keyList(this.tell));
    this.cross = this.mapBox.appendChild(element('i', { class: 'cross', hidden: true }));
    this.search = searchBox({
      words: { ...this.words, search: this.tell('search') },
      find: (text) => foundIn(this.layers(), text),
      on: {
        found: ({ kind, at }) => { if (kind === 'team') this.choose({ team: at, stop: -1, go: true }); else this.chooseStop(at, { go: true }); },
        left: () => this.mapHost.focus({ preventScroll: true }),
      },
    });
    this.mapBox.append(this.search.element);
  }

  layers() {
    const { teams, stops } = this.day;
    return [['team', teams.map(({ id }) => id), teams.map(({ name }) => name)], ['stop', stops.map(({ id }) => id), stops.map(({ name }) => name)]];
  }

  openMap(geometry, data, kept) {
    const view = kept.view && ['lat', 'lng', 'zoom'].every((name) => Number.isFinite(kept.view[name])) ? kept.view : null;
    this.canvas = gridCanvas(this.mapHost, {
      geometry, geometryKey: data.geometry_key, words: this.words, credit: data.credit, view, onReady: () => { if (!view) this.fit({ animate: false }); },
    });
    // For who looks in from outside: tests, the console.
    this.mapHost.patrol = this;
    this.card = dayCard(this.mapHost, this);
    this.pointer = patrolPointing(this);
    this.canvas.marks.push((ctx, px) => this.drawMarks(ctx, px));
    this.canvas.overlays.push((ctx, px) => this.drawTop(ctx, px));
    this.canvas.map.on('moveend', () => this.remember({ view: this.canvas.shown() }));
    this.canvas.show(this.picture());
  }

  picture() {
    const { stations, count } = { stations: this.canvas.stations, count: this.canvas.shapes.count };
    return {
      // One colour for all, filled station by station: a single path would be slow.
      zoneOf: Int32Array.from({ length: count }, (_, area) => stations[area]),
      fillOf: () => '#fafbfc',
      edges: (area, other) => (other < 0 || stations[area] !== stations[other] ? 2 : 0),
      lines: (px) => [{ colour: '#dbe1e8', width: px.width > 13 ? 0.9 : 0 }, { colour: '#dbe1e8', width: 0 }, { colour: '#9aa8b8', width: px.zoom < 12 ? 1.1 : 1.6 }],
      labels: () => this.labels(),
    };
  }

  commands() {
    return {
      undo: () => this.undo(),
      redo: () => this.redo(),
      team: (team) => this.choose({ team, stop: -1, go: true }),
      replan: () => this.replan(),
      closing: () => { this.setClosing(!this.closing); this.mapHost.focus({ preventScroll: true }); },
      fit: () => this.fit(),
      legend: () => this.toggle('legend'),
      keys: () => this.toggle('keys'),
      timeline: () => this.toggle('tall'),
      panel: () => this.toggle('panel'),
    };
  }

  timelineCommands() {
    return {
      play: () => this.play(),
      speed: () => this.faster(),
      time: (second) => { this.pause(); this.setTime(second); },
      team: (team) => this.choose({ team: team === this.team ? -1 : team, stop: -1, go: true }),
      stop: (stop, { quiet = false } = {}) => { if (this.pointer.pointer.dropped) this.pointer.pointer.dropped = false; else this.chooseStop(stop, { go: true, follow: !quiet }); },
      move: (stop) => this.weigh(stop),
      carry: (event, stop) => this.pointer.pointer.hold(event, stop),
    };
  }

  panelCommands() {
    return {
      team: (team) => this.choose({ team, stop: -1, go: true }),
      stop: (stop) => this.chooseStop(stop, { go: true }),
      move: (stop, team) => {
        this.move(stop, team);
        // The button that was pressed goes; the keys are to go on working.
        this.mapHost.focus({ preventScroll: true });
      },
      weigh: (stop) => this.weigh(stop),
      undo: () => { this.undo(); this.mapHost.focus({ preventScroll: true }); },
      open: (road) => this.send({ kind: 'open', road }),
      road: (id) => this.goRoad(id),
      replan: () => this.replan(),
      keep: (team) => { if (!this.kept.delete(team)) this.kept.add(team); this.show(); },
      closeRoads: () => { this.setClosing(true); this.mapHost.focus({ preventScroll: true }); },
    };
  }

  // What Python tells.

  update(data) {
    const { known } = this;
    this.data = data;
    this.queue = withoutKept(this.queue, data.acks || []);
    if (data.acks?.length) this.answered();
    if (data.plan) this.take(wholeDay(this.day, data.plan.routes));
    else if (data.routes?.length) this.take(data.routes);
    if (data.state) known.state = data.state;
    if (data.weighed) this.weighed = this.readable(data.weighed);
    if (data.effect) this.hear(data.effect);
    this.closed = (known.state.closed || []).map((road) => this.placed(road));
    if (data.notice) this.say(data.notice);
    this.canvas.redrawMarks();
    this.canvas.labelsLater();
    this.show();
  }

  take(routes) {
    this.day.take(routes);
    this.known.version += 1;
    this.line.renew(routes.map(({ team }) => team));
    this.line.select({ team: this.team, stop: this.stop, follow: false });
    this.setTime(this.second);
  }

  hear({ token, ...effect }) {
    if (this.known.heard === token) return;
    this.known.heard = token;
    this.known.effect = effect;
    const moved = effect.stop === undefined ? undefined : this.day.stopAt.get(effect.stop);
    if (moved !== undefined) {
      const visit = this.day.visitOf.get(moved);
      this.choose({ team: visit?.team ?? -1, stop: moved });
    }
    this.moving = -1;
    this.say(effect.title);
  }

  readable({ stop, options }) {
    return { stop: this.day.stopAt.get(stop) ?? -1, options: options.map((option) => ({ ...option, team: this.day.teamAt.get(option.team) })) };
  }

  placed(road) {
    const way = measured(path(road.way, this.known.plan.frame.scale)), [x, y] = pointAlong(way, 0.5);
    return { ...road, way, x, y };
  }

  // What Python is told.

  send(what) {
    this.queue = [...this.queue, { token: newToken(), ...what }];
    this.flush();
    this.show();
  }

  /** Post the queue, one post at a time; without an answer it is posted again. */
  flush() {
    if (!this.queue.length || Date.now() < this.waitsUntil) return;
    this.waitsUntil = Date.now() + ANSWER_MS;
    this.post(this.queue);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), ANSWER_MS + 50);
  }

  answered() {
    clearTimeout(this.timer);
    this.waitsUntil = 0;
    if (this.queue.length) this.timer = setTimeout(() => this.flush(), 30);
  }

  move(stop, team) {
    const { day } = this;
    const now = day.visitOf.get(stop)?.team ?? -1;
    if (!this.editable || now === team) return;
    if (team < 0) { this.send({ kind: 'move', stop: day.stops[stop].id, team: '' }); return; }
    if (!day.may(team, stop)) { this.say(this.tell('may_not', { team: day.teams[team].name, stop: day.stops[stop].name })); return; }
    this.send({ kind: 'move', stop: day.stops[stop].id, team: day.teams[team].id });
  }

  undo() {
    if (this.editable && this.known.state.can.undo) this.send({ kind: 'undo' });
  }

  redo() {
    if (this.editable && this.known.state.can.redo) this.send({ kind: 'redo' });
  }

  /** Plan the day anew; the routes of the teams that are kept stay. */
  replan() {
    if (this.editable) this.send({ kind: 'replan', keep: [...this.kept].map((team) => this.day.teams[team].id) });
  }

  /** Close the road at pixels of the map, or open it again. */
  closeRoad(x, y, reach) {
    const { px } = this.canvas, [wx, wy] = this.canvas.worldAt(x, y), at = { x: wx, y: wy };
    if (!px || !this.editable) return;
    const point = this.canvas.map.containerPointToLatLng([x, y]), aside = this.canvas.map.containerPointToLatLng([x + reach, y]);
    this.mark = at;
    this.canvas.redrawTop();
    this.send({ kind: 'close', at: [point.lng, point.lat], within: point.distanceTo(aside) });
  }

  /** Show who else could take a stop; −1 to leave it. */
  weigh(stop) {
    if (!this.editable) return;
    this.moving = stop;
    if (stop >= 0) {
      if (this.stop !== stop) this.chooseStop(stop, { keep: true });
      if (!this.shown.panel) this.toggle('panel');
      this.weighed = null;
      this.send({ kind: 'weigh', stop: this.day.stops[stop].id });
    }
    this.show();
    if (stop >= 0) this.panel.element.querySelector('.mover .shut')?.focus({ preventScroll: true });
  }

  // What is in hand.

  choose({ team, stop, go = false, follow = true, keep = false }) {
    Object.assign(this, { team, stop });
    if (!keep) this.moving = -1;
    this.remember({ team: this.day.teams[team]?.id ?? '' });
    this.line.select({ team, stop, follow });
    this.canvas.redraw();
    if (go && team >= 0) this.canvas.fitBox(this.day.box([team]), { padding: 60, atMost: 15 });
    this.show();
  }

  /** Take a stop in hand, and with it the team that visits it. */
  chooseStop(stop, { go = false, follow = true, keep = false } = {}) {
    const team = this.day.visitOf.get(stop)?.team ?? -1;
    this.choose({ team, stop, follow, keep });
    if (go) this.goTo(this.day.stops[stop]);
    const visit = this.day.routes.get(team)?.visits.find((one) => one.stop === stop);
    if (visit && !this.isPlaying) this.setTime(visit.begin);
  }

  /** Bring a place into sight, and near enough to be made out. */
  goTo({ x, y }) {
    const { map } = this.canvas, [px, py] = this.canvas.pixelOf(x, y), { clientWidth: wide, clientHeight: high } = this.mapHost;
    const inSight = px > 40 && py > 40 && px < wide - 40 && py < high - 40;
    if (inSight && map.getZoom() >= 12) return;
    const lonlat = map.containerPointToLatLng([px, py]);
    map.setView(lonlat, Math.max(map.getZoom(), 13), { animate: true });
  }

  goRoad(id) {
    const road = this.closed.find((one) => one.id === id);
    if (road) this.canvas.fitBox(road.way.box, { padding: 120, atMost: 15 });
  }

  nextTeam(step) {
    const out = this.day.teams.filter(({ at }) => this.day.routes.has(at)).map(({ at }) => at);
    if (!out.length) return;
    const now = out.indexOf(this.team);
    this.choose({ team: out[(now + step + (now < 0 && step < 0 ? 1 : 0) + out.length) % out.length], stop: -1, go: true });
  }

  nextStop(step) {
    const visits = this.day.routes.get(this.team)?.visits || [];
    if (!visits.length) { this.nextTeam(step); return; }
    const now = visits.findIndex(({ stop }) => stop === this.stop);
    this.chooseStop(visits[(now + step + (now < 0 && step < 0 ? 1 : 0) + visits.length) % visits.length].stop, { go: true });
  }

  nextMissed() {
    const missed = this.unvisited();
    if (!missed.length) { this.say(this.tell('all_visited')); return; }
    const now = missed.findIndex(({ stop }) => stop === this.stop);
    this.chooseStop(missed[(now + 1) % missed.length].stop, { go: true });
  }

  /** The nearest stop in a direction from the one in hand, or from the middle of the map. */
  stepTo(dx, dy) {
    const { canvas, day } = this, { px } = canvas;
    if (!px) return;
    const middle = canvas.worldAt(this.mapHost.clientWidth / 2, this.mapHost.clientHeight / 2);
    const [x, y] = pixel(px, this.stop >= 0 ? day.stops[this.stop] : { x: middle[0], y: middle[1] });
    let best = -1, least = Infinity;
    for (const stop of day.stops) {
      const [sx, sy] = pixel(px, stop), ax = sx - x, ay = sy - y;
      const along = ax * dx + ay * dy, aside = Math.abs(ax * dy - ay * dx);
      if (stop.at === this.stop || (this.stop >= 0 && (along <= 0 || aside > along * 1.74))) continue;
      const cost = this.stop >= 0 ? along + 2 * aside : Math.hypot(ax, ay);
      if (cost < least) { least = cost; best = stop.at; }
    }
    if (best < 0) return;
    this.chooseStop(best, { go: true });
    this.card.showAt({ stop: best });
  }

  stepBack() {
    if (this.shown.keys) this.toggle('keys');
    else if (this.closing) this.setClosing(false);
    else if (this.moving >= 0) this.weigh(-1);
    else this.choose({ team: this.stop >= 0 ? this.team : -1, stop: -1 });
  }

  setClosing(on) {
    this.closing = on && this.editable;
    this.mapHost.style.cursor = this.closing ? 'crosshair' : '';
    setText(this.notice, this.closing ? this.tell('closing_help') : '');
    this.notice.hidden = !this.closing;
    this.cross.hidden = !this.closing;
    this.show();
  }

  toggle(name) {
    this.shown[name] = !this.shown[name];
    if (name !== 'keys') this.remember({ [name]: this.shown[name] });
    this.show();
  }

  fit({ animate = true } = {}) {
    this.canvas.fitBox(this.day.box() || this.canvas.shapes.bounds, { animate, padding: 24, atMost: 15 });
  }

  // Time.

  setTime(second) {
    const [from, to] = this.day.span();
    this.second = Math.min(to, Math.max(from, second));
    this.line.at(this.second);
    this.canvas?.redrawTop();
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.remember({ second: this.second }), 400);
  }

  play() {
    if (this.isPlaying) { this.pause(); return; }
    const [from, to] = this.day.span();
    if (this.second >= to) this.setTime(from);
    this.isPlaying = true;
    this.line.playing(true, this.speed);
    this.last = performance.now();
    this.frame = requestAnimationFrame((now) => this.advance(now));
  }

  advance(now) {
    if (!this.isPlaying || this.gone) return;
    const passed = now - this.last;
    if (passed >= FRAME_MS) {
      this.last = now;
      this.setTime(this.second + (Math.min(passed, 500) / 1000) * this.speed);
      if (this.second >= this.day.span()[1]) { this.pause(); return; }
    }
    this.frame = requestAnimationFrame((next) => this.advance(next));
  }

  pause() {
    this.isPlaying = false;
    cancelAnimationFrame(this.frame);
    this.line.playing(false, this.speed);
  }

  faster() {
    this.speed = SPEEDS[(SPEEDS.indexOf(this.speed) + 1) % SPEEDS.length];
    this.remember({ speed: this.speed });
    this.line.playing(this.isPlaying, this.speed);
  }

  // What is drawn.

  drawMarks(ctx, px) {
    const view = this.canvas.world;
    drawDay(ctx, px, this.day, { view, team: this.team, stop: this.stop, strong: this.strong, unvisited: this.unvisited().map(({ stop }) => stop) });
    drawClosed(ctx, px, this.closed, view);
  }

  drawTop(ctx, px) {
    drawTeams(ctx, px, this.day, this.second, { team: this.team });
    if (this.carried?.at) drawCarried(ctx, px, this.day, this.carried);
    if (this.mark && this.queue.length) {
      const [x, y] = pixel(px, this.mark);
      ctx.beginPath();
      ctx.arc(x, y, 9, 0, 7);
      ctx.strokeStyle = '#c4261d';
      ctx.lineWidth = 2;
      ctx.stroke();
    }
  }

  labels() {
    const { day, team, canvas: { px } } = this, found = [];
    if (!px) return found;
    const wide = 400 / px.scale;
    for (const { stop } of day.routes.get(team)?.visits || []) found.push({ x: day.stops[stop].x, y: day.stops[stop].y + 19 / px.scale, text: day.stops[stop].name, width: wide });
    if (team >= 0) found.push({ x: day.teams[team].x, y: day.teams[team].y - 16 / px.scale, text: day.teams[team].name, width: wide });
    if (this.stop >= 0 && !day.visitOf.has(this.stop)) found.push({ x: day.stops[this.stop].x, y: day.stops[this.stop].y + 19 / px.scale, text: day.stops[this.stop].name, width: wide });
    return found;
  }

  /** A stop is being carried, to the team it would fall to. */
  aimed(carried, event = null) {
    this.carried = carried;
    this.line.aim(carried?.team ?? -1, carried?.allowed ?? false);
    const strong = carried && carried.team >= 0 ? [carried.team] : [];
    if (String(strong) !== String(this.strong)) { this.strong = strong; this.canvas.redrawMarks(); }
    if (event && carried) this.carryNote(carried, event);
    else this.floating?.remove();
    this.canvas.redrawTop();
  }

  carryNote({ stop, team, allowed }, event) {
    const { day } = this, own = day.visitOf.get(stop)?.team;
    this.floating ||= element('div', { class: 'floating' });
    const said = team < 0 || team === own ? this.tell('carry', { stop: day.stops[stop].name }) : this.tell(allowed ? 'carry_to' : 'may_not', { stop: day.stops[stop].name, team: day.teams[team].name });
    setText(this.floating, said);
    this.floating.classList.toggle('bad', team >= 0 && !allowed);
    const box = this.node.getBoundingClientRect();
    if (!this.floating.isConnected) this.node.append(this.floating);
    const x = Math.min(event.clientX - box.left + 18, box.width - this.floating.offsetWidth - 6);
    this.floating.style.transform = `translate(${x}px, ${event.clientY - box.top + 18}px)`;
  }

  cursor(found) {
    this.mapHost.style.cursor = this.closing ? 'crosshair' : !found ? '' : found.stop !== undefined && this.editable ? 'grab' : 'pointer';
  }

  unvisited() {
    return (this.known.state.unvisited || []).map((one) => ({ ...one, stop: this.day.stopAt.get(one.stop) })).filter(({ stop }) => stop !== undefined);
  }

  show() {
    if (this.due) return;
    this.due = setTimeout(() => { this.due = 0; this.showNow(); }, 20);
  }

  showNow() {
    const { known: { state, effect = null, version }, day, team } = this;
    this.bar.update({ editable: this.editable, can: state.can, team, colour: day.routes.has(team) ? day.colour(team) : '', closing: this.closing, ...this.shown });
    this.node.classList.toggle('folded', !this.shown.panel);
    this.node.classList.toggle('tall', this.shown.tall);
    this.legend.hidden = !this.shown.legend;
    this.keys.hidden = !this.shown.keys;
    const pending = this.queue.some(({ kind }) => ['move', 'undo', 'redo'].includes(kind));
    this.panel.update({
      day, version, team, stop: this.stop, moving: this.moving, weighed: this.weighed, kept: [...this.kept], editable: this.editable, pending, canUndo: state.can.undo, effect,
      figures: state.figures, verdict: state.verdict, stale: state.stale || '', unvisited: this.unvisited(), closed: (state.closed || []).map(({ id, name }) => ({ id, name })),
    });
  }

  say(text) {
    setText(this.said, text);
    this.said.hidden = false;
    clearTimeout(this.sayTimer);
    this.sayTimer = setTimeout(() => { this.said.hidden = true; }, SAY_MS);
  }

  remember(what) {
    passing.write(this.viewKey, { ...passing.read(this.viewKey, {}), ...what });
  }

  destroy() {
    const { queue, team, stop, moving, weighed, closing, kept, second } = this;
    const focused = this.node.contains(this.node.getRootNode().activeElement);
    this.known.left = { queue, focused, at: Date.now(), hand: { team, stop, moving, weighed, closing, kept, second } };
    this.gone = true;
    this.pause();
    for (const timer of [this.timer, this.due, this.sayTimer, this.keeping]) clearTimeout(timer);
    this.pointer.destroy();
    this.canvas.destroy();
    this.node.remove();
    for (const [part, display] of this.others) part.style.display = display;
  }
}
