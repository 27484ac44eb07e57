/* Routes, stops and teams on a 2D context. Pure of Leaflet and of the page. */
import { ALARM, INK } from './drawing.js';
import { whereAt } from './patrol_day.js';

const FACE = '"Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Source Han Sans SC", "WenQuanYi Micro Hei", system-ui, sans-serif';
// Pixels between arrows, on the chosen team's way and on others'.
const ARROWS = { chosen: 64, other: 150 };
// From these zooms on: stops as discs, stops with their signs.
const DISC_ZOOM = 12, SIGN_ZOOM = 13.75;
const FADED = 0.26;

// Signs of the kinds of stops, in a box of 20 × 20.
export const SIGNS = {
  village: 'M3.5 10 10 4.2 16.5 10M5.5 8.8V16h9V8.8M8.5 16v-4h3v4',
  school: 'M2.5 8 10 4.5 17.5 8 10 11.5zM5.5 9.7v4.3c2.6 2 6.4 2 9 0V9.7',
  hospital: 'M8 3.5h4V8h4.5v4H12v4.5H8V12H3.5V8H8z',
  key_unit: 'M10 3 16 5.5v4.3c0 3.5-2.5 6-6 7.4-3.5-1.4-6-3.9-6-7.4V5.5z',
  venue: 'M6.5 15.5a2 2 0 1 1-1-1.7V4.5l10-1.5v10M15.5 13a2 2 0 1 1-1-1.7',
  enterprise: 'M3 16.5V9l4.5 3V9l4.5 3V4h3.5l1.5 12.5z',
  hot_spot: 'M10 3c.5 3 4.5 4.5 4.5 8.5a4.5 4.5 0 0 1-9 0c0-2 1-3 1.8-3.8.2 1.3.8 2 1.5 2.3C8.5 7.5 8.5 5 10 3z',
  checkpoint: 'M3 8.5h14v3.5H3zM5 12v4.5M15 12v4.5M6 8.5 8.5 12M11 8.5l2.5 3.5',
  inspection: 'M5 3.5h10v13H5zM7.5 7.5l1.2 1.2 2-2.4M7.5 12l1.2 1.2 2-2.4M12.5 8h1M12.5 12.5h1',
  festival: 'M10 2.5v2M6.5 5.5h7c2 1.5 2 6.5 0 8h-7c-2-1.5-2-6.5 0-8zM8.5 5.5v8M11.5 5.5v8M10 13.5v4',
};
const PATHS = new Map();

function sign(kind) {
  if (!PATHS.has(kind)) PATHS.set(kind, new Path2D(SIGNS[kind] || SIGNS.village));
  return PATHS.get(kind);
}

/** Draw everything that stays while time runs: routes, homes, stops; the team in hand last and strongest. */
export function drawDay(ctx, px, day, { view, team = -1, stop = -1, strong = [], unvisited = [] }) {
  const faded = team >= 0;
  for (const route of day.routes.values()) {
    if (route.team === team || strong.includes(route.team)) continue;
    drawRoute(ctx, px, day, route, view, { faded });
  }
  for (const one of strong) if (one !== team && day.routes.has(one)) drawRoute(ctx, px, day, day.routes.get(one), view, {});
  if (day.routes.has(team)) drawRoute(ctx, px, day, day.routes.get(team), view, { chosen: true });
  drawStops(ctx, px, day, { view, team, faded });
  for (const missed of unvisited) drawMissed(ctx, px, day.stops[missed], view);
  for (const { at } of day.teams) {
    // Teams that stay in are of interest from near alone.
    const shown = faded ? at === team || strong.includes(at) : day.routes.has(at) || px.zoom >= SIGN_ZOOM;
    if (shown) drawHome(ctx, px, day, at, view, at === team);
  }
  if (team >= 0) drawNumbers(ctx, px, day, team, stop);
  else if (stop >= 0) ring(ctx, ...pixel(px, day.stops[stop]), 11);
}

export function pixel(px, { x, y }) {
  return [x * px.scale - px.originX, y * px.scale - px.originY];
}

const inside = (view, { x, y }) => x >= view[0] && x <= view[2] && y >= view[1] && y <= view[3];
const meets = (box, view) => box[0] <= view[2] && box[2] >= view[0] && box[1] <= view[3] && box[3] >= view[1];

function width(px) {
  return px.zoom < 11 ? 1.6 : px.zoom < 12.5 ? 2 : px.zoom < 14 ? 2.6 : 3.2;
}

/** A way in pixels, moved a little to the right of its direction, so that there and back lie side by side. */
export function wayPixels(px, { points }, aside) {
  const line = [];
  let lx = NaN, ly = NaN;
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i] * px.scale - px.originX, y = points[i + 1] * px.scale - px.originY;
    if (Math.abs(x - lx) + Math.abs(y - ly) < 1.2 && i + 2 < points.length) continue;
    line.push([(lx = x), (ly = y)]);
  }
  return aside ? line.map((at, i) => moved(line, at, i, aside)) : line;
}

function moved(line, [x, y], i, aside) {
  const [x0, y0] = line[Math.max(0, i - 1)], [x1, y1] = line[Math.min(line.length - 1, i + 1)];
  const dx = x1 - x0, dy = y1 - y0, far = Math.hypot(dx, dy) || 1;
  return [x - (dy / far) * aside, y + (dx / far) * aside];
}

function drawRoute(ctx, px, day, route, view, { chosen = false, faded = false }) {
  const wide = width(px) * (chosen ? 2.1 : 1), colour = day.colour(route.team);
  const lines = route.ways.filter(({ box }) => meets(box, view)).map((way) => wayPixels(px, way, wide / 2 + 0.6));
  ctx.save();
  ctx.lineJoin = ctx.lineCap = 'round';
  ctx.globalAlpha = faded ? FADED : 1;
  if (!faded) strokeLines(ctx, lines, 'rgba(255,255,255,.9)', wide + 2.4);
  strokeLines(ctx, lines, colour, wide);
  if (!faded) for (const line of lines) arrows(ctx, line, chosen ? ARROWS.chosen : ARROWS.other, chosen ? { size: wide * 0.62, colour: '#fff' } : { size: 4.2, colour, rim: true });
  ctx.restore();
}

function strokeLines(ctx, lines, colour, wide) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = wide;
  for (const line of lines) {
    ctx.beginPath();
    line.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.stroke();
  }
}

/** Arrowheads along a line, the first one half a gap from its beginning. */
function arrows(ctx, line, gap, { size, colour, rim = false }) {
  let next = gap / 2;
  for (let i = 1; i < line.length; i++) {
    const [x0, y0] = line[i - 1], [x1, y1] = line[i], far = Math.hypot(x1 - x0, y1 - y0);
    for (; next <= far; next += gap) arrow(ctx, x0 + ((x1 - x0) * next) / far, y0 + ((y1 - y0) * next) / far, Math.atan2(y1 - y0, x1 - x0), size, colour, rim);
    next -= far;
  }
}

function arrow(ctx, x, y, turn, size, colour, rim) {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(turn);
  ctx.beginPath();
  ctx.moveTo(size * 1.25, 0);
  ctx.lineTo(-size * 0.8, size);
  ctx.lineTo(-size * 0.3, 0);
  ctx.lineTo(-size * 0.8, -size);
  ctx.closePath();
  if (rim) { ctx.strokeStyle = '#fff'; ctx.lineWidth = 1.6; ctx.stroke(); }
  ctx.fillStyle = colour;
  ctx.fill();
  ctx.restore();
}

/** How a stop is drawn at a zoom: a point, a disc, or a disc with its sign. */
export function stopRadius(zoom) {
  return zoom >= SIGN_ZOOM ? 9 : zoom >= DISC_ZOOM ? 4.2 : 2.6;
}

function drawStops(ctx, px, day, { view, team, faded }) {
  const radius = stopRadius(px.zoom);
  ctx.save();
  for (const { at, kind, x, y } of day.stops) {
    const visit = day.visitOf.get(at);
    if (!visit || visit.team === team || !inside(view, { x, y })) continue;
    ctx.globalAlpha = faded ? 0.42 : 1;
    drawStop(ctx, ...pixel(px, { x, y }), radius, kind, day.colour(visit.team));
  }
  ctx.restore();
}

function drawStop(ctx, x, y, radius, kind, colour) {
  disc(ctx, x, y, radius, '#fff', colour, radius > 6 ? 1.8 : radius > 3 ? 1.6 : 1.2);
  if (radius > 6) drawSign(ctx, x, y, radius * 1.28, kind, INK);
}

export function drawSign(ctx, x, y, size, kind, colour) {
  ctx.save();
  ctx.translate(x - size / 2, y - size / 2);
  ctx.scale(size / 20, size / 20);
  ctx.lineWidth = 1.9;
  ctx.lineJoin = ctx.lineCap = 'round';
  ctx.strokeStyle = colour;
  ctx.stroke(sign(kind));
  ctx.restore();
}

function disc(ctx, x, y, radius, fill, rim, wide) {
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 7);
  ctx.fillStyle = fill;
  ctx.fill();
  ctx.strokeStyle = rim;
  ctx.lineWidth = wide;
  ctx.stroke();
}

function ring(ctx, x, y, radius) {
  disc(ctx, x, y, radius, 'rgba(0,0,0,0)', '#fff', 5);
  disc(ctx, x, y, radius, 'rgba(0,0,0,0)', INK, 2.4);
}

/** The chosen team's stops bear their numbers; their kinds ride on their shoulders. */
function drawNumbers(ctx, px, day, team, stop) {
  const visits = day.routes.get(team)?.visits || [], colour = day.colour(team);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  visits.forEach((visit, i) => {
    const place = day.stops[visit.stop], [x, y] = pixel(px, place);
    if (visit.stop === stop) ring(ctx, x, y, 14);
    disc(ctx, x, y, 10, colour, '#fff', 1.8);
    ctx.font = `650 ${i < 99 ? 11 : 9}px ${FACE}`;
    ctx.fillStyle = '#fff';
    ctx.fillText(String(i + 1), x, y + 0.5);
    if (px.zoom < DISC_ZOOM || place.kind === 'village') return;
    disc(ctx, x + 9, y - 9, 6.6, '#fff', colour, 1.2);
    drawSign(ctx, x + 9, y - 9, 9.5, place.kind, INK);
  });
  if (stop >= 0 && day.visitOf.get(stop)?.team !== team) ring(ctx, ...pixel(px, day.stops[stop]), 12);
}

/** A stop that nobody visits: a warning sign where it has to be visited, an empty ring elsewhere. */
function drawMissed(ctx, px, stop, view) {
  if (!inside(view, stop)) return;
  const [x, y] = pixel(px, stop), must = stop.priority === 1, size = px.zoom >= DISC_ZOOM ? 9 : 7;
  ctx.save();
  ctx.lineJoin = 'round';
  ctx.beginPath();
  if (must) { ctx.moveTo(x, y - size); ctx.lineTo(x + size, y + size * 0.75); ctx.lineTo(x - size, y + size * 0.75); ctx.closePath(); }
  else ctx.arc(x, y, size * 0.7, 0, 7);
  ctx.strokeStyle = '#fff';
  ctx.lineWidth = 5;
  ctx.stroke();
  ctx.fillStyle = must ? ALARM : '#fff';
  ctx.fill();
  ctx.strokeStyle = must ? ALARM : '#5a6878';
  ctx.lineWidth = 1.8;
  ctx.stroke();
  ctx.font = `700 ${size + 1}px ${FACE}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = must ? '#fff' : '#35475a';
  ctx.fillText(must ? '!' : '×', x, y + (must ? 1.5 : 0.5));
  ctx.restore();
}

function drawHome(ctx, px, day, team, view, chosen) {
  const place = day.teams[team];
  if (!inside(view, place)) return;
  const [x, y] = pixel(px, place), size = chosen ? 6.5 : px.zoom >= DISC_ZOOM ? 4.6 : 3.2;
  ctx.fillStyle = day.routes.has(team) ? day.colour(team) : '#8a97a5';
  ctx.strokeStyle = '#fff';
  ctx.lineWidth = chosen ? 2.2 : 1.4;
  ctx.beginPath();
  ctx.rect(x - size, y - size, size * 2, size * 2);
  ctx.fill();
  ctx.stroke();
}

/** Draw where the teams are at a second of the day. */
export function drawTeams(ctx, px, day, second, { team = -1 } = {}) {
  for (const route of day.routes.values()) {
    if (route.team !== team) drawTeam(ctx, px, day, route.team, second, team >= 0 ? 0.55 : 1, false);
  }
  if (day.routes.has(team)) drawTeam(ctx, px, day, team, second, 1, true);
}

function drawTeam(ctx, px, day, team, second, alpha, chosen) {
  const { doing, ...at } = whereAt(day, team, second);
  if (doing === 'home' && !chosen) return;
  const [x, y] = pixel(px, at), radius = chosen ? 8.5 : px.zoom >= DISC_ZOOM ? 6.5 : 5, colour = day.colour(team);
  ctx.save();
  ctx.globalAlpha = alpha;
  disc(ctx, x, y, radius + 2.2, '#fff', 'rgba(20,38,60,.55)', 1.1);
  disc(ctx, x, y, radius, colour, '#fff', 1);
  ctx.fillStyle = '#fff';
  if (doing === 'dwell') ctx.fillRect(x - radius * 0.36, y - radius * 0.36, radius * 0.72, radius * 0.72);
  else if (doing === 'wait') for (const side of [-0.42, 0.14]) ctx.fillRect(x + radius * side, y - radius * 0.42, radius * 0.28, radius * 0.84);
  else arrow(ctx, x, y, heading(px, day, team, second), radius * 0.42, '#fff', false);
  ctx.restore();
}

/** The direction a team moves in. */
function heading(px, day, team, second) {
  const [x0, y0] = pixel(px, whereAt(day, team, second - 5)), [x1, y1] = pixel(px, whereAt(day, team, second + 5));
  return Math.atan2(y1 - y0, x1 - x0);
}

/** Draw roads that are closed: {points, box} each. */
export function drawClosed(ctx, px, closed, view) {
  ctx.save();
  ctx.lineCap = 'butt';
  for (const { way } of closed) {
    if (!meets(way.box, view)) continue;
    const line = wayPixels(px, way, 0), wide = width(px) + 2.4;
    strokeLines(ctx, [line], '#fff', wide + 2.4);
    strokeLines(ctx, [line], ALARM, wide);
    ctx.setLineDash([6, 6]);
    strokeLines(ctx, [line], '#fff', wide - 1.2);
    ctx.setLineDash([]);
  }
  for (const { way, x, y } of closed) if (meets(way.box, view)) noEntry(ctx, ...pixel(px, { x, y }));
  ctx.restore();
}

function noEntry(ctx, x, y) {
  disc(ctx, x, y, 8, ALARM, '#fff', 2);
  ctx.fillStyle = '#fff';
  ctx.fillRect(x - 4.8, y - 1.5, 9.6, 3);
}

/** Draw a stop that is being carried to another team, and the team it would go to. */
export function drawCarried(ctx, px, day, { stop, at, team, allowed }) {
  const [x, y] = at, [fx, fy] = pixel(px, day.stops[stop]);
  const colour = team < 0 ? '#5a6878' : allowed ? day.colour(team) : ALARM;
  ctx.save();
  ctx.setLineDash([4, 4]);
  ctx.beginPath();
  ctx.moveTo(fx, fy);
  ctx.lineTo(x, y);
  ctx.strokeStyle = INK;
  ctx.lineWidth = 1.4;
  ctx.stroke();
  ctx.setLineDash([]);
  disc(ctx, x, y, 11, '#fff', colour, 3);
  drawSign(ctx, x, y, 13, day.stops[stop].kind, INK);
  ctx.restore();
}

/** How far a point lies from a way, in pixels; Infinity beyond `reach`. */
export function distanceTo(px, { points, box }, x, y, reach) {
  const far = reach / px.scale, wx = (x + px.originX) / px.scale, wy = (y + px.originY) / px.scale;
  if (wx < box[0] - far || wx > box[2] + far || wy < box[1] - far || wy > box[3] + far) return Infinity;
  let best = far * far;
  let found = Infinity;
  for (let i = 2; i < points.length; i += 2) {
    const d = squaredTo(wx, wy, points[i - 2], points[i - 1], points[i], points[i + 1]);
    if (d <= best) { best = d; found = Math.sqrt(d) * px.scale; }
  }
  return found;
}

function squaredTo(px, py, ax, ay, bx, by) {
  const dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
  const share = length ? Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / length)) : 0;
  return (px - ax - dx * share) ** 2 + (py - ay - dy * share) ** 2;
}
