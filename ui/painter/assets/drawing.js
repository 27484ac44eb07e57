/* What is drawn with a 2D context: fills batched by colour, borders from runs, hatches. Pure of Leaflet. */

export const INK = '#14263c', BORDER = '#24364b', BLUE = '#1f4e8c', ALARM = '#c4261d';

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

/** Fill grids, all of one fill in one path so that no seams show between them. */
export function fillGrids(ctx, shapes, px, grids, fillOf) {
  const batches = new Map();
  for (const g of grids) {
    const fill = fillOf(g);
    if (!fill) continue;
    if (!batches.has(fill)) batches.set(fill, []);
    batches.get(fill).push(g);
  }
  for (const [fill, members] of batches) {
    ctx.beginPath();
    for (const g of members) addGrid(ctx, shapes, px, g);
    ctx.fillStyle = fill;
    ctx.fill();
  }
}

/** Add one run's segments to the current path. */
export function addRun(ctx, shapes, px, run) {
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
  ctx.beginPath();
  for (const run of runs) addRun(ctx, shapes, px, run);
  ctx.strokeStyle = style.colour;
  ctx.lineWidth = style.width;
  ctx.stroke();
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
