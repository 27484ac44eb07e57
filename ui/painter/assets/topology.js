/* What hangs together: parts of zones, flood fills, villages, rectangles, steps of a cursor. Pure. */

/** Neighbours of each grid as {start, other}: `other[start[g] … start[g + 1]]`. */
export function adjacency(borders, count) {
  const start = new Int32Array(count + 1);
  for (const g of borders) start[g + 1]++;
  for (let g = 0; g < count; g++) start[g + 1] += start[g];
  const at = start.slice(), other = new Int32Array(borders.length);
  for (let k = 0; k < borders.length; k += 2) {
    other[at[borders[k]]++] = borders[k + 1];
    other[at[borders[k + 1]]++] = borders[k];
  }
  return { start, other };
}

/** Grids of each zone asked for, in order. */
export function members(zoneOf, zones) {
  const found = new Map([...zones].map((zone) => [zone, []]));
  for (let g = 0; g < zoneOf.length; g++) found.get(zoneOf[g])?.push(g);
  return found;
}

/** The grids reached from `from` over grids that `inside(grid)` admits. */
export function reach(near, from, inside) {
  const seen = new Set([from]), queue = [from];
  for (let head = 0; head < queue.length; head++) {
    const g = queue[head];
    for (let k = near.start[g]; k < near.start[g + 1]; k++) {
      const next = near.other[k];
      if (!seen.has(next) && inside(next)) {
        seen.add(next);
        queue.push(next);
      }
    }
  }
  return queue;
}

/** The parts that grids fall into, the one with most grids first. */
export function parts(near, grids) {
  const open = new Set(grids), found = [];
  for (const g of grids) {
    if (!open.has(g)) continue;
    const part = reach(near, g, (next) => open.has(next));
    for (const member of part) open.delete(member);
    found.push(part);
  }
  return found.sort((a, b) => b.length - a.length || a[0] - b[0]);
}

/** The lesser parts of each zone that hangs in several: Map of zone → parts. */
export function brokenParts(near, zoneOf, zones) {
  const found = new Map();
  for (const [zone, grids] of members(zoneOf, zones)) {
    const all = parts(near, grids);
    if (all.length > 1) found.set(zone, all.slice(1));
  }
  return found;
}

/** The hanging-together part of a grid's zone. */
export function floodFrom(near, zoneOf, grid) {
  return reach(near, grid, (next) => zoneOf[next] === zoneOf[grid]);
}

/** Villages whose grids lie in several zones: Map of village → grids. */
export function splitVillages(zoneOf, villageOf) {
  const first = new Map(), split = new Set(), grids = new Map();
  for (let g = 0; g < zoneOf.length; g++) {
    const village = villageOf[g];
    if (village < 0) continue;
    if (!grids.has(village)) grids.set(village, []);
    grids.get(village).push(g);
    if (!first.has(village)) first.set(village, zoneOf[g]);
    else if (first.get(village) !== zoneOf[g]) split.add(village);
  }
  return new Map([...split].map((village) => [village, grids.get(village)]));
}

/** Grids, each with all of its village where `whole(village)`. */
export function withVillages(grids, villageOf, gridsOf, whole) {
  const found = new Set();
  for (const g of grids) {
    const village = villageOf[g];
    if (village >= 0 && whole(village)) for (const member of gridsOf[village]) found.add(member);
    else found.add(g);
  }
  return [...found];
}

/** Grids of each village. */
export function villageGrids(villageOf, count) {
  const found = Array.from({ length: count }, () => []);
  villageOf.forEach((village, g) => { if (village >= 0) found[village].push(g); });
  return found;
}

/** Grids whose inner point lies in a box [west, north, east, south]. */
export function inBox(atX, atY, [w, n, e, s]) {
  const found = [];
  for (let g = 0; g < atX.length; g++) if (atX[g] >= w && atX[g] <= e && atY[g] >= n && atY[g] <= s) found.push(g);
  return found;
}

/** The neighbour that lies best in a direction (dx, dy; y grows southwards), −1 where none does. */
export function stepFrom(near, atX, atY, grid, dx, dy) {
  let best = -1, least = Infinity;
  for (let k = near.start[grid]; k < near.start[grid + 1]; k++) {
    const g = near.other[k];
    const x = atX[g] - atX[grid], y = atY[g] - atY[grid];
    const along = x * dx + y * dy, aside = Math.abs(x * dy - y * dx);
    // Within 60° of the direction; the straighter and the nearer the better.
    if (along <= 0 || aside > along * 1.74) continue;
    const cost = along + 2 * aside;
    if (cost < least) { least = cost; best = g; }
  }
  return best;
}

/**
 * What a dissolved zone's grids would go to: each part grows away from its rim, every grid to the neighbouring
 * zone that has most borders with it; −1 where no other zone is reached. `may(grid, zone)` says what is allowed.
 */
export function dissolved(near, zoneOf, zone, weightOf = () => 1, may = () => true) {
  const open = new Set(members(zoneOf, [zone]).get(zone)), given = new Map();
  const zoneNow = (g) => (given.has(g) ? given.get(g) : zoneOf[g]);
  while (open.size) {
    const round = [...open].map((g) => [g, longestBorder(near, g, zoneNow, zone, weightOf, may)]).filter(([, to]) => to >= 0);
    if (!round.length) break;
    for (const [g, to] of round) { given.set(g, to); open.delete(g); }
  }
  for (const g of open) given.set(g, -1);
  return given;
}

function longestBorder(near, g, zoneNow, zone, weightOf, may) {
  const sums = new Map();
  for (let k = near.start[g]; k < near.start[g + 1]; k++) {
    const to = zoneNow(near.other[k]);
    if (to >= 0 && to !== zone && may(g, to)) sums.set(to, (sums.get(to) || 0) + weightOf(g, near.other[k]));
  }
  return [...sums].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0] ?? -1;
}
