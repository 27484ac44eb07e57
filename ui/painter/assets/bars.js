/* The deviation of every zone as a bar around zero: only the rows in sight are in the page. */

import { element, formats, icon, isKnown, isOutside, say, setAttr, setStyle, setText } from './saying.js';

const ROW_PX = 26;
const SPARE_ROWS = 6;
// In tolerances: bars that reach farther are cut and marked.
const REACHES = [2, 3, 5, 10];
const FLASH = [{ backgroundColor: 'rgba(255, 214, 102, .75)' }, { backgroundColor: 'rgba(255, 214, 102, 0)' }];
const COLLATE = new Intl.Collator('zh-CN', { numeric: true });

/**
 * A list of zones with their bars.
 *
 * `on.go(id)`, `on.lock(id)`; `update(model, order)` takes the panel's model and what to list
 * ({sort: "deviation" | "code" | "station", text, outsideOnly}).
 */
export function bars(root, { words, lang, on }) {
  const list = element('div', { class: 'rows', role: 'list', 'aria-label': say(words, 'panel.bars') });
  const none = element('p', { class: 'none', text: say(words, 'panel.none_found'), role: 'status', hidden: true });
  const space = element('div', { class: 'space' });
  const view = element('div', { class: 'bars' }, [list, none]);
  list.append(space);
  root.append(view);
  const state = {
    words, lang, on, list, space, none, view,
    format: formats(lang),
    model: { zones: [], tolerance: 0.1, editable: false },
    order: { sort: 'deviation', text: '', outsideOnly: false },
    zones: new Map(), entries: [], at: new Map(), rows: new Map(), selected: null, active: null, sorted: [],
    // Kept, not asked for: asking after a write makes the browser lay out the page at once.
    top: 0, height: 0,
  };
  let asked = 0;
  const drawSoon = () => { asked ||= requestAnimationFrame(() => { asked = 0; draw(state); }); };
  list.addEventListener('scroll', () => { state.top = list.scrollTop; drawSoon(); }, { passive: true });
  list.addEventListener('focusin', ({ target }) => activate(state, target.closest('.row')));
  list.addEventListener('keydown', (event) => moveByKey(state, event));
  const sizes = new ResizeObserver(() => { state.height = list.clientHeight; drawSoon(); });
  sizes.observe(list);
  return {
    node: view,
    update: (model, order) => update(state, model, order),
    select: (id) => select(state, id),
    destroy() { sizes.disconnect(); cancelAnimationFrame(asked); view.remove(); },
  };
}

function update(state, model, order) {
  const wasInSight = state.selected !== null && isInSight(state, state.selected);
  const before = state.zones;
  state.zones = new Map(model.zones.map((zone) => [zone.id, zone]));
  const changed = changedZones(before, state.zones, model, state.model);
  const isNewOrder = order !== state.order;
  const keepsPlaces = model.pending && !isNewOrder && before.size === state.zones.size;
  state.model = model;
  state.order = order;
  if (!keepsPlaces && (changed.size || isNewOrder)) arrange(state, isNewOrder || changed.has(''));
  setScale(state);
  draw(state, changed);
  if (before.size) flash(state, changed);
  if (isNewOrder) scrollTo(state, 0);
  if (wasInSight || isNewOrder) reveal(state, state.selected);
}

const SHOWN = ['name', 'colour', 'deviation', 'workload', 'target', 'parts', 'locked', 'stationName', 'provisional'];

function changedZones(before, after, model, modelBefore) {
  if (model.tolerance !== modelBefore.tolerance || model.editable !== modelBefore.editable) return new Set(after.keys());
  const changed = new Set();
  for (const [id, zone] of after) {
    const old = before.get(id);
    if (old !== zone && (!old || SHOWN.some((name) => old[name] !== zone[name]))) changed.add(id);
  }
  if (before.size !== after.size || [...before.keys()].some((id) => !after.has(id))) changed.add('');
  return changed;
}

function arrange(state, anew) {
  const { sort } = state.order;
  // What was sorted before is nearly sorted still, and soon done.
  const zones = anew ? [...state.zones.values()] : state.sorted.map((id) => state.zones.get(id));
  zones.sort(COMPARE[sort]);
  state.sorted = zones.map((zone) => zone.id);
  enter(state, zones.filter((zone) => isListed(state, zone)), sort);
}

function enter(state, zones, sort) {
  state.entries = sort === 'station' ? withHeadings(zones) : zones.map((zone) => zone.id);
  state.at = new Map(state.entries.map((key, index) => [key, index]));
  setStyle(state.space, 'height', `${state.entries.length * ROW_PX}px`);
  setAttr(state.none, 'hidden', state.entries.length ? '' : null);
  state.top = Math.max(Math.min(state.top, state.entries.length * ROW_PX - state.height), 0);
  if (!state.at.has(state.active)) state.active = state.entries.find((key) => !isHeading(key)) ?? null;
}

function isListed(state, zone) {
  const { text, outsideOnly } = state.order;
  if (outsideOnly && !isOutside(zone.deviation, state.model.tolerance)) return false;
  return !text || `${zone.name}\n${zone.id}\n${zone.stationName ?? ''}`.toLowerCase().includes(text);
}

const byCode = (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const byDeviation = (a, b) => rank(b) - rank(a) || byCode(a, b);
const rank = (zone) => (isKnown(zone.deviation) ? zone.deviation : -1e9);
const COMPARE = {
  deviation: byDeviation,
  code: byCode,
  station: (a, b) => (a.stationName === b.stationName ? 0 : COLLATE.compare(a.stationName ?? '', b.stationName ?? '')) || byDeviation(a, b),
};

// A heading is kept under a key that no zone can have.
const HEADING = '\u0000';
const isHeading = (key) => key.startsWith(HEADING);

function withHeadings(zones) {
  const entries = [];
  let last;
  for (const zone of zones) {
    const station = zone.stationName ?? '';
    if (station !== last) entries.push(HEADING + station);
    entries.push(zone.id);
    last = station;
  }
  return entries;
}

function setScale(state) {
  const { zones, tolerance } = state.model;
  const unit = tolerance || 0.05;
  const most = Math.max(...zones.map((zone) => Math.abs(zone.deviation ?? 0)), 0);
  const reach = unit * (REACHES.find((times) => most <= unit * times) ?? REACHES.at(-1));
  state.reach = reach;
  setStyle(state.view, '--reach', String(reach));
  setStyle(state.view, '--band', `${(tolerance / reach) * 50}%`);
}

function draw(state, changed = new Set()) {
  const { list, entries, rows } = state;
  const first = Math.max(Math.floor(state.top / ROW_PX) - SPARE_ROWS, 0);
  const last = Math.min(first + Math.ceil(state.height / ROW_PX) + 2 * SPARE_ROWS, entries.length);
  const wanted = new Set(entries.slice(first, last));
  const focused = list.getRootNode().activeElement;
  for (const [key, row] of rows) {
    // The row in use stays, wherever it has been scrolled to: the keyboard must not lose its place.
    if (wanted.has(key) || (state.at.has(key) && row.node.contains(focused))) continue;
    row.node.remove();
    rows.delete(key);
  }
  for (let index = first; index < last; index += 1) drawEntry(state, entries[index], index, changed);
}

function drawEntry(state, key, index, changed) {
  let row = state.rows.get(key);
  const isNew = !row;
  if (isNew) {
    row = isHeading(key) ? headingRow(state, key) : zoneRow(state, key);
    state.rows.set(key, row);
  }
  setStyle(row.node, 'transform', `translateY(${index * ROW_PX}px)`);
  setAttr(row.node, 'aria-posinset', index + 1);
  setAttr(row.node, 'aria-setsize', state.entries.length);
  if (!isHeading(key) && (isNew || changed.has(key))) fillRow(state, row, state.zones.get(key));
  if (!isHeading(key)) markRow(state, row, key);
  if (isNew) state.space.append(row.node);
}

function headingRow(state, key) {
  const name = key.slice(HEADING.length) || say(state.words, 'panel.no_station');
  return { node: element('div', { class: 'row heading', role: 'listitem' }, [element('span', { text: name })]) };
}

function zoneRow(state, id) {
  const row = {
    chip: element('i', { class: 'chip' }),
    name: element('span', { class: 'name' }),
    parts: element('em', { class: 'parts', hidden: true }),
    bar: element('b', {}),
    value: element('span', { class: 'value' }),
    lock: element('button', { type: 'button', class: 'lock', onclick: () => state.on.lock(id) }),
  };
  row.track = element('span', { class: 'track', title: say(state.words, 'panel.band') }, [row.bar]);
  row.main = element('button', { type: 'button', class: 'main', 'data-zone': id, onclick: () => state.on.go(id) },
    [row.chip, row.name, row.parts, row.track, row.value]);
  row.node = element('div', { class: 'row', role: 'listitem' }, [row.main, row.lock]);
  return row;
}

function fillRow(state, row, zone) {
  const { words, format, model } = state;
  const outside = isOutside(zone.deviation, model.tolerance);
  const deviation = (zone.provisional ? '≈' : '') + format.deviation(zone.deviation, model.tolerance);
  setStyle(row.chip, 'background', zone.colour);
  setText(row.name, zone.name);
  setAttr(row.parts, 'hidden', zone.parts > 1 ? null : '');
  setText(row.parts, zone.parts > 1 ? say(words, 'panel.parts', { count: format.count(zone.parts) }) : '');
  setStyle(row.bar, '--d', String(Math.abs(zone.deviation ?? 0)));
  setText(row.value, deviation);
  setAttr(row.main, 'class', rowClass(zone, outside, state.reach));
  setAttr(row.main, 'title', [zone.name, zone.id, zone.stationName].filter(Boolean).join(' · '));
  setAttr(row.main, 'aria-label', say(words, outside ? 'panel.row_outside' : 'panel.row', { zone: zone.name, deviation })
    + (zone.parts > 1 ? ` ${row.parts.textContent}` : ''));
  fillLock(state, row, zone);
}

function rowClass(zone, outside, reach) {
  const side = (zone.deviation ?? 0) < 0 ? 'under' : 'over';
  const cut = Math.abs(zone.deviation ?? 0) > reach + 1e-9;
  return ['main', side, outside && 'outside', cut && 'cut', zone.provisional && 'provisional'].filter(Boolean).join(' ');
}

function fillLock(state, row, zone) {
  const locked = Boolean(zone.locked);
  if (row.locked !== locked) row.lock.replaceChildren(icon(locked ? 'locked' : 'unlocked'));
  row.locked = locked;
  const label = say(state.words, locked ? 'panel.unlock' : 'panel.lock', { zone: zone.name });
  setAttr(row.lock, 'aria-label', label);
  setAttr(row.lock, 'title', label);
  setAttr(row.lock, 'aria-pressed', locked);
  setAttr(row.lock, 'disabled', state.model.editable ? null : '');
}

function markRow(state, row, id) {
  setAttr(row.node, 'data-chosen', id === state.selected ? '' : null);
  setAttr(row.main, 'aria-current', id === state.selected ? 'true' : null);
  const reached = id === state.active ? '0' : '-1';
  setAttr(row.main, 'tabindex', reached);
  setAttr(row.lock, 'tabindex', reached);
}

/** The row that has the focus is the one that Tab comes back to, and that arrows start from. */
function activate(state, node) {
  const id = node?.querySelector('.main')?.dataset.zone;
  if (id === undefined || id === state.active) return;
  state.active = id;
  for (const [key, row] of state.rows) if (!isHeading(key)) markRow(state, row, key);
}

function flash(state, changed) {
  if (changed.size > 60 || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
  for (const id of changed) state.rows.get(id)?.node.animate(FLASH, { duration: 900, easing: 'ease-out' });
}

function select(state, id) {
  if (id === state.selected) return;
  state.selected = id;
  if (state.at.has(id)) state.active = id;
  reveal(state, id);
  draw(state);
}

function isInSight(state, id) {
  const top = (state.at.get(id) ?? -1e9) * ROW_PX - state.top;
  return top >= 0 && top + ROW_PX <= state.height;
}

function scrollTo(state, top) {
  const most = state.entries.length * ROW_PX - state.height;
  state.top = Math.max(Math.min(top, most), 0);
  state.list.scrollTop = state.top;
}

function reveal(state, id) {
  const index = state.at.get(id);
  if (index === undefined || isInSight(state, id)) return;
  scrollTo(state, Math.round(index - (state.height / ROW_PX - 1) / 2) * ROW_PX);
  draw(state);
}

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, End: Infinity, Home: -Infinity };

function moveByKey(state, event) {
  const step = STEPS[event.key];
  if (step === undefined || !state.entries.length) return;
  event.preventDefault();
  const next = nextZone(state.entries, state.at.get(state.active) ?? 0, step);
  if (next === undefined) return;
  state.active = next;
  if (!isInSight(state, next)) {
    const top = state.at.get(next) * ROW_PX;
    scrollTo(state, top < state.top ? top : top + ROW_PX - state.height);
  }
  draw(state);
  state.rows.get(next)?.main.focus({ preventScroll: true });
}

function nextZone(entries, from, step) {
  const way = Math.sign(step);
  let index = Math.min(Math.max(from + step, 0), entries.length - 1);
  // A heading cannot be chosen: on to the zone behind it, or back to the one before.
  while (entries[index] !== undefined && isHeading(entries[index])) index += way;
  return entries[index] ?? entries.find((key) => !isHeading(key));
}
