/* Pointer and keys on the patrols' map: stops and teams taken in hand, stops carried to another team, roads closed. */
import { distanceTo, pixel, stopRadius } from './patrol_drawing.js';
import { whereAt } from './patrol_day.js';

const REACH_PX = 7, DROP_PX = 34, CARRY_PX = 5, ROAD_PX = 12, PAN_PX = 90;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** Listen on the map of a desk (see patrol.js); returns what takes the listeners away. */
export function patrolPointing(desk) {
  const { host } = desk.canvas, aborter = new AbortController(), { signal } = aborter;
  const pointer = new Pointer(desk);
  host.tabIndex = 0;
  host.addEventListener('pointerdown', (event) => pointer.down(event), { signal, capture: true });
  host.addEventListener('pointermove', (event) => pointer.hover(event), { signal });
  host.addEventListener('pointerleave', () => pointer.leave(), { signal });
  host.addEventListener('click', (event) => pointer.click(event), { signal });
  desk.node.addEventListener('pointermove', (event) => pointer.carry(event), { signal });
  desk.node.addEventListener('pointerup', () => pointer.drop(), { signal });
  desk.node.addEventListener('pointercancel', () => pointer.giveUp(), { signal });
  desk.node.addEventListener('keydown', (event) => key(desk, pointer, event), { signal });
  return { pointer, destroy: () => aborter.abort() };
}

class Pointer {
  constructor(desk) {
    Object.assign(this, { desk, held: null, carried: null, under: null, dropped: false });
  }

  /** What lies at pixels of the map: {stop}, {team} or null. */
  at([x, y]) {
    const { desk } = this, { canvas, day } = desk, { px } = canvas;
    if (!px) return null;
    const [wx, wy] = canvas.worldAt(x, y), here = pixel(px, { x: wx, y: wy });
    return this.stopAt(here, px, day) || this.teamAt(here, px, day) || this.routeAt(here, px, day);
  }

  stopAt([x, y], px, day) {
    const { team } = this.desk;
    let best = null, least = Infinity;
    for (const stop of day.stops) {
      const [sx, sy] = pixel(px, stop), far = Math.hypot(sx - x, sy - y);
      const mine = team >= 0 && day.visitOf.get(stop.at)?.team === team;
      const reach = mine ? 12 : day.visitOf.has(stop.at) ? Math.max(stopRadius(px.zoom), 5) + 2 : 10;
      if (far <= reach && far - (mine ? 4 : 0) < least) { least = far - (mine ? 4 : 0); best = { stop: stop.at }; }
    }
    return best;
  }

  teamAt([x, y], px, day) {
    for (const { at } of day.teams) {
      const now = whereAt(day, at, this.desk.second), [tx, ty] = pixel(px, now);
      if ((now.doing !== 'home' || day.routes.has(at)) && Math.hypot(tx - x, ty - y) < 10) return { team: at };
    }
    return null;
  }

  routeAt([x, y], px, day, reach = REACH_PX, but = -1) {
    let best = null, least = reach;
    for (const route of day.routes.values()) {
      if (route.team === but) continue;
      for (const way of route.ways) {
        const far = distanceTo(px, way, x, y, least);
        // The team in hand lies on top.
        if (far < least || (far <= reach && route.team === this.desk.team && best?.team !== route.team)) { least = Math.min(far, least); best = { team: route.team }; }
      }
    }
    return best;
  }

  down(event) {
    const { desk } = this;
    if (event.target.closest('.leaflet-control')) return;
    desk.canvas.host.focus({ preventScroll: true });
    desk.card.hide();
    this.pressed = [event.clientX, event.clientY];
    if (event.button !== 0 || desk.closing) return;
    const found = this.at(desk.canvas.pixel(event));
    if (found?.stop === undefined || !desk.editable) return;
    // The map stays where it is while a stop may be carried.
    desk.canvas.map.dragging.disable();
    this.hold(event, found.stop);
  }

  /** A stop is under a pressed pointer, on the map or on the timeline. */
  hold(event, stop) {
    if (!this.desk.editable) return;
    this.held = { stop, x: event.clientX, y: event.clientY };
  }

  carry(event) {
    const { desk, held } = this;
    if (!held) return;
    if (!event.buttons) { this.giveUp(); return; }
    if (!this.carried && Math.hypot(event.clientX - held.x, event.clientY - held.y) < CARRY_PX) return;
    if (!this.carried) { this.carried = { stop: held.stop, team: -1 }; desk.card.hide(); desk.node.classList.add('carrying'); }
    this.aim(event);
  }

  aim(event) {
    const { desk, carried } = this, { day } = desk;
    const row = this.rowUnder(event);
    const own = day.visitOf.get(carried.stop)?.team ?? -1;
    const { px } = desk.canvas;
    carried.at = null;
    if (row >= 0) carried.team = row;
    else {
      const [wx, wy] = desk.canvas.worldAt(...desk.canvas.pixel(event));
      carried.at = pixel(px, { x: wx, y: wy });
      const near = this.homeAt(carried.at, px, day) ?? this.routeAt(carried.at, px, day, DROP_PX, own)?.team;
      carried.team = near ?? -1;
    }
    carried.allowed = carried.team >= 0 && day.may(carried.team, carried.stop);
    desk.aimed(carried, event);
  }

  homeAt([x, y], px, day) {
    return day.teams.find((team) => { const [hx, hy] = pixel(px, team); return Math.hypot(hx - x, hy - y) < 12; })?.at;
  }

  rowUnder(event) {
    const under = this.desk.node.getRootNode().elementFromPoint(event.clientX, event.clientY);
    const row = under?.closest?.('.timeline .row');
    return row ? Number(row.dataset.team) : -1;
  }

  drop() {
    const { desk, carried } = this;
    this.dropped = Boolean(carried);
    this.stop();
    if (!carried || carried.team < 0) return;
    desk.move(carried.stop, carried.team);
  }

  giveUp() {
    const had = Boolean(this.carried);
    this.stop();
    return had;
  }

  stop() {
    this.held = this.carried = null;
    this.desk.canvas.map.dragging.enable();
    this.desk.node.classList.remove('carrying');
    this.desk.aimed(null);
  }

  click(event) {
    const { desk } = this;
    const [x, y] = this.pressed || [event.clientX, event.clientY];
    const moved = this.dropped || Math.hypot(event.clientX - x, event.clientY - y) > CARRY_PX;
    this.dropped = false;
    if (moved) return;
    if (event.target.closest('.leaflet-control')) return;
    if (desk.closing) { desk.closeRoad(...desk.canvas.pixel(event), ROAD_PX); return; }
    const found = this.at(desk.canvas.pixel(event));
    if (!found) desk.choose({ team: -1, stop: -1 });
    else if (found.stop !== undefined) desk.chooseStop(found.stop);
    else desk.choose({ team: found.team, stop: -1 });
  }

  hover(event) {
    const { desk } = this;
    if (this.carried || event.buttons || event.target.closest('.leaflet-control')) { desk.card.hide(); return; }
    const at = desk.canvas.pixel(event);
    if (this.due) { this.latest = at; return; }
    this.latest = at;
    this.due = requestAnimationFrame(() => { this.due = 0; this.point(); });
  }

  point() {
    const { desk } = this;
    if (!this.latest || desk.gone) return;
    const found = desk.closing ? null : this.at(this.latest);
    const was = JSON.stringify(this.under), now = JSON.stringify(found);
    this.under = found;
    if (found) desk.card.show(found, ...this.latest); else desk.card.hide();
    if (was !== now) { desk.cursor(found); desk.canvas.redrawTop(); }
  }

  leave() {
    this.latest = null;
    this.under = null;
    this.desk.card.hide();
    this.desk.canvas.redrawTop();
  }
}

function key(desk, pointer, event) {
  if (event.target.closest?.('select, textarea, input:not([type="range"])')) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) { commands(desk, event, name); return; }
  if (event.altKey) return;
  const onMap = desk.canvas.host.contains(event.target), onButton = event.target.closest?.('button, [type="range"]');
  const act = (onMap && mapKey(desk, event, name)) || (!(onButton && [' ', 'Enter'].includes(name)) && plainKey(desk, pointer, name));
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function commands(desk, event, name) {
  if (name !== 'z' && name !== 'y') return;
  event.preventDefault();
  event.stopPropagation();
  if (name === 'y' || event.shiftKey) desk.redo();
  else desk.undo();
}

function plainKey(desk, pointer, name) {
  return {
    ' ': () => desk.play(),
    ',': () => desk.setTime(desk.second - 300),
    '.': () => desk.setTime(desk.second + 300),
    '[': () => desk.nextTeam(-1),
    ']': () => desk.nextTeam(1),
    n: () => desk.nextStop(1),
    b: () => desk.nextStop(-1),
    m: () => desk.weigh(desk.stop),
    u: () => desk.nextMissed(),
    c: () => desk.setClosing(!desk.closing),
    l: () => desk.toggle('legend'),
    t: () => desk.toggle('tall'),
    p: () => desk.toggle('panel'),
    '0': () => desk.fit(),
    '?': () => desk.toggle('keys'),
    '/': () => desk.search.input.focus(),
    Escape: () => { if (!pointer.giveUp()) desk.stepBack(); },
  }[name];
}

function mapKey(desk, event, name) {
  const { map, host } = desk.canvas;
  if (ARROWS[name]) {
    const [dx, dy] = ARROWS[name];
    return desk.closing || event.shiftKey ? () => map.panBy([dx * PAN_PX, dy * PAN_PX], { animate: false }) : () => desk.stepTo(dx, dy);
  }
  if (name === '+' || name === '=') return () => map.zoomIn(0.5);
  if (name === '-') return () => map.zoomOut(0.5);
  if (name !== 'Enter') return null;
  if (desk.closing) return () => desk.closeRoad(host.clientWidth / 2, host.clientHeight / 2, ROAD_PX);
  return () => desk.weigh(desk.stop);
}
