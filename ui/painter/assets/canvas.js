/*
 * A district's grids on a Leaflet map, drawn on canvases of our own; modes build on it.
 *
 *   const canvas = gridCanvas(host, {geometry, words, credit, view, onReady});
 *   canvas.show(picture)       draw a picture (again); it is kept and read at every redraw
 *   canvas.repaint(grids)      fill these grids at once; borders, hatches and labels follow after the frame
 *   canvas.at(event)           grid under a pointer event, −1 outside
 *   canvas.fit(grids | null)   show some grids, or all
 *   canvas.overlays            functions (ctx, px) that draw on the topmost canvas; then canvas.redrawTop()
 *   canvas.marks               the same below the names, for what does not follow the pointer; redrawMarks()
 *
 * picture = {
 *   zoneOf: Int32Array           zone of each grid, −1 none
 *   fillOf(grid) → css           colour of a grid; '' for none
 *   edges?(grid, other) → 0..2   border level (0 grid, 1 zone, 2 station); by zoneOf and station without it
 *   hatches?: [{kind, colour, gap, width, has(grid) → bool}]
 *   alarms?: [[grid…]…]          parts that are marked strongly
 *   labels?() → [{x, y (world), text, sub, width (world), wrong}]
 *   lines?(px) → [grid, zone, station]   {colour, width} of each border level
 * }
 */
import * as L from '../gridbeat.leaflet/leaflet-src.esm.js';
import { decode, project, gridAt, gridsIn, boxOf, toLonLat, toWorld } from './shapes.js';
import { fillGrids, strokeBorders, strokeOutline, pattern, addGrid, ALARM, BORDER, INK } from './drawing.js';
import { decodeGround, drawGround } from './ground.js';
import { drawLabels } from './labels.js';

const SHEETS = ['fills', 'ground', 'lines', 'alarm', 'marks', 'labels', 'top'];
const LEAST_SIZE = 50, PADDING = 0.12, MARGIN = 8, LABELS_MS = 140;
const DECODED = new Map();

/** Decode a geometry once; pages come and go, the district stays. */
export function decoded(geometry, key = '') {
  if (key && DECODED.has(key)) return DECODED.get(key);
  const found = { shapes: decode(geometry), ground: decodeGround(geometry.base) };
  if (key) {
    if (DECODED.size > 2) DECODED.clear();
    DECODED.set(key, found);
  }
  return found;
}

const Sheets = L.Renderer.extend({
  initialize(canvas) {
    L.Renderer.prototype.initialize.call(this, { padding: PADDING });
    this.canvas = canvas;
  },
  _initContainer() {
    this._container = document.createElement('div');
    this._container.className = 'gbp-sheets leaflet-zoom-animated';
    this._container.style.cssText = 'position:absolute;left:0;top:0;pointer-events:none';
    this.canvas.makeSheets(this._container);
  },
  _destroyContainer() {
    this._container.remove();
    delete this._container;
  },
  // Renderers of Leaflet's own redraw paths; ours has none.
  _updatePaths() {},
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    L.DomUtil.setPosition(this._container, this._bounds.min);
    this.canvas.place(this._bounds);
  },
  covers() {
    const size = this._map.getSize();
    const min = this._map.containerPointToLayerPoint([0, 0]);
    return this._bounds.contains(L.bounds(min, min.add(size)));
  },
});

class GridCanvas {
  constructor(host, { geometry, geometryKey = '', words, credit = '', view = null, onReady = () => {} }) {
    Object.assign(this, decoded(geometry, geometryKey));
    Object.assign(this, { host, geometry, words, view, onReady, overlays: [], marks: [], picture: null, sheets: {}, dirty: [], px: null });
    this.stations = geometry.grids.stations;
    this.dpr = Math.min(2, window.devicePixelRatio || 1);
    this.map = openMap(host, words);
    addCredit(host, credit);
    this.layer = new Sheets(this);
    this.observer = new ResizeObserver(() => this.sized());
    this.observer.observe(host);
    // For who looks in from outside: tests, the console.
    host.gbp = this;
    this.map.on('move', () => { if (this.px && !this.map._animatingZoom && !this.layer.covers()) this.layer._update(); });
  }

  /** Show a picture; the first time fits the map to it. */
  show(picture) {
    this.picture = picture;
    if (this.px) this.redraw();
  }

  /** Fill grids in the same frame; what costs more follows after it. */
  repaint(grids) {
    if (!this.px) return;
    const ctx = this.sheets.fills;
    fillGrids(ctx, this.shapes, this.px, grids, (g) => this.picture.fillOf(g) || '#fff', this.picture.zoneOf);
    for (const g of grids) this.dirty.push(g);
    this.later();
  }

  later() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => setTimeout(() => {
      this.waiting = false;
      this.redrawDirty();
    }));
  }

  redrawDirty() {
    const box = boxOf(this.shapes, this.dirty);
    this.dirty = [];
    if (!box || !this.px) return;
    const pad = MARGIN / this.px.scale;
    const world = [box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad];
    this.clipped(world, (ctx, grids) => this.drawFills(ctx, grids), 'fills');
    this.clipped(world, (ctx, grids) => this.drawLines(ctx, grids), 'lines');
    this.drawAlarm();
    this.redrawMarks();
    this.labelsLater();
  }

  clipped(world, draw, name) {
    const ctx = this.sheets[name], { scale, originX, originY } = this.px;
    // Whole pixels: a clip with half-covered edges would leave a seam.
    const x = Math.floor(world[0] * scale - originX), y = Math.floor(world[1] * scale - originY);
    const rect = [x, y, Math.ceil(world[2] * scale - originX) - x, Math.ceil(world[3] * scale - originY) - y];
    ctx.save();
    ctx.beginPath();
    ctx.rect(...rect);
    ctx.clip();
    ctx.clearRect(...rect);
    draw(ctx, gridsIn(this.shapes, world));
    ctx.restore();
  }

  labelsLater() {
    if (this.labelTimer) return;
    this.labelTimer = setTimeout(() => {
      this.labelTimer = 0;
      this.drawLabels();
    }, LABELS_MS);
  }

  /** Draw everything anew. */
  redraw() {
    if (!this.px || !this.picture) return;
    const seen = gridsIn(this.shapes, this.world);
    for (const name of SHEETS) this.clear(name);
    this.drawFills(this.sheets.fills, seen);
    drawGround(this.sheets.ground, this.ground, this.px, this.world);
    this.drawLines(this.sheets.lines, seen);
    this.drawAlarm(false);
    this.redrawMarks();
    this.drawLabels(false);
    this.redrawTop();
  }

  drawFills(ctx, grids) {
    fillGrids(ctx, this.shapes, this.px, grids, (g) => this.picture.fillOf(g) || '#fff', this.picture.zoneOf);
  }

  drawLines(ctx, grids) {
    for (const hatch of this.picture.hatches || []) this.drawHatch(ctx, grids, hatch);
    strokeBorders(ctx, this.shapes, this.px, grids, (g, other) => this.edge(g, other), this.picture.lines?.(this.px) || this.lineStyles());
  }

  drawHatch(ctx, grids, { kind, colour, gap, width, has }) {
    ctx.beginPath();
    let any = false;
    for (const g of grids) if (has(g)) { addGrid(ctx, this.shapes, this.px, g); any = true; }
    if (!any) return;
    ctx.fillStyle = pattern(ctx, kind, colour, gap, width);
    ctx.fill();
  }

  edge(g, other) {
    if (this.picture.edges) return this.picture.edges(g, other);
    if (other < 0 || this.stations[g] !== this.stations[other]) return 2;
    return this.picture.zoneOf[g] !== this.picture.zoneOf[other] ? 1 : 0;
  }

  lineStyles() {
    const wide = this.px.width;
    const grown = wide > 45 ? 1 : wide > 18 ? 0.75 : 0.55;
    const thin = wide > 13 ? Math.min(1.3, wide / 45) : 0;
    return [
      { colour: 'rgba(255,255,255,.85)', width: thin && Math.max(0.5, thin) },
      { colour: BORDER, width: 2 * grown },
      { colour: INK, width: 3.6 * grown },
    ];
  }

  drawAlarm(wipe = true) {
    if (wipe) this.clear('alarm');
    const alarms = this.picture.alarms || [];
    const ctx = this.sheets.alarm;
    for (const grids of alarms) {
      const inside = new Uint8Array(this.shapes.count);
      for (const g of grids) inside[g] = 1;
      this.drawHatch(ctx, grids, { kind: 'hatch', colour: ALARM, gap: 7, width: 1.8, has: () => true });
      strokeOutline(ctx, this.shapes, this.px, grids, inside, [{ colour: '#fff', width: 5.5 }, { colour: ALARM, width: 3 }]);
    }
  }

  drawLabels(wipe = true) {
    if (!this.px || !this.picture) return;
    if (wipe) this.clear('labels');
    const { scale, originX, originY } = this.px;
    const pixel = (x, y) => ({ x: Math.round(x * scale - originX), y: Math.round(y * scale - originY) });
    const zones = (this.picture.labels ? this.picture.labels() : [])
      .filter((label) => this.sees(label.x, label.y))
      .map((label) => ({ ...label, ...pixel(label.x, label.y), room: label.width * scale, kind: 'zone' }))
      .sort((a, b) => b.room - a.room);
    const towns = this.ground.towns.filter(({ at }) => this.sees(...at)).map(({ name, at }) => ({ text: name, ...pixel(...at), kind: 'town' }));
    const near = zones.length ? zones[zones.length >> 1].room > 62 : false;
    // From afar the towns say where one is; zones are named only where their names fit with ease.
    const far = zones.map((label) => ({ ...label, room: label.room * 0.62 }));
    drawLabels(this.sheets.labels, near ? [...zones, ...towns] : [...towns, ...far]);
  }

  sees(x, y) {
    return x >= this.world[0] && x <= this.world[2] && y >= this.world[1] && y <= this.world[3];
  }

  /** Draw what follows the pointer. */
  redrawTop() {
    if (!this.px) return;
    this.clear('top');
    for (const draw of this.overlays) draw(this.sheets.top, this.px);
  }

  /** Draw what marks places on the map. */
  redrawMarks() {
    if (!this.px) return;
    this.clear('marks');
    for (const draw of this.marks) draw(this.sheets.marks, this.px);
  }

  /** Outline grids on a context (`styles` from the widest to the narrowest). */
  outline(ctx, grids, styles) {
    const inside = new Uint8Array(this.shapes.count);
    for (const g of grids) inside[g] = 1;
    strokeOutline(ctx, this.shapes, this.px, grids, inside, styles);
  }

  clear(name) {
    const ctx = this.sheets[name];
    ctx.save();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
    ctx.restore();
  }

  /** The grid under a pointer event; −1 outside all. */
  at(event) {
    return gridAt(this.shapes, ...this.worldAt(...this.pixel(event)));
  }

  /** The grid at pixels inside the map; −1 outside all. */
  gridAtPixel(x, y) {
    return gridAt(this.shapes, ...this.worldAt(x, y));
  }

  /** Pixels of a pointer event inside the map. */
  pixel(event) {
    const rect = this.host.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  }

  /** World coordinates of pixels inside the map. */
  worldAt(x, y) {
    const at = this.map.containerPointToLayerPoint([x, y]).add(this.map.getPixelOrigin());
    return [at.x / this.scale(), at.y / this.scale()];
  }

  /** Pixels inside the map of world coordinates. */
  pixelOf(x, y) {
    const at = L.point(x * this.scale(), y * this.scale()).subtract(this.map.getPixelOrigin());
    const point = this.map.layerPointToContainerPoint(at);
    return [point.x, point.y];
  }

  scale() {
    return 2 ** this.map.getZoom();
  }

  /** Show some grids, all without any. */
  fit(grids = null, { animate = true, atMost = 16, padding = 40 } = {}) {
    this.fitBox(grids && grids.length ? boxOf(this.shapes, grids) : this.shapes.bounds, { animate, atMost, padding });
  }

  /** Show a box [west, north, east, south] of world coordinates. */
  fitBox(box, { animate = true, atMost = 16, padding = 40 } = {}) {
    if (!box || !isFinite(box[0])) return;
    const [w, n] = toLonLat(box[0], box[1]), [e, s] = toLonLat(box[2], box[3]);
    this.map.fitBounds([[s, w], [n, e]], { animate, maxZoom: atMost, padding: [padding, padding] });
  }

  /** The centre and zoom that are shown. */
  shown() {
    const at = this.map.getCenter();
    return { lat: at.lat, lng: at.lng, zoom: this.map.getZoom() };
  }

  sized() {
    const { clientWidth: wide, clientHeight: high } = this.host;
    if (wide < LEAST_SIZE || high < LEAST_SIZE) return;
    // The middle stays: a page may lay its map out small before it gives it its room.
    this.map.invalidateSize({ animate: false });
    if (this.px) return;
    if (this.view) this.map.setView([this.view.lat, this.view.lng], this.view.zoom, { animate: false });
    else this.fit(null, { animate: false, padding: 14 });
    this.layer.addTo(this.map);
    this.onReady();
  }

  makeSheets(container) {
    for (const name of SHEETS) {
      const sheet = document.createElement('canvas');
      sheet.className = `gbp-sheet gbp-sheet-${name}`;
      sheet.style.cssText = 'position:absolute;left:0;top:0';
      container.append(sheet);
      this.sheets[name] = sheet.getContext('2d');
    }
  }

  /** Take the part of the plane that the sheets cover now, and draw it. */
  place(bounds) {
    const size = bounds.getSize(), zoom = this.map.getZoom();
    if (!this.px || this.px.zoom !== zoom) this.px = project(this.shapes, zoom);
    const corner = bounds.min.add(this.map.getPixelOrigin());
    this.world = [corner.x, corner.y, corner.x + size.x, corner.y + size.y].map((v) => v / this.px.scale);
    for (const name of SHEETS) {
      const { canvas } = this.sheets[name];
      resize(canvas, size, this.dpr);
      this.sheets[name].setTransform(this.dpr, 0, 0, this.dpr, (this.px.originX - corner.x) * this.dpr, (this.px.originY - corner.y) * this.dpr);
    }
    this.redraw();
  }

  destroy() {
    this.observer.disconnect();
    clearTimeout(this.labelTimer);
    this.picture = null;
    this.px = null;
    this.map.remove();
  }
}

function resize(canvas, size, dpr) {
  const wide = Math.round(size.x * dpr), high = Math.round(size.y * dpr);
  if (canvas.width === wide && canvas.height === high) return;
  canvas.width = wide;
  canvas.height = high;
  canvas.style.width = `${size.x}px`;
  canvas.style.height = `${size.y}px`;
}

function openMap(host, words) {
  const map = L.map(host, {
    center: [30, 110], zoom: 8, minZoom: 6, maxZoom: 19, zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 150,
    attributionControl: false, zoomControl: false, boxZoom: false, doubleClickZoom: false, keyboard: false, fadeAnimation: false,
  });
  L.control.zoom({ position: 'topleft', zoomInTitle: words.zoom_in || '', zoomOutTitle: words.zoom_out || '' }).addTo(map);
  L.control.scale({ imperial: false, position: 'bottomleft' }).addTo(map);
  return map;
}

function addCredit(host, credit) {
  if (!credit) return;
  const line = host.appendChild(document.createElement('div'));
  line.className = 'gbp-credit';
  line.textContent = credit;
}

/** Open a map of a district's grids in `host`. */
export function gridCanvas(host, options) {
  return new GridCanvas(host, options);
}

export { toWorld, toLonLat };
