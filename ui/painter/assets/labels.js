/* Names on the map: measured, the weightier first, none over another. */
import { INK, ALARM } from './drawing.js';

const FACE = '"Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Source Han Sans SC", "WenQuanYi Micro Hei", system-ui, sans-serif';
const TOWN = `500 12.5px ${FACE}`, SUB = `500 10.5px ${FACE}`;

/** Draw `wanted` labels in order: {x, y (pixels), text, sub, kind: "zone" | "town", room (pixels), wrong, locked}. */
export function drawLabels(ctx, wanted, taken = []) {
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  for (const label of wanted) put(ctx, label, taken);
  return taken;
}

function put(ctx, label, taken) {
  const town = label.kind === 'town';
  const size = town ? 12.5 : label.room > 260 ? 14 : 12;
  ctx.font = town ? TOWN : `600 ${size}px ${FACE}`;
  if (town) ctx.letterSpacing = '2px';
  const wide = ctx.measureText(label.text).width;
  ctx.letterSpacing = '0px';
  if (!town && label.room < wide * 0.85) return;
  const sub = label.sub && label.room > wide ? label.sub : '';
  const high = sub ? size + 13 : size + 2;
  const box = [label.x - wide / 2 - (label.locked ? 16 : 4), label.y - high / 2 - 3, label.x + wide / 2 + 4, label.y + high / 2 + 3];
  if (taken.some((b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3])) return;
  taken.push(box);
  const top = sub ? label.y - 6.5 : label.y;
  if (town) {
    ctx.font = TOWN;
    ctx.letterSpacing = '2px';
    write(ctx, label.text, label.x, top, '#4d5a69', 'rgba(255,255,255,.8)', 3.5);
    ctx.letterSpacing = '0px';
    return;
  }
  ctx.font = `600 ${size}px ${FACE}`;
  write(ctx, label.text, label.x, top, INK, 'rgba(255,255,255,.88)', 3.5);
  if (label.locked) lockSign(ctx, label.x - wide / 2 - 9, top);
  if (!sub) return;
  ctx.font = SUB;
  write(ctx, sub, label.x, top + size / 2 + 7, label.wrong ? ALARM : '#35475a', 'rgba(255,255,255,.88)', 3);
}

function lockSign(ctx, x, y) {
  ctx.beginPath();
  ctx.rect(x - 4, y - 1, 8, 6.5);
  ctx.arc(x, y - 1, 2.6, Math.PI, 0);
  ctx.strokeStyle = 'rgba(255,255,255,.9)';
  ctx.lineWidth = 4;
  ctx.stroke();
  ctx.beginPath();
  ctx.arc(x, y - 1, 2.6, Math.PI, 0);
  ctx.strokeStyle = INK;
  ctx.lineWidth = 1.5;
  ctx.stroke();
  ctx.fillStyle = INK;
  ctx.fillRect(x - 4, y - 1, 8, 6.5);
}

function write(ctx, text, x, y, colour, halo, width) {
  ctx.strokeStyle = halo;
  ctx.lineWidth = width;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}
