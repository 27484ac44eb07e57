/* The card beside the pointer: which grid, whose it is today and in this plan, who is there, what is locked. */
import { element } from './saying.js';

/** A card in `host`; `show(grid, x, y, note)` fills and places it. */
export function hoverCard(host, { plan, words, lang }) {
  const card = host.appendChild(element('div', { class: 'gbp-card', hidden: true }));
  const peopled = plan.grids.present.some((count) => count > 0);
  let shown = '';
  return {
    hide() { card.hidden = true; },
    show(g, x, y, note = '') {
      const key = `${g} ${plan.zoneOf[g]} ${plan.locks.size} ${note}`;
      if (key !== shown) fill(card, plan, g, { note, words, lang, peopled });
      shown = key;
      card.hidden = false;
      place(card, host, x, y);
    },
    destroy() { card.remove(); },
  };
}

function fill(card, plan, g, { note, words, lang, peopled }) {
  const { grids } = plan, { villages, zones_today: today } = plan.geometry;
  const number = (value, digits = 0) => value.toLocaleString(lang === 'zh' ? 'zh-CN' : 'en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const nothing = words.no_zone;
  const was = grids.today[g] < 0 ? nothing : today[grids.today[g]].name;
  const is = plan.zoneOf[g] < 0 ? nothing : plan.zoneName(plan.zoneOf[g]);
  const row = (label, value, css = '') => element('div', { class: css }, element('dt', { text: label }), element('dd', { text: value }));
  const rows = [];
  if (grids.villages[g] >= 0) rows.push(row(words.village, villages.names[grids.villages[g]]));
  rows.push(row(words.zone_today, was), row(words.zone_now, is, plan.changed(g) ? 'gbp-changed' : ''));
  if (peopled) rows.push(row(words.present, number(grids.present[g])));
  rows.push(row(words.workload, number(grids.workload[g], 2)));
  card.replaceChildren(element('b', { text: grids.names[g] }), element('small', { text: grids.ids[g] }), element('dl', {}, ...rows));
  const lines = [...lockLines(plan, g, words), note].filter(Boolean);
  card.append(...lines.map((text) => element('p', { text })));
}

function lockLines(plan, g, words) {
  const { grids, geometry: { villages }, zoneOf, locks } = plan;
  const lines = [];
  if (zoneOf[g] >= 0 && locks.has(`zone:${plan.zoneId(zoneOf[g])}`)) lines.push(words.locked_zone);
  if (grids.villages[g] >= 0 && locks.has(`village:${villages.ids[grids.villages[g]]}`)) lines.push(words.locked_village);
  if (locks.has(`grid:${grids.ids[g]}`)) lines.push(words.locked_grid);
  return lines;
}

/** Put a card beside a point inside its host, wherever there is room. */
export function place(card, host, x, y) {
  const { clientWidth: wide, clientHeight: high } = host;
  const { offsetWidth: w, offsetHeight: h } = card;
  const left = x + 18 + w > wide ? x - 18 - w : x + 18;
  const top = y + 18 + h > high ? y - 12 - h : y + 18;
  card.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
}
