/* What is drawn with a 2D context: fills batched by colour, borders from runs, hatches. Pure of Leaflet. */

export const INK = '#14263c', BORDER = '#24364b', BLUE = '#1f4e8c', ALARM = '#c4261d';

const RUNS_A_PATH = 40;

/** Add a grid's rings to the current path. */
export function addGrid(ctx, shapes, px, g) {
  for (let ring = shapes.gridRing[g]; ring < shapes.gridRing[g + 1]; ring++) {
    const from = shapes.ringStart[ring], to = shapes.ringStart[ring + 1];
    let x = px.x[from], y = px.y[from];
    ctx.moveTo(x, y);
    for (let i = from + 1; i < to; i++) {
      if (px.x[i] === x && px.y[i] === y) continue;
      ctx.lineTo((x = px.x[i]), (y = px.y[i]));
    }
    ctx.closePath();
  }
}

/**
 * Fill grids, all of one zone in one path so that no seams show inside it.
 *
 * One path for all zones of a colour would be slower by far: what a path costs grows faster than its length.
 */
export function fillGrids(ctx, shapes, px, grids, fillOf, zoneOf) {
  const batches = new Map();
  for (const g of grids) {
    const found = batches.get(zoneOf[g]);
    if (found) found.push(g);
    else batches.set(zoneOf[g], [g]);
  }
  for (const members of batches.values()) fillBatch(ctx, shapes, px, members, fillOf);
}

function fillBatch(ctx, shapes, px, members, fillOf) {
  let open = '';
  for (const g of members) {
    const fill = fillOf(g);
    if (fill !== open) {
      if (open) ctx.fill();
      open = fill;
      ctx.fillStyle = fill || '#fff';
      ctx.beginPath();
    }
    if (fill) addGrid(ctx, shapes, px, g);
  }
  if (open) ctx.fill();
}

/** Add one run's segments to the current path. */
function addRun(ctx, shapes, px, run) {
  const ring = shapes.runRing[run], from = shapes.ringStart[ring], to = shapes.ringStart[ring + 1];
  let at = shapes.runStart[run];
  let x = px.x[at], y = px.y[at];
  ctx.moveTo(x, y);
  for (let k = shapes.runLength[run]; k > 0; k--) {
    if (++at >= to) at = from;
    if (px.x[at] === x && px.y[at] === y) continue;
    ctx.lineTo((x = px.x[at]), (y = px.y[at]));
  }
}

/** Stroke the borders of some grids: `levelOf(grid, other)` gives the index of the style, or −1. */
export function strokeBorders(ctx, shapes, px, grids, levelOf, styles) {
  const runs = styles.map(() => []);
  for (const g of grids) {
    for (let run = shapes.gridRun[g]; run < shapes.gridRun[g + 1]; run++) {
      if (!shapes.runDrawn[run]) continue;
      const level = levelOf(g, shapes.runOther[run]);
      if (level >= 0) runs[level].push(run);
    }
  }
  ctx.lineJoin = ctx.lineCap = 'round';
  styles.forEach((style, level) => strokeRuns(ctx, shapes, px, runs[level], style));
}

function strokeRuns(ctx, shapes, px, runs, style) {
  if (!runs.length || !style.width) return;
  ctx.strokeStyle = style.colour;
  ctx.lineWidth = style.width;
  for (let at = 0; at < runs.length; at += RUNS_A_PATH) {
    ctx.beginPath();
    for (const run of runs.slice(at, at + RUNS_A_PATH)) addRun(ctx, shapes, px, run);
    ctx.stroke();
  }
}

/** Stroke the outline of a set of grids (`inside[g]` 1), from both sides' runs. */
export function strokeOutline(ctx, shapes, px, grids, inside, styles) {
  const runs = [];
  for (const g of grids) {
    for (let run = shapes.gridRun[g]; run < shapes.gridRun[g + 1]; run++) {
      const other = shapes.runOther[run];
      if (other < 0 || !inside[other]) runs.push(run);
    }
  }
  ctx.lineJoin = ctx.lineCap = 'round';
  for (const style of styles) strokeRuns(ctx, shapes, px, runs, style);
}

const DRAWN = new Map();

/** A repeating pattern: 'hatch', 'back', 'dots' or 'cross' in a colour. */
export function pattern(ctx, kind, colour, gap = 8, width = 1.2) {
  const key = `${kind} ${colour} ${gap} ${width}`;
  if (!DRAWN.has(key)) DRAWN.set(key, tile(kind, colour, gap, width));
  return ctx.createPattern(DRAWN.get(key), 'repeat');
}

function tile(kind, colour, gap, width) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = gap;
  const ctx = canvas.getContext('2d');
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineWidth = width;
  ctx.beginPath();
  if (kind === 'dots') {
    ctx.arc(gap / 2, gap / 2, width, 0, 7);
    ctx.fill();
  }
  if (kind === 'hatch' || kind === 'cross') for (const d of [-gap, 0, gap]) { ctx.moveTo(d, gap); ctx.lineTo(d + gap, 0); }
  if (kind === 'back' || kind === 'cross') for (const d of [-gap, 0, gap]) { ctx.moveTo(d, 0); ctx.lineTo(d + gap, gap); }
  ctx.stroke();
  return canvas;
}
