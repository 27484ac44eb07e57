/* Grids as typed arrays: decoded once, projected once per zoom; which grid lies under a point. */

const WORLD = 256;

/** World coordinates at zoom 0 (Web Mercator, 256 wide) of a longitude and latitude. */
export function toWorld(lon, lat) {
  const sine = Math.sin((lat * Math.PI) / 180);
  return [(lon / 360 + 0.5) * WORLD, (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * WORLD];
}

/** Longitude and latitude of world coordinates. */
export function toLonLat(x, y) {
  const lat = Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / WORLD))) * (180 / Math.PI);
  return [(x / WORLD - 0.5) * 360, lat];
}

/** Decode a geometry payload. */
export function decode(geometry) {
  const grids = geometry.grids;
  const count = grids.ids.length;
  const sizes = measure(grids);
  const shapes = {
    count,
    x: new Float64Array(sizes.points), y: new Float64Array(sizes.points),
    ringStart: new Int32Array(sizes.rings + 1), gridRing: new Int32Array(count + 1),
    runStart: new Int32Array(sizes.runs), runLength: new Int32Array(sizes.runs),
    runRing: new Int32Array(sizes.runs), runOther: new Int32Array(sizes.runs),
    runDrawn: new Uint8Array(sizes.runs), gridRun: new Int32Array(count + 1),
    box: new Float64Array(count * 4), atX: new Float64Array(count), atY: new Float64Array(count),
  };
  decodeRings(geometry, shapes);
  decodeRuns(grids, shapes);
  markMutual(shapes);
  boxes(shapes, geometry);
  places(geometry, shapes);
  shapes.bins = bins(shapes);
  return shapes;
}

function measure(grids) {
  let points = 0, rings = 0, runs = 0;
  for (let g = 0; g < grids.ids.length; g++) {
    for (const ring of grids.rings[g] || []) { points += ring.length / 2; rings++; }
    for (const run of grids.runs[g] || []) runs += run.length / 2;
  }
  return { points, rings, runs };
}

function decodeRings({ grids, scale, origin }, shapes) {
  let at = 0, ring = 0;
  for (let g = 0; g < shapes.count; g++) {
    shapes.gridRing[g] = ring;
    for (const steps of grids.rings[g] || []) {
      shapes.ringStart[ring++] = at;
      let lon = origin[0], lat = origin[1];
      for (let i = 0; i < steps.length; i += 2) {
        lon += steps[i];
        lat += steps[i + 1];
        [shapes.x[at], shapes.y[at]] = toWorld(lon / scale, lat / scale);
        at++;
      }
    }
  }
  shapes.gridRing[shapes.count] = ring;
  shapes.ringStart[ring] = at;
}

function decodeRuns(grids, shapes) {
  let run = 0;
  for (let g = 0; g < shapes.count; g++) {
    shapes.gridRun[g] = run;
    (grids.runs[g] || []).forEach((pairs, k) => {
      const ring = shapes.gridRing[g] + k;
      let start = shapes.ringStart[ring];
      for (let i = 0; i < pairs.length; i += 2, run++) {
        shapes.runOther[run] = pairs[i];
        shapes.runLength[run] = pairs[i + 1];
        shapes.runRing[run] = ring;
        shapes.runStart[run] = start;
        start += pairs[i + 1];
      }
    });
  }
  shapes.gridRun[shapes.count] = run;
}

/** A border that both sides list alike is drawn from one side only. */
function markMutual(shapes) {
  const segments = new Map();
  const key = (a, b) => a * shapes.count + b;
  eachRun(shapes, (g, run) => {
    const k = key(g, shapes.runOther[run]);
    segments.set(k, (segments.get(k) || 0) + shapes.runLength[run]);
  });
  eachRun(shapes, (g, run) => {
    const other = shapes.runOther[run];
    const mutual = other >= 0 && segments.get(key(g, other)) === segments.get(key(other, g));
    shapes.runDrawn[run] = !mutual || g < other ? 1 : 0;
  });
}

/** Call `visit(grid, run)` for every run. */
function eachRun(shapes, visit) {
  for (let g = 0; g < shapes.count; g++) {
    for (let run = shapes.gridRun[g]; run < shapes.gridRun[g + 1]; run++) visit(g, run);
  }
}

/** The box of what lies beside the grids, in world coordinates: there may be no grid at all. */
function extentOf({ extent, scale }) {
  if (!extent?.length) return [Infinity, Infinity, -Infinity, -Infinity];
  const [west, south, east, north] = extent.map((number) => number / scale);
  return [...toWorld(west, north), ...toWorld(east, south)];
}

function boxes(shapes, geometry) {
  const { box, x, y, ringStart, gridRing } = shapes;
  shapes.bounds = extentOf(geometry);
  for (let g = 0; g < shapes.count; g++) {
    let w = Infinity, n = Infinity, e = -Infinity, s = -Infinity;
    for (let i = ringStart[gridRing[g]]; i < ringStart[gridRing[g + 1]]; i++) {
      if (x[i] < w) w = x[i];
      if (x[i] > e) e = x[i];
      if (y[i] < n) n = y[i];
      if (y[i] > s) s = y[i];
    }
    box.set([w, n, e, s], g * 4);
    const all = shapes.bounds;
    shapes.bounds = [Math.min(all[0], w), Math.min(all[1], n), Math.max(all[2], e), Math.max(all[3], s)];
  }
}

function places({ grids, scale, origin }, shapes) {
  for (let g = 0; g < shapes.count; g++) {
    const at = grids.at[g];
    const found = at && at.length ? toWorld((at[0] + origin[0]) / scale, (at[1] + origin[1]) / scale) : [NaN, NaN];
    [shapes.atX[g], shapes.atY[g]] = found;
  }
}

function bins(shapes) {
  const side = Math.max(1, Math.ceil(Math.sqrt(shapes.count)));
  const [w, n, e, s] = shapes.bounds;
  const found = { side, w, n, dx: (e - w) / side || 1, dy: (s - n) / side || 1, cells: Array.from({ length: side * side }, () => []) };
  for (let g = 0; g < shapes.count; g++) {
    if (!(shapes.box[g * 4] <= shapes.box[g * 4 + 2])) continue;
    eachCell(found, shapes.box.subarray(g * 4, g * 4 + 4), (cell) => cell.push(g));
  }
  return found;
}

function eachCell(b, [w, n, e, s], visit) {
  const clamp = (v) => Math.min(b.side - 1, Math.max(0, v));
  const i1 = clamp(Math.floor((e - b.w) / b.dx)), j1 = clamp(Math.floor((s - b.n) / b.dy));
  for (let j = clamp(Math.floor((n - b.n) / b.dy)); j <= j1; j++) {
    for (let i = clamp(Math.floor((w - b.w) / b.dx)); i <= i1; i++) visit(b.cells[j * b.side + i]);
  }
}

/** The grid at a point of world coordinates, −1 outside all. */
export function gridAt(shapes, x, y) {
  const [w, n, e, s] = shapes.bounds;
  if (!(x >= w && x <= e && y >= n && y <= s)) return -1;
  let found = -1;
  eachCell(shapes.bins, [x, y, x, y], (cell) => {
    for (const g of cell) if (found < 0 && inside(shapes, g, x, y)) found = g;
  });
  return found;
}

function inside(shapes, g, px, py) {
  const b = g * 4, { box, x, y, ringStart, gridRing } = shapes;
  if (px < box[b] || py < box[b + 1] || px > box[b + 2] || py > box[b + 3]) return false;
  let odd = false;
  for (let ring = gridRing[g]; ring < gridRing[g + 1]; ring++) {
    const from = ringStart[ring], to = ringStart[ring + 1];
    for (let i = from, j = to - 1; i < to; j = i++) {
      if (y[i] > py !== y[j] > py && px < ((x[j] - x[i]) * (py - y[i])) / (y[j] - y[i]) + x[i]) odd = !odd;
    }
  }
  return odd;
}

/** The grids whose boxes meet a box of world coordinates, in order. */
export function gridsIn(shapes, box) {
  const seen = new Uint8Array(shapes.count);
  const found = [];
  eachCell(shapes.bins, box, (cell) => {
    for (const g of cell) {
      if (seen[g]) continue;
      seen[g] = 1;
      const b = g * 4;
      if (shapes.box[b] <= box[2] && shapes.box[b + 2] >= box[0] && shapes.box[b + 1] <= box[3] && shapes.box[b + 3] >= box[1]) found.push(g);
    }
  });
  return found;
}

/** World coordinates of the box round some grids; null without any that is drawn. */
export function boxOf(shapes, grids) {
  let w = Infinity, n = Infinity, e = -Infinity, s = -Infinity;
  for (const g of grids) {
    w = Math.min(w, shapes.box[g * 4]);
    n = Math.min(n, shapes.box[g * 4 + 1]);
    e = Math.max(e, shapes.box[g * 4 + 2]);
    s = Math.max(s, shapes.box[g * 4 + 3]);
  }
  return w <= e ? [w, n, e, s] : null;
}

/** Pixels of all vertices at a zoom, relative to a whole-pixel origin; snapped alike for neighbours. */
export function project(shapes, zoom) {
  const scale = 2 ** zoom;
  const originX = Math.round(shapes.bounds[0] * scale), originY = Math.round(shapes.bounds[1] * scale);
  const x = new Float32Array(shapes.x.length), y = new Float32Array(shapes.y.length);
  const width = typicalWidth(shapes) * scale;
  // Coarser where grids are small: what falls together is drawn once.
  const snap = width > 60 ? 8 : width > 20 ? 4 : 2;
  for (let i = 0; i < x.length; i++) {
    x[i] = Math.round((shapes.x[i] * scale - originX) * snap) / snap;
    y[i] = Math.round((shapes.y[i] * scale - originY) * snap) / snap;
  }
  return { zoom, scale, originX, originY, x, y, width };
}

/** The width of the middle grid, in world coordinates. */
function typicalWidth(shapes) {
  if (shapes.typical === undefined) {
    const widths = [];
    for (let g = 0; g < shapes.count; g++) {
      const wide = shapes.box[g * 4 + 2] - shapes.box[g * 4];
      if (wide >= 0) widths.push(Math.sqrt(wide * (shapes.box[g * 4 + 3] - shapes.box[g * 4 + 1])));
    }
    shapes.typical = widths.sort((a, b) => a - b)[widths.length >> 1] || 0;
  }
  return shapes.typical;
}
