/* Two maps of the same grids that pan, zoom and point together; grids in different zones are hatched. */

import { gridCanvas } from './canvas.js';
import { colourZones, FILLS, UNASSIGNED, zoneNeighbours } from './colours.js';
import { BLUE, INK } from './drawing.js';
import { boxOf } from './shapes.js';

const HATCH = { kind: 'hatch', colour: 'rgba(20, 38, 60, .78)', gap: 8, width: 1.5 };
const POINTED = [{ colour: '#fff', width: 5 }, { colour: INK, width: 2.6 }];
const LISTED = [{ colour: '#fff', width: 7 }, { colour: BLUE, width: 3.8 }];

/**
 * The two plans on one list of zones: the same id is the same number, so it is the same colour on both maps.
 *
 * Returns {zones: [{id, name}], of: [zone of each grid on the left, on the right], changed: Uint8Array, colours}.
 */
export function commonPlan(plans, geometry) {
  const numbers = new Map();
  const zones = [];
  const of = plans.map((plan) => {
    const own = plan.zones.map((zone) => numberOf(zone, numbers, zones));
    return Int32Array.from(plan.assignment, (at) => (at < 0 ? -1 : own[at]));
  });
  const beside = Array.from({ length: zones.length }, () => new Set());
  for (const zoneOf of of) {
    zoneNeighbours(zoneOf, geometry.borders, zones.length).forEach((others, zone) => others.forEach((other) => beside[zone].add(other)));
  }
  const changed = Uint8Array.from(of[0], (zone, grid) => Number(zone !== of[1][grid]));
  return { zones, of, changed, colours: colourZones(beside, zones.map((zone) => zone.colour ?? -1)) };
}

function numberOf(zone, numbers, zones) {
  if (!numbers.has(zone.id)) {
    numbers.set(zone.id, zones.length);
    zones.push(zone);
  }
  return numbers.get(zone.id);
}

/** The css colour of a zone of the common list. */
export const zoneColour = (common, zone) => (zone < 0 ? UNASSIGNED : FILLS[common.colours[zone]] ?? FILLS[0]);

/**
 * Two maps in `hosts`. `on.point(grid)` as the pointer moves (−1 outside), `on.pick(grid)` on a click.
 *
 * Returns `show(common)`, `highlight(grids)`, `go(grids)`, `destroy()`.
 */
export function twinMaps(hosts, { geometry, geometryKey, words, on }) {
  const twins = { hosts, on, leader: 0, pointed: -1, listed: [], common: null };
  twins.canvases = hosts.map((host) => gridCanvas(host, { geometry, geometryKey, words }));
  twins.canvases.forEach((canvas, side) => {
    canvas.overlays.push((ctx) => drawPointed(twins, canvas, ctx));
    follow(twins, side);
    listen(twins, side);
  });
  return {
    show: (common) => show(twins, common),
    highlight: (grids) => { twins.listed = grids; redrawTops(twins); },
    go: (grids) => twins.canvases[twins.leader].fit(grids, { atMost: 14, padding: 70 }),
    destroy() { for (const canvas of twins.canvases) canvas.destroy(); },
  };
}

function show(twins, common) {
  twins.common = common;
  const has = (grid) => common.changed[grid] === 1;
  twins.canvases.forEach((canvas, side) => {
    const zoneOf = common.of[side];
    const labels = zoneLabels(canvas, common, zoneOf);
    canvas.show({ zoneOf, fillOf: (grid) => zoneColour(common, zoneOf[grid]), hatches: [{ ...HATCH, has }], labels: () => labels });
  });
}

function zoneLabels(canvas, common, zoneOf) {
  const grids = common.zones.map(() => []);
  zoneOf.forEach((zone, grid) => { if (zone >= 0) grids[zone].push(grid); });
  return grids.flatMap((members, zone) => {
    const box = boxOf(canvas.shapes, members);
    return box ? [{ ...middleOf(canvas.shapes, members, box), text: common.zones[zone].name, width: box[2] - box[0] }] : [];
  });
}

/** The middle of the zone's grid that lies nearest to the middle of its box: a label is never outside its zone. */
function middleOf({ box }, members, [west, north, east, south]) {
  const x = (west + east) / 2, y = (north + south) / 2;
  let best = null, least = Infinity;
  for (const grid of members) {
    const at = { x: (box[grid * 4] + box[grid * 4 + 2]) / 2, y: (box[grid * 4 + 1] + box[grid * 4 + 3]) / 2 };
    const far = (at.x - x) ** 2 + (at.y - y) ** 2;
    if (far < least) [best, least] = [at, far];
  }
  return best;
}

function drawPointed(twins, canvas, ctx) {
  if (twins.listed.length) canvas.outline(ctx, twins.listed, LISTED);
  if (twins.pointed >= 0) canvas.outline(ctx, [twins.pointed], POINTED);
}

function redrawTops(twins) {
  twins.asked ||= requestAnimationFrame(() => {
    twins.asked = 0;
    for (const canvas of twins.canvases) canvas.redrawTop();
  });
}

/** The map that was used last leads; the other does what it does, the zoom's movement included. */
function follow(twins, side) {
  const { map } = twins.canvases[side];
  const lead = () => { twins.leader = side; };
  for (const type of ['pointerenter', 'pointerdown', 'wheel', 'focusin']) {
    twins.hosts[side].addEventListener(type, lead, { capture: true, passive: true });
  }
  map.on('zoomanim', ({ center, zoom }) => {
    if (twins.leader === side) other(twins, side).setView(center, zoom, { animate: true });
  });
  map.on('move zoomend moveend', () => {
    if (twins.leader === side && !map._animatingZoom) match(map, other(twins, side));
  });
}

const other = (twins, side) => twins.canvases[1 - side].map;

function match(map, follower) {
  const center = map.getCenter(), zoom = map.getZoom();
  if (follower._animatingZoom || (follower.getZoom() === zoom && follower.getCenter().equals(center, 1e-9))) return;
  follower.setView(center, zoom, { animate: false });
}

function listen(twins, side) {
  const host = twins.hosts[side], canvas = twins.canvases[side];
  host.addEventListener('pointermove', (event) => point(twins, canvas.at(event)));
  host.addEventListener('pointerleave', () => point(twins, -1));
  canvas.map.on('click', ({ originalEvent }) => {
    const grid = canvas.at(originalEvent);
    if (grid >= 0) twins.on.pick(grid);
  });
}

function point(twins, grid) {
  if (grid === twins.pointed) return;
  twins.pointed = grid;
  twins.on.point(grid);
  redrawTops(twins);
}
