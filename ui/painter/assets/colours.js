/* Colours of zones: neighbours always differ, and a stroke changes as few as possible. Pure. */

// Softer than ui/maps/palette.py, which is drawn over a map; apart for colour-blind eyes by a CIE distance of 12
// at least, which a test holds them to.
export const FILLS = ['#fbe29b', '#9dba93', '#c6a3c2', '#c4f0df', '#92aef0', '#dd9a68', '#72d3e4'];
export const UNASSIGNED = '#ffffff';

/** Neighbours of each zone as sets, from the zone of each grid and the grids' borders [i, j, i, j…]. */
export function zoneNeighbours(zoneOf, borders, zones) {
  const beside = Array.from({ length: zones }, () => new Set());
  for (let k = 0; k < borders.length; k += 2) join(beside, zoneOf[borders[k]], zoneOf[borders[k + 1]]);
  return beside;
}

function join(beside, a, b) {
  if (a < 0 || b < 0 || a === b) return;
  beside[a].add(b);
  beside[b].add(a);
}

/** Colour every zone: the wish of each where it holds, else greedily, the most hemmed in first (DSATUR). */
export function colourZones(beside, wishes = [], count = FILLS.length) {
  const colours = new Array(beside.length).fill(-1);
  const order = beside.map((_, zone) => zone).sort((a, b) => beside[b].size - beside[a].size || a - b);
  for (const zone of order) {
    const wish = wishes[zone];
    if (wish >= 0 && wish < count && !taken(colours, beside[zone])[wish]) colours[zone] = wish;
  }
  const open = new Set(order.filter((zone) => colours[zone] < 0));
  while (open.size) {
    const zone = mostHemmedIn(open, beside, colours);
    colours[zone] = freest(colours, beside, zone, count);
    open.delete(zone);
  }
  return colours;
}

function mostHemmedIn(open, beside, colours) {
  let best = -1, most = [-1, -1];
  for (const zone of open) {
    const around = new Set([...beside[zone]].map((other) => colours[other]).filter((c) => c >= 0)).size;
    if (around > most[0] || (around === most[0] && beside[zone].size > most[1])) {
      best = zone;
      most = [around, beside[zone].size];
    }
  }
  return best;
}

/**
 * Recolour as few zones as possible after a stroke, in place; returns those that changed.
 *
 * Of two neighbours of one colour the one that has fewer neighbours changes, never `kept` if it can be helped.
 */
export function mendColours(colours, beside, touched, { kept = -1, count = FILLS.length } = {}) {
  const changed = new Set();
  for (const zone of touched) {
    if (colours[zone] === undefined || colours[zone] < 0) {
      colours[zone] = freest(colours, beside, zone, count);
      changed.add(zone);
    }
    for (const other of beside[zone]) {
      if (colours[other] !== colours[zone]) continue;
      const loser = zone === kept ? other : other === kept || beside[zone].size < beside[other].size ? zone : other;
      colours[loser] = freest(colours, beside, loser, count);
      changed.add(loser);
    }
  }
  return [...changed];
}

function taken(colours, around) {
  const found = [];
  for (const other of around) if (colours[other] >= 0) found[colours[other]] = (found[colours[other]] || 0) + 1;
  return found;
}

/** The colour that no neighbour has (the least used there where all are had), first ones preferred. */
function freest(colours, beside, zone, count) {
  const found = taken(colours, beside[zone]);
  let best = 0;
  for (let c = 0; c < count; c++) {
    if (!found[c]) return c;
    if (found[c] < found[best]) best = c;
  }
  return best;
}
