/* The live scorecard beside the map: plain words first, then what to mend, every zone, and the totals. */

import { bars } from './bars.js';
import { element, formats, icon, isKnown, isOutside, say, setAttr, setStyle, setText, sized } from './saying.js';
import { totalsTable } from './totals.js';

const SHOWN_AT_FIRST = 3;
const SORTS = ['deviation', 'code', 'station'];

/**
 * The panel in `root`, which gives it its height.
 *
 * `on`: go(zone id), choose(zone id), mend(mend), lock(zone id), goGrids(grid indexes).
 * Returns `update(model)`, `select(zone id | null)` and `destroy()`.
 */
export function scorecard(root, { words, lang, on }) {
  const panel = {
    words, on, format: formats(lang), model: null, selected: null, allViolations: false,
    order: { sort: 'deviation', text: '', outsideOnly: false },
    tell: (key, facts) => say(words, `panel.${key}`, facts),
  };
  panel.plain = plainLines(panel);
  panel.mending = mendingList(panel);
  panel.rules = rulesSection();
  panel.zones = zonesSection(panel, { lang });
  panel.totals = totalsTable({ words, lang });
  panel.status = element('span', { class: 'status', role: 'status' });
  panel.node = element('section', { class: 'gb-score', 'aria-label': panel.tell('title') }, [
    element('header', {}, [element('h2', { text: panel.tell('title') }), panel.status]),
    panel.plain.node, panel.mending.node, panel.rules.node, panel.zones.node, panel.totals.node,
  ]);
  root.append(panel.node);
  return {
    update: (model) => update(panel, model),
    select: (zoneId) => select(panel, zoneId),
    destroy() { panel.zones.bars.destroy(); panel.node.remove(); },
  };
}

function update(panel, given) {
  const model = complete(given);
  panel.model = model;
  setText(panel.status, model.pending ? panel.tell('pending') : '');
  setAttr(panel.node, 'data-pending', model.pending ? '' : null);
  setAttr(panel.node, 'aria-busy', model.pending ? 'true' : null);
  panel.standing = standingOf(model);
  fillPlain(panel);
  fillMending(panel);
  fillRules(panel);
  fillZones(panel);
  panel.totals.update(model, panel.standing);
}

/** The model with what a plan lacks before Python has said anything of it. */
function complete(given) {
  const told = (totals) => (totals && Object.keys(totals).length ? totals : null);
  const { violations, mends, totals, today, reference } = given;
  return { ...given, violations: violations ?? [], mends: mends ?? [], totals: told(totals), today: told(today), reference: told(reference) };
}

function select(panel, zoneId) {
  panel.selected = zoneId;
  if (!panel.model) return;
  fillChosen(panel);
  panel.zones.bars.select(zoneId);
}

/** What the zones alone tell: it holds for provisional figures too. */
function standingOf({ zones, tolerance }) {
  let busiest = null, idlest = null, outside = 0;
  for (const zone of zones) {
    if (!isKnown(zone.deviation)) continue;
    if (!busiest || zone.deviation > busiest.deviation) busiest = zone;
    if (!idlest || zone.deviation < idlest.deviation) idlest = zone;
    if (isOutside(zone.deviation, tolerance)) outside += 1;
  }
  const most = Math.max(busiest?.deviation ?? 0, -(idlest?.deviation ?? 0));
  return { busiest, idlest, outside, maxDeviation: busiest ? most : null };
}

// Plain words

function plainLines(panel) {
  const lines = {
    busiest: extremeLine(panel, 'busiest'),
    idlest: extremeLine(panel, 'idlest'),
    outside: markLine(),
    change: markLine(),
    whole: markLine(),
    empty: markLine(),
  };
  const extremes = element('div', { class: 'extremes' }, [lines.busiest.node, lines.idlest.node]);
  const list = element('ul', {}, [lines.outside.node, lines.whole.node, lines.empty.node, lines.change.node]);
  return { ...lines, node: element('div', { class: 'plain' }, [extremes, list]) };
}

function extremeLine(panel, key) {
  const line = {
    zone: null,
    chip: element('i', { class: 'chip' }),
    name: element('b', {}),
    value: element('span', { class: 'value' }),
    label: panel.tell(key),
  };
  line.node = element('button', { type: 'button', class: `extreme ${key}`, onclick: () => line.zone && panel.on.go(line.zone) }, [
    element('small', { text: line.label }), line.value, element('span', { class: 'who' }, [line.chip, line.name]),
  ]);
  return line;
}

function markLine() {
  const line = { mark: element('span', { class: 'mark' }), text: element('span', {}) };
  line.node = element('li', {}, [line.mark, line.text]);
  return line;
}

function fillPlain(panel) {
  const { plain, standing } = panel;
  fillExtreme(panel, plain.busiest, standing.busiest);
  fillExtreme(panel, plain.idlest, standing.idlest);
  fillOutside(panel, standing.outside);
  fillEmpty(panel);
  for (const line of [plain.whole, plain.change]) setAttr(line.node, 'hidden', panel.model.totals ? null : '');
  if (!panel.model.totals) return;
  fillMark(plain.whole, ...wholeness(panel));
  fillMark(plain.change, 'note', changeText(panel));
}

/** Zones that have lost their last grid: nothing forbids it, but it is to be seen. */
function fillEmpty(panel) {
  const { empty } = panel.plain, lost = panel.model.zones.filter((zone) => zone.grids === 0);
  setAttr(empty.node, 'hidden', lost.length ? null : '');
  if (!lost.length) return;
  const names = lost.slice(0, SHOWN_AT_FIRST).map((zone) => zone.name).join(', ');
  const zones = lost.length > SHOWN_AT_FIRST ? `${names}…` : names;
  fillMark(empty, 'bad', panel.tell('empty', { count: panel.format.count(lost.length), zones }));
}

function fillExtreme(panel, line, zone) {
  line.zone = zone?.id ?? null;
  const { tolerance } = panel.model;
  const value = zone ? (zone.provisional ? '≈' : '') + panel.format.deviation(zone.deviation, tolerance) : '—';
  setText(line.name, zone?.name ?? '—');
  setText(line.value, value);
  setStyle(line.chip, 'background', zone?.colour ?? 'transparent');
  setAttr(line.node, 'data-outside', zone && isOutside(zone.deviation, tolerance) ? '' : null);
  setAttr(line.node, 'disabled', zone ? null : '');
  setAttr(line.node, 'title', zone ? [zone.name, zone.stationName].filter(Boolean).join(' · ') : null);
  setAttr(line.node, 'aria-label', zone ? panel.tell('go_to', { what: line.label, zone: zone.name, deviation: value }) : null);
}

function fillOutside(panel, outside) {
  const { format, model } = panel;
  const facts = {
    count: format.count(outside), zones: format.count(model.zones.filter((zone) => zone.grids !== 0).length), tolerance: format.share(model.tolerance),
  };
  fillMark(panel.plain.outside, outside ? 'bad' : 'ok', panel.tell(outside ? 'outside' : 'all_inside', facts));
}

function wholeness(panel) {
  const { totals, violations } = panel.model;
  const crossing = violations.filter((found) => found.code.startsWith('zone_crosses')).length;
  const counts = [['unassigned', totals.unassigned], ['apart', totals.not_contiguous], ['across', crossing]];
  const broken = counts.filter(([, count]) => count > 0)
    .map(([key, count]) => panel.tell(key, { count: panel.format.count(count) }));
  const kind = broken.length ? 'bad' : 'ok';
  const text = broken.length ? broken.join(panel.format.between) : panel.tell('whole');
  return [kind, text];
}

function changeText(panel) {
  const { totals } = panel.model;
  if (!isKnown(totals.workload_moved)) return panel.tell('no_today');
  if (!totals.grids_moved) return panel.tell('unchanged');
  const { count } = panel.format, share = panel.format.share(totals.workload_moved);
  if (!isKnown(totals.villages_touched)) return panel.tell('change_grids', { grids: count(totals.grids_moved), share });
  return panel.tell('change', { villages: count(totals.villages_touched), share });
}

const MARKS = { ok: 'tick', bad: 'cross' };

function fillMark(line, kind, text) {
  if (line.kind !== kind) {
    line.mark.replaceChildren(...(MARKS[kind] ? [icon(MARKS[kind])] : []));
    line.node.className = kind;
    line.kind = kind;
  }
  setText(line.text, text);
}

// What has to be mended

function mendingList(panel) {
  const heading = element('h3', {});
  const list = element('ul', {});
  const more = element('button', { type: 'button', class: 'more', onclick: () => {
    panel.allViolations = !panel.allViolations;
    drawMending(panel);
  } });
  return { heading, list, more, node: element('section', { class: 'mending', hidden: true }, [heading, list, more]) };
}

function fillMending(panel) {
  const { violations, mends, editable } = panel.model;
  const before = panel.drawn;
  panel.drawn = { violations, mends, editable };
  // Nothing new to mend: the buttons stay as they are, with the focus on one of them.
  if (before && sameThings(before, panel.drawn)) setBusy(panel);
  else drawMending(panel);
}

function sameThings(a, b) {
  if (a.editable !== b.editable) return false;
  if (a.violations === b.violations && a.mends === b.mends) return true;
  return JSON.stringify([a.violations, a.mends]) === JSON.stringify([b.violations, b.mends]);
}

function drawMending(panel) {
  const { mending, model } = panel;
  const items = mendingItems(panel);
  const shown = panel.allViolations ? items : items.slice(0, SHOWN_AT_FIRST);
  setAttr(mending.node, 'hidden', items.length ? null : '');
  setText(mending.heading, panel.tell('to_mend', { count: panel.format.count(model.violations.length) }));
  mending.list.replaceChildren(...shown.map((item) => mendingItem(panel, item)));
  setAttr(mending.more, 'hidden', items.length > SHOWN_AT_FIRST ? null : '');
  const rest = panel.format.count(items.length - SHOWN_AT_FIRST);
  setText(mending.more, panel.allViolations ? panel.tell('fewer') : panel.tell('more', { count: rest }));
  setBusy(panel);
}

/** Grids without a zone are one thing to mend; a mend belongs to the break of its zone. */
function mendingItems(panel) {
  const { violations, mends } = panel.model;
  const lost = violations.filter((found) => found.code === 'grid_orphan');
  const items = violations.filter((found) => found.code !== 'grid_orphan' || lost.length === 1).map((found) => ({ ...found, mends: [] }));
  if (lost.length > 1) {
    const text = panel.tell('unassigned', { count: panel.format.count(lost.length) });
    items.unshift({ code: 'grid_orphan', zone: '', grids: lost.flatMap((found) => found.grids), text, mends: [] });
  }
  for (const mend of mends) {
    const ofZone = items.filter((item) => item.zone === mend.zone);
    const item = ofZone.find((found) => found.code === 'zone_not_contiguous') ?? ofZone[0];
    if (item) item.mends.push(mend);
  }
  return items.sort((a, b) => (b.mends.length > 0) - (a.mends.length > 0));
}

function mendingItem(panel, item) {
  const goThere = () => (item.grids?.length ? panel.on.goGrids(item.grids) : panel.on.go(item.zone));
  const go = element('button', { type: 'button', class: 'go', onclick: goThere }, [
    element('span', { text: item.text, title: item.text }), element('em', {}, [panel.tell('look'), icon('go')]),
  ]);
  return element('li', {}, [go, ...item.mends.map((mend) => mendButton(panel, mend))]);
}

function mendButton(panel, mend) {
  const attributes = { type: 'button', class: 'mend', disabled: !panel.model.editable };
  attributes.onclick = () => {
    // Mended once: a second click would paint what the first has changed.
    setBusy(panel, true);
    panel.on.mend(mend);
  };
  return element('button', attributes, [icon('mend'), element('span', { text: mend.text })]);
}

function setBusy(panel, busy = panel.model.pending || !panel.model.editable) {
  for (const button of panel.mending.list.querySelectorAll('.mend')) setAttr(button, 'disabled', busy ? '' : null);
}

// A bureau's rules, which advise and do not forbid

function rulesSection() {
  const heading = element('summary', {});
  const list = element('ul', {});
  return { heading, list, told: '', node: element('details', { class: 'rules', hidden: true }, [heading, list]) };
}

function fillRules(panel) {
  const { rules: section } = panel, { rules } = panel.model;
  setAttr(section.node, 'hidden', rules ? null : '');
  const told = JSON.stringify(rules ?? null);
  if (!rules || told === section.told) return;
  section.told = told;
  const count = panel.format.count(rules.exceeded);
  const verdict = rules.exceeded ? panel.tell('rules_broken', { count }) : panel.tell('rules_kept');
  setText(section.heading, `${rules.title} ${verdict}`);
  setAttr(section.heading, 'class', rules.broken.length ? 'wrong' : 'right');
  section.list.replaceChildren(...rules.broken.map(({ zone, text }) => element('li', {}, [
    element('button', { type: 'button', text, onclick: () => panel.on.go(zone) }),
  ])));
}

// Every zone

function zonesSection(panel, { lang }) {
  const section = element('section', { class: 'zones' });
  const chosen = chosenCard(panel);
  section.append(zonesHeading(panel), zonesFilter(panel), chosen.node);
  const list = bars(section, {
    words: panel.words, lang,
    on: { go: (id) => { panel.on.choose(id); panel.on.go(id); }, lock: (id) => panel.on.lock(id) },
  });
  return { node: section, bars: list, chosen };
}

function zonesHeading(panel) {
  const buttons = SORTS.map((sort) => element('button', {
    type: 'button', 'data-sort': sort, text: panel.tell(`by_${sort}`), 'aria-pressed': String(sort === panel.order.sort),
    onclick: () => {
      for (const button of buttons) setAttr(button, 'aria-pressed', button.dataset.sort === sort);
      reorder(panel, { sort });
    },
  }));
  const sorts = element('div', { class: 'sorts', role: 'group', 'aria-label': panel.tell('sort') }, buttons);
  return element('div', { class: 'over' }, [element('h3', { text: panel.tell('bars') }), sorts]);
}

function zonesFilter(panel) {
  const search = element('input', {
    type: 'search', placeholder: panel.tell('search'), 'aria-label': panel.tell('search'), autocomplete: 'off',
    oninput: () => reorder(panel, { text: search.value.trim().toLowerCase() }),
    onkeydown: (event) => { if (event.key === 'Enter') panel.zones.bars.node.querySelector('.main')?.click(); },
  });
  const only = element('button', {
    type: 'button', class: 'only', 'aria-pressed': 'false', text: panel.tell('only_outside'),
    onclick: () => {
      setAttr(only, 'aria-pressed', !panel.order.outsideOnly);
      reorder(panel, { outsideOnly: !panel.order.outsideOnly });
    },
  });
  return element('div', { class: 'filter' }, [search, only]);
}

function reorder(panel, change) {
  panel.order = { ...panel.order, ...change };
  if (panel.model) panel.zones.bars.update(panel.model, panel.order);
}

function fillZones(panel) {
  panel.zones.bars.update(panel.model, panel.order);
  fillChosen(panel);
}

function chosenCard(panel) {
  const card = { chip: element('i', { class: 'chip' }), name: element('b', {}), value: element('span', { class: 'value' }) };
  card.load = element('small', {});
  card.size = element('small', {});
  card.node = element('div', { class: 'chosen', role: 'group', 'aria-label': panel.tell('chosen'), hidden: true }, [
    element('div', {}, [card.chip, card.name, card.value]), card.load, card.size,
  ]);
  return card;
}

function fillChosen(panel) {
  const { chosen } = panel.zones;
  const { format, model } = panel;
  const zone = model.zones.find((one) => one.id === panel.selected);
  setAttr(chosen.node, 'hidden', zone ? null : '');
  if (!zone) return;
  const sign = zone.provisional ? '≈' : '';
  setStyle(chosen.chip, 'background', zone.colour);
  setText(chosen.name, zone.name);
  setText(chosen.value, sign + format.deviation(zone.deviation, model.tolerance));
  setAttr(chosen.value, 'data-outside', isOutside(zone.deviation, model.tolerance) ? '' : null);
  setText(chosen.load, panel.tell('load', { workload: sign + format.amount(zone.workload), target: format.amount(zone.target) }));
  const { grids, villages, present } = zone;
  setText(chosen.size, sized(panel.tell, format, { grids, villages, present }));
}
