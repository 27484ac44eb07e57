/* The ground of the map: water, roads by class. Drawn above the fills, pale, so that it never competes. */
import { toWorld } from './shapes.js';

// Class → width in pixels, colour, least zoom.
const ROADS = {
  motorway: [3, '#b98a4c', 0], trunk: [2.4, '#b98f58', 0], primary: [2, '#a8977a', 0],
  secondary: [1.5, '#978f84', 11], tertiary: [1.1, '#8f949b', 12.5], residential: [0.8, '#979da5', 14],
  service: [0.7, '#a0a6ad', 15], track: [0.7, '#a8a595', 15], path: [0.7, '#a8ac9f', 15],
};
const WATER = '#8fc0e3', SHORE = '#6aa3cc', PATHS_A_STROKE = 40;

/** Decode the ground of a geometry payload. */
export function decodeGround(base) {
  const scale = base.scale;
  const classes = new Map();
  for (const [name, ...steps] of base.roads) {
    if (!classes.has(name)) classes.set(name, []);
    classes.get(name).push(path(steps, scale));
  }
  return {
    roads: Object.keys(ROADS).filter((name) => classes.has(name)).reverse().map((name) => ({ look: ROADS[name], paths: classes.get(name) })),
    water: base.water.map((steps) => path(steps, scale)),
    towns: base.towns.map(({ name, at }) => ({ name, at: toWorld(at[0] / scale, at[1] / scale) })),
  };
}

/** A line of whole numbers as world coordinates, with its box. */
export function path(steps, scale) {
  const points = new Float64Array(steps.length);
  let lon = 0, lat = 0, w = Infinity, n = Infinity, e = -Infinity, s = -Infinity;
  for (let i = 0; i < steps.length; i += 2) {
    lon += steps[i];
    lat += steps[i + 1];
    const [x, y] = toWorld(lon / scale, lat / scale);
    points[i] = x;
    points[i + 1] = y;
    w = Math.min(w, x); e = Math.max(e, x); n = Math.min(n, y); s = Math.max(s, y);
  }
  return { points, box: [w, n, e, s] };
}

/** Draw the ground, opaque (its sheet is not); `view` is the box of world coordinates that is seen. */
export function drawGround(ctx, ground, px, view) {
  ctx.lineJoin = ctx.lineCap = 'round';
  ctx.fillStyle = WATER;
  ctx.beginPath();
  for (const part of ground.water) if (seen(part.box, view)) add(ctx, part, px, true);
  ctx.fill();
  ctx.strokeStyle = SHORE;
  ctx.lineWidth = 0.8;
  ctx.stroke();
  const grown = Math.min(2, Math.max(0.7, (px.zoom - 10) / 3));
  for (const { look: [width, colour, zoom], paths } of ground.roads) {
    if (px.zoom >= zoom) strokePaths(ctx, paths.filter(({ box }) => seen(box, view)), px, colour, width * grown);
  }
}

function strokePaths(ctx, paths, px, colour, width) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  for (let at = 0; at < paths.length; at += PATHS_A_STROKE) {
    ctx.beginPath();
    for (const part of paths.slice(at, at + PATHS_A_STROKE)) add(ctx, part, px, false);
    ctx.stroke();
  }
}

function seen(box, view) {
  return box[0] <= view[2] && box[2] >= view[0] && box[1] <= view[3] && box[3] >= view[1];
}

function add(ctx, { points }, px, closed) {
  let lx = NaN, ly = NaN;
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i] * px.scale - px.originX, y = points[i + 1] * px.scale - px.originY;
    if (i === 0) ctx.moveTo((lx = x), (ly = y));
    else if (Math.abs(x - lx) + Math.abs(y - ly) > 0.7 || i + 2 >= points.length) ctx.lineTo((lx = x), (ly = y));
  }
  if (closed) ctx.closePath();
}
