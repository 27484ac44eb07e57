/* Pointer and keys on the map: what they touch becomes strokes. */
import { floodFrom, inBox, stepFrom, withVillages } from './topology.js';
import { SIZES, UNITS } from './toolbar.js';

// Radius of the brush in pixels, by size; the smallest is the grid under the pointer.
const RADII = [0, 0, 18, 36, 60];
const STEP_PX = 5, PAINTING = new Set(['brush', 'erase']);
const TOOL_KEYS = { h: 'move', b: 'brush', r: 'rectangle', f: 'fill', p: 'pick', l: 'lock', e: 'erase' };
const FIND_KEYS = { 1: 'loose', 2: 'broken', 3: 'split' };
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** Listen on the map of a desk (see paint.js); returns what takes the listeners away. */
export function pointing(desk) {
  const { canvas: { host } } = desk;
  const pointer = new Pointer(desk);
  const aborter = new AbortController();
  const { signal } = aborter;
  host.tabIndex = 0;
  host.addEventListener('pointerdown', (event) => pointer.down(event), { signal, capture: true });
  host.addEventListener('pointermove', (event) => pointer.move(event), { signal });
  host.addEventListener('pointerup', (event) => pointer.up(event), { signal });
  host.addEventListener('pointercancel', () => pointer.giveUp(), { signal });
  host.addEventListener('pointerleave', () => pointer.leave(), { signal });
  host.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  desk.root.addEventListener('keydown', (event) => key(desk, pointer, event), { signal });
  desk.root.addEventListener('keyup', (event) => { if (event.key === ' ') pointer.space(false); }, { signal });
  host.addEventListener('blur', () => pointer.space(false), { signal });
  return { pointer, destroy: () => aborter.abort() };
}

class Pointer {
  constructor(desk) {
    Object.assign(this, { desk, stroke: null, box: null, at: null, over: -1, spaced: false });
    this.steer();
  }

  /** Leaflet pans with the hand tool or with the space bar held. */
  steer() {
    const { map } = this.desk.canvas, pans = this.desk.tool === 'move' || this.spaced;
    map.dragging[pans ? 'enable' : 'disable']();
    this.cursor();
  }

  space(held) {
    if (this.spaced === held) return;
    this.spaced = held;
    this.steer();
  }

  pans(event) {
    return this.desk.tool === 'move' || this.spaced || event.button === 1;
  }

  down(event) {
    const { desk } = this;
    if (event.target.closest('.leaflet-control')) return;
    desk.canvas.host.focus({ preventScroll: true });
    desk.hideKeys();
    desk.card.hide();
    if (event.button > 1) return;
    const g = desk.canvas.at(event);
    desk.cursor = -1;
    if (event.altKey || (desk.tool === 'pick' && !this.spaced)) { desk.pick(g); event.stopPropagation(); return; }
    if (this.pans(event)) return;
    event.stopPropagation();
    desk.canvas.host.setPointerCapture(event.pointerId);
    if (desk.tool === 'lock') desk.toggleLock(g);
    else if (desk.tool === 'fill') this.fill(g);
    else if (desk.tool === 'rectangle') this.box = { from: desk.canvas.pixel(event), to: desk.canvas.pixel(event) };
    else if (PAINTING.has(desk.tool)) this.begin(event, g);
  }

  begin(event, g) {
    const { desk } = this;
    if (desk.tool === 'brush' && desk.chosen < 0) { desk.pick(g); return; }
    this.stroke = desk.begin(desk.target());
    this.last = desk.canvas.pixel(event);
    this.paint(this.last);
  }

  move(event) {
    const { desk } = this;
    const events = event.getCoalescedEvents?.() || [];
    this.at = desk.canvas.pixel(event);
    if (this.stroke) for (const one of events.length ? events : [event]) this.paintTo(desk.canvas.pixel(one));
    if (this.box) this.box.to = this.at;
    this.hover(event);
  }

  paintTo(to) {
    const [x, y] = this.last, far = Math.hypot(to[0] - x, to[1] - y);
    for (let done = STEP_PX; done < far; done += STEP_PX) this.paint([x + ((to[0] - x) * done) / far, y + ((to[1] - y) * done) / far]);
    this.paint(to);
    this.last = to;
  }

  paint(at) {
    this.desk.add(this.stroke, this.touched(at));
  }

  /** The grids that the brush touches, with their villages where they go whole. */
  touched(at) {
    return this.desk.whole(this.brushed(at));
  }

  brushed([x, y]) {
    const { canvas, size } = this.desk;
    const found = new Set(), radius = RADII[size];
    const rings = radius ? [0, radius / 2, radius] : [0];
    for (const r of rings) {
      const steps = r ? Math.max(6, Math.round(r / 3)) : 1;
      for (let k = 0; k < steps; k++) {
        const turn = (k / steps) * 2 * Math.PI;
        const g = canvas.gridAtPixel(x + r * Math.cos(turn), y + r * Math.sin(turn));
        if (g >= 0) found.add(g);
      }
    }
    return [...found];
  }

  fill(g) {
    const { desk } = this;
    if (g < 0) return;
    if (desk.chosen < 0) { desk.pick(g); return; }
    desk.paintAll('fill', floodFrom(desk.plan.near, desk.plan.zoneOf, g), desk.target());
  }

  up() {
    const { desk } = this;
    if (this.stroke) desk.end(this.stroke, desk.unit === 'village' ? 'village' : 'paint');
    if (this.box) this.rectangle();
    this.stroke = this.box = null;
    desk.canvas.redrawTop();
  }

  rectangle() {
    const { desk } = this, { from, to } = this.box;
    if (Math.hypot(to[0] - from[0], to[1] - from[1]) < 4) return;
    if (desk.chosen < 0) { desk.say(desk.words.choose_first); return; }
    const [w, n] = desk.canvas.worldAt(Math.min(from[0], to[0]), Math.min(from[1], to[1]));
    const [e, s] = desk.canvas.worldAt(Math.max(from[0], to[0]), Math.max(from[1], to[1]));
    const { atX, atY } = desk.canvas.shapes;
    desk.paintAll('rectangle', desk.whole(inBox(atX, atY, [w, n, e, s])), desk.target());
  }

  /** Give up what is being drawn; whether there was anything. */
  giveUp() {
    const had = this.stroke || this.box;
    if (this.stroke) this.desk.revert(this.stroke);
    this.stroke = this.box = null;
    this.desk.canvas.redrawTop();
    return Boolean(had);
  }

  leave() {
    this.over = -1;
    this.at = null;
    this.desk.card.hide();
    this.desk.canvas.redrawTop();
  }

  hover(event) {
    const { desk } = this;
    if (!this.at) return;
    const g = event.target.closest?.('.leaflet-control') ? -1 : desk.canvas.gridAtPixel(...this.at);
    const note = g >= 0 ? desk.refusalNote(g) : '';
    if (g !== this.over) { this.over = g; this.cursor(note); }
    if (g < 0 || this.stroke || this.box || event.buttons) desk.card.hide();
    else desk.card.show(g, ...this.at, note);
    desk.later();
  }

  cursor(note = '') {
    const { host } = this.desk.canvas;
    const { tool, plan } = this.desk;
    const painting = PAINTING.has(tool) || ['fill', 'rectangle'].includes(tool);
    host.style.cursor = this.spaced || tool === 'move' ? '' : note && painting ? 'not-allowed' : painting && plan.editable ? 'crosshair' : 'pointer';
  }

  /** Draw what follows the pointer: hovered grids, the brush, the rectangle, the keyboard's cursor. */
  draw(ctx, px) {
    const { desk } = this;
    if (this.box) drawBox(ctx, desk, this.box, px);
    else if (this.over >= 0 && this.at && !this.spaced) this.drawHover(ctx, px);
    if (desk.cursor >= 0) {
      desk.canvas.outline(ctx, [desk.cursor], [{ colour: '#fff', width: 6 }, { colour: '#d1330f', width: 3 }]);
    }
  }

  drawHover(ctx, px) {
    const { desk } = this, paints = PAINTING.has(desk.tool) && desk.plan.editable;
    const grids = paints && !this.stroke ? this.touched(this.at) : [this.over];
    if (!this.stroke) desk.canvas.outline(ctx, grids, [{ colour: 'rgba(255,255,255,.9)', width: 4 }, { colour: '#14263c', width: 1.8 }]);
    if (!paints || !RADII[desk.size]) return;
    const [x, y] = desk.canvas.worldAt(...this.at);
    ctx.beginPath();
    ctx.arc(x * px.scale - px.originX, y * px.scale - px.originY, RADII[desk.size], 0, 7);
    ctx.strokeStyle = 'rgba(20,38,60,.75)';
    ctx.lineWidth = 1.2;
    ctx.stroke();
  }
}

function drawBox(ctx, { canvas }, { from, to }, px) {
  const pixel = (at) => { const [x, y] = canvas.worldAt(...at); return [x * px.scale - px.originX, y * px.scale - px.originY]; };
  const [x0, y0] = pixel(from), [x1, y1] = pixel(to);
  ctx.fillStyle = 'rgba(31,78,140,.12)';
  ctx.fillRect(x0, y0, x1 - x0, y1 - y0);
  ctx.setLineDash([5, 3]);
  ctx.strokeStyle = '#1f4e8c';
  ctx.lineWidth = 1.5;
  ctx.strokeRect(x0, y0, x1 - x0, y1 - y0);
  ctx.setLineDash([]);
}

function key(desk, pointer, event) {
  if (event.target.closest?.('input, select, textarea')) return;
  if (event.ctrlKey || event.metaKey) { commands(desk, event); return; }
  if (event.altKey) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const onMap = desk.canvas.host.contains(event.target);
  const act = onMap && mapKey(desk, pointer, event, name) || plainKey(desk, pointer, name);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function commands(desk, event) {
  const name = event.key.toLowerCase();
  if (name !== 'z' && name !== 'y') return;
  event.preventDefault();
  event.stopPropagation();
  if (name === 'y' || event.shiftKey) desk.redo();
  else desk.undo();
}

function plainKey(desk, pointer, name) {
  if (TOOL_KEYS[name]) return () => desk.setTool(TOOL_KEYS[name]);
  if (FIND_KEYS[name]) return () => desk.find(FIND_KEYS[name]);
  const turn = (list, now, by) => list[(list.indexOf(now) + by + list.length) % list.length];
  return {
    n: () => desk.newZone(),
    u: () => desk.setUnit(turn(UNITS, desk.unit, 1)),
    '[': () => desk.setSize(Math.max(SIZES[0], desk.size - 1)),
    ']': () => desk.setSize(Math.min(SIZES.at(-1), desk.size + 1)),
    '0': () => desk.canvas.fit(),
    '?': () => desk.toggleKeys(),
    '/': () => desk.search.input.focus(),
    Escape: () => { if (!pointer.giveUp()) desk.hideKeys(); },
  }[name];
}

function mapKey(desk, pointer, event, name) {
  if (ARROWS[name]) return () => step(desk, ARROWS[name], event.shiftKey);
  if (name === '+' || name === '=') return () => desk.canvas.map.zoomIn(0.5);
  if (name === '-') return () => desk.canvas.map.zoomOut(0.5);
  if (name === ' ' && desk.cursor < 0) return () => pointer.space(true);
  if ((name === 'Enter' || name === ' ') && desk.cursor >= 0) return () => { if (!event.repeat) desk.useAt(desk.cursor); };
  return null;
}

/** Move the keyboard's cursor to the neighbour in a direction, painting it with Shift held. */
function step(desk, direction, paint) {
  const { canvas: { shapes }, plan } = desk;
  const from = desk.cursor >= 0 ? desk.cursor : desk.middle();
  if (from < 0) return;
  const next = desk.cursor < 0 ? from : stepFrom(plan.near, shapes.atX, shapes.atY, from, ...direction);
  if (next < 0) return;
  desk.moveCursor(next);
  if (paint && PAINTING.has(desk.tool)) desk.useAt(next);
}

