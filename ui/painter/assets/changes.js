/* The list of changes: each is looked at, accepted or refused, alone or with all that is shown. */

import { element, formats, icon, say, setAttr, setText, sized } from './saying.js';

const STATES = ['accepted', 'refused', 'other'];

/**
 * The list in `root`. `on`: highlight(change | null), go(change), decide(kind, ids).
 *
 * Returns `update(changes, decidable)` and `pick(change id)`.
 */
export function changeList(root, { words, lang, on }) {
  const list = {
    on, format: formats(lang), tell: (key, facts) => say(words, `compare.${key}`, facts),
    changes: [], decidable: false, rows: new Map(), active: null, filter: { text: '', zone: '', state: '' },
  };
  list.heading = element('h3', {});
  list.rowsNode = element('ol', {
    onkeydown: (event) => onKey(list, event),
    onpointerleave: () => on.highlight(inUse(list)),
  });
  list.none = element('p', { class: 'none', role: 'status' });
  list.node = element('section', { class: 'changes', 'aria-label': list.tell('changes') }, [
    element('div', { class: 'over' }, [list.heading, bulkButtons(list)]), filters(list), list.none, list.rowsNode,
    list.keys = element('p', { class: 'keys', text: list.tell('keys') }),
  ]);
  root.append(list.node);
  return {
    update: (changes, decidable) => update(list, changes, decidable),
    pick: (id) => pick(list, id),
  };
}

/** The change that the keyboard is on, which stays marked when the pointer goes away. */
function inUse(list) {
  const row = list.rows.get(list.active);
  return row?.node.contains(list.node.getRootNode().activeElement) ? row.change : null;
}

function bulkButtons(list) {
  list.bulk = [['accept', 'tick'], ['refuse', 'cross']].map(([kind, drawing]) => {
    const text = element('span', {});
    const button = element('button', { type: 'button', class: `bulk ${kind}`, onclick: () => decideShown(list, kind) }, [icon(drawing), text]);
    return { kind, button, text };
  });
  return element('div', { class: 'bulks' }, list.bulk.map(({ button }) => button));
}

function filters(list) {
  const search = element('input', {
    type: 'search', placeholder: list.tell('filter_text'), 'aria-label': list.tell('filter_text'), autocomplete: 'off',
    oninput: () => narrow(list, { text: search.value.trim().toLowerCase() }),
  });
  list.zoneChoice = element('select', { 'aria-label': list.tell('filter_zone'), onchange: () => narrow(list, { zone: list.zoneChoice.value }) });
  list.stateChoice = element('select', { 'aria-label': list.tell('filter_state'), onchange: () => narrow(list, { state: list.stateChoice.value }) },
    ['', ...STATES].map((state) => element('option', { value: state, text: list.tell(`state_${state || 'any'}`) })));
  return element('div', { class: 'filter' }, [search, list.zoneChoice, list.stateChoice]);
}

function update(list, changes, decidable) {
  list.changes = changes;
  list.decidable = decidable;
  setAttr(list.keys, 'hidden', changes.length && decidable ? null : '');
  fillZones(list);
  const known = new Set(changes.map(({ id }) => id));
  for (const [id, row] of list.rows) {
    if (known.has(id)) continue;
    row.node.remove();
    list.rows.delete(id);
  }
  changes.forEach((change, at) => placeRow(list, change, at));
  refresh(list);
}

function placeRow(list, change, at) {
  let row = list.rows.get(change.id);
  if (!row) {
    row = changeRow(list, change);
    list.rows.set(change.id, row);
  }
  if (list.rowsNode.children[at] !== row.node) list.rowsNode.insertBefore(row.node, list.rowsNode.children[at] ?? null);
  fillRow(list, row, change);
}

function fillZones(list) {
  const zones = [...new Set(list.changes.flatMap(({ from, to }) => [from, to]))].filter(Boolean).sort();
  const told = zones.join('\n');
  if (list.zonesTold === told) return;
  list.zonesTold = told;
  const options = zones.map((zone) => element('option', { value: zone, text: zone }));
  list.zoneChoice.replaceChildren(element('option', { value: '', text: list.tell('filter_zone_any') }), ...options);
  list.filter.zone = zones.includes(list.filter.zone) ? list.filter.zone : '';
  list.zoneChoice.value = list.filter.zone;
}

function changeRow(list, { id }) {
  const row = { change: null };
  for (const name of ['from', 'to', 'size', 'reason', 'state']) row[name] = element('span', { class: name });
  row.main = element('button', { type: 'button', class: 'main', 'data-change': id, onclick: () => list.on.go(row.change), onfocus: () => activate(list, id) }, [
    element('span', { class: 'zones' }, [row.from, element('i', { text: '→' }), row.to]),
    element('span', { class: 'facts' }, [row.size, row.state]), row.reason,
  ]);
  row.accept = decideButton(list, row, 'accept', 'tick');
  row.refuse = decideButton(list, row, 'refuse', 'cross');
  row.buttons = element('div', { class: 'decide' }, [row.accept, row.refuse]);
  row.node = element('li', { onpointerenter: () => list.on.highlight(row.change) }, [row.main, row.buttons]);
  return row;
}

function decideButton(list, row, kind, drawing) {
  return element('button', { type: 'button', class: kind, onclick: () => decide(list, kind, [row.change]) }, [icon(drawing)]);
}

function fillRow(list, row, change) {
  const { tell, format } = list;
  if (row.change === change && row.decidable === list.decidable) return;
  Object.assign(row, { change, decidable: list.decidable });
  const [from, to] = [change.from || tell('nowhere'), change.to || tell('nowhere')];
  setText(row.from, from);
  setText(row.to, to);
  setText(row.size, sized(tell, format, { grids: change.grids.length, present: change.present }));
  setText(row.reason, change.reason ?? '');
  setText(row.state, tell(`state_${change.state}`));
  setAttr(row.node, 'class', change.state);
  setAttr(row.buttons, 'hidden', list.decidable ? null : '');
  for (const [button, kind, state] of [[row.accept, 'accept', 'accepted'], [row.refuse, 'refuse', 'refused']]) {
    setAttr(button, 'aria-pressed', change.state === state);
    setAttr(button, 'title', tell(kind));
    setAttr(button, 'aria-label', tell(`${kind}_one`, { from_zone: from, to_zone: to }));
  }
}

function narrow(list, change) {
  Object.assign(list.filter, change);
  refresh(list);
}

/** Show what fits the filter, and count it. */
function refresh(list) {
  list.shown = list.changes.filter((change) => fits(list, change));
  const ids = new Set(list.shown.map(({ id }) => id));
  for (const [id, row] of list.rows) setAttr(row.node, 'hidden', ids.has(id) ? null : '');
  if (!ids.has(list.active)) list.active = list.shown[0]?.id ?? null;
  for (const [id, row] of list.rows) markReachable(row, id === list.active);
  const counts = { count: list.format.count(list.shown.length), what: list.format.count(list.changes.length) };
  setText(list.heading, list.tell(list.shown.length === list.changes.length ? 'count' : 'count_shown', counts));
  setText(list.none, list.shown.length ? '' : list.tell(list.changes.length ? 'none_fits' : 'no_changes'));
  fillBulk(list);
}

function markReachable(row, reached) {
  for (const button of [row.main, row.accept, row.refuse]) setAttr(button, 'tabindex', reached ? '0' : '-1');
}

const DONE = { accept: 'accepted', refuse: 'refused' };
const undecided = (list, kind) => list.shown.filter(({ state }) => state !== DONE[kind]);

function fillBulk(list) {
  for (const { kind, button, text } of list.bulk) {
    const count = undecided(list, kind).length;
    setText(text, list.tell(kind));
    setAttr(button, 'aria-label', list.tell(`${kind}_shown`, { count: list.format.count(count) }));
    setAttr(button, 'title', list.tell(`${kind}_shown`, { count: list.format.count(count) }));
    setAttr(button, 'disabled', count ? null : '');
    setAttr(button, 'hidden', list.decidable && list.changes.length ? null : '');
  }
}

function fits(list, change) {
  const { text, zone, state } = list.filter;
  if (state && change.state !== state) return false;
  if (zone && change.from !== zone && change.to !== zone) return false;
  return !text || `${change.from}\n${change.to}\n${change.reason ?? ''}`.toLowerCase().includes(text);
}

const decideShown = (list, kind) => decide(list, kind, undecided(list, kind));

/** Shown as decided at once; Python's answer puts right what it sees otherwise. */
function decide(list, kind, changes) {
  const open = changes.filter(({ state }) => state !== DONE[kind]);
  if (!list.decidable || !open.length) return;
  const ids = new Set(open.map(({ id }) => id));
  const hadFocus = list.rowsNode.contains(list.node.getRootNode().activeElement);
  const before = list.shown.map(({ id }) => id);
  list.changes = list.changes.map((change) => (ids.has(change.id) ? { ...change, state: DONE[kind] } : change));
  for (const change of list.changes) if (ids.has(change.id)) fillRow(list, list.rows.get(change.id), change);
  const was = list.active;
  refresh(list);
  if (hadFocus && list.active !== was) focusNext(list, before, was);
  list.on.decide(kind, [...ids]);
}

/** The change has left the list: on to the one that stood behind it. */
function focusNext(list, before, was) {
  const left = new Set(list.shown.map(({ id }) => id));
  const next = before.slice(before.indexOf(was)).find((id) => left.has(id)) ?? list.shown.at(-1)?.id;
  if (next !== undefined) pick(list, next);
}

function activate(list, id) {
  if (list.active !== id) {
    const before = list.rows.get(list.active);
    if (before) markReachable(before, false);
    list.active = id;
    markReachable(list.rows.get(id), true);
  }
  list.on.highlight(list.rows.get(id).change);
}

function pick(list, id) {
  const row = list.rows.get(id);
  if (!row) return;
  if (row.node.hidden) clearFilter(list);
  activate(list, id);
  row.main.focus({ preventScroll: true });
  row.node.scrollIntoView({ block: 'nearest' });
}

function clearFilter(list) {
  list.filter = { text: '', zone: '', state: '' };
  for (const field of list.node.querySelectorAll('.filter > *')) field.value = '';
  refresh(list);
}

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8, End: Infinity, Home: -Infinity };
const DECISIONS = { a: 'accept', x: 'refuse' };

function onKey(list, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !list.shown.length) return;
  const step = STEPS[event.key], kind = DECISIONS[event.key.toLowerCase()];
  if (step === undefined && !kind) return;
  event.preventDefault();
  event.stopPropagation();
  const at = list.shown.findIndex(({ id }) => id === list.active);
  if (kind) decide(list, kind, list.shown.slice(at, at + 1));
  else pick(list, list.shown[Math.min(Math.max(at + step, 0), list.shown.length - 1)].id);
}
