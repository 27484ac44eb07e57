/* Mode "compare": two plans side by side, what differs between their scorecards, and the list of changes. */

import { changeList } from './changes.js';
import { element, icon, say, setAttr, setText } from './saying.js';
import { newToken, withoutKept } from './strokes.js';
import { commonPlan, twinMaps, zoneColour } from './twins.js';

// Sizes are in place from the first moment: on a remount the scripts run before the style sheet is there.
const WHOLE = 'position:absolute;inset:0;display:flex';
const HOST = 'position:absolute;inset:0;overflow:hidden';

/** Open the mode in the component's root; returns `update(data)` and `destroy()`. */
export function open(root, { data, geometry, post }) {
  const mode = {
    geometry, post, words: data.words, queue: [], changeOf: new Map(),
    tell: (key, facts) => say(data.words, `compare.${key}`, facts),
  };
  // The places of the other mode's bar, map and panel: ours fills the whole.
  mode.others = [...root.children].map((part) => [part, part.style.display]);
  for (const [part] of mode.others) part.style.display = 'none';
  build(mode, root, data);
  update(mode, data);
  return {
    update: (next) => update(mode, next),
    destroy() {
      mode.node.remove();
      for (const [part, display] of mode.others) part.style.display = display;
      mode.maps.destroy();
    },
  };
}

function build(mode, root, data) {
  mode.titles = [0, 1].map(() => element('h3', {}));
  const hosts = [0, 1].map((side) => element('div', { style: HOST, class: 'host', role: 'application', 'aria-label': mode.tell(side ? 'right_map' : 'left_map') }));
  const twins = [0, 1].map((side) => element('figure', {}, [
    element('figcaption', {}, [mode.titles[side]]),
    element('div', { class: 'map', style: 'position:relative;flex:1;min-height:0' }, [hosts[side]]),
  ]));
  mode.pointed = pointedLine(mode);
  mode.differences = differencesTable(mode);
  const side = element('aside', {}, [mode.differences.node]);
  mode.node = element('div', { class: 'gb-compare', style: WHOLE }, [
    element('div', { class: 'sides' }, [element('div', { class: 'twins' }, twins), mode.pointed.node]), side,
  ]);
  root.append(mode.node);
  mode.maps = twinMaps(hosts, {
    geometry: mode.geometry, geometryKey: data.geometry_key, words: data.words,
    on: { point: (grid) => fillPointed(mode, grid), pick: (grid) => mode.list.pick(mode.changeOf.get(grid)) },
  });
  mode.list = changeList(side, {
    words: data.words, lang: data.lang,
    on: {
      highlight: (change) => mode.maps.highlight(change?.grids ?? []),
      go: (change) => mode.maps.go(change.grids),
      decide: (kind, ids) => decide(mode, kind, ids),
    },
  });
}

function update(mode, data) {
  mode.queue = withoutKept(mode.queue, data.acks ?? []);
  // Every run brings a new object; the maps are drawn anew only for other plans.
  const told = JSON.stringify(data.plans);
  if (mode.plansTold !== told) {
    mode.plansTold = told;
    mode.plans = data.plans;
    mode.common = commonPlan(data.plans, mode.geometry);
    mode.maps.show(mode.common);
  }
  data.plans.forEach(({ title }, side) => setText(mode.titles[side], title));
  fillDifferences(mode, data.differences);
  mode.changeOf = new Map(data.changes.flatMap(({ id, grids }) => grids.map((grid) => [grid, id])));
  mode.list.update(withQueued(data.changes, mode.queue), Boolean(data.decidable));
}

const DONE = { accept: 'accepted', refuse: 'refused' };

/** What was decided and is not kept yet stays as it was decided. */
function withQueued(changes, queue) {
  const states = new Map(queue.flatMap(({ kind, changes: ids }) => ids.map((id) => [id, DONE[kind]])));
  return states.size ? changes.map((change) => (states.has(change.id) ? { ...change, state: states.get(change.id) } : change)) : changes;
}

function decide(mode, kind, ids) {
  mode.queue = [...mode.queue, { token: newToken(), kind, changes: ids }];
  mode.post(mode.queue);
}

// The grid under the pointer, in both plans

function pointedLine(mode) {
  const line = { grid: element('b', {}), sides: [0, 1].map(() => ({ chip: element('i', { class: 'chip' }), name: element('span', {}) })), verdict: element('em', {}) };
  const [left, right] = line.sides.map(({ chip, name }) => element('span', { class: 'zone' }, [chip, name]));
  line.found = element('div', { hidden: true }, [line.grid, left, element('i', { text: '→' }), right, line.verdict]);
  line.hint = element('div', { class: 'hint' }, [element('i', { class: 'hatch' }), element('span', { text: mode.tell('hint') })]);
  line.node = element('div', { class: 'pointed' }, [line.hint, line.found]);
  return line;
}

function fillPointed(mode, grid) {
  const { pointed, geometry, common, tell } = mode;
  setAttr(pointed.found, 'hidden', grid >= 0 ? null : '');
  setAttr(pointed.hint, 'hidden', grid >= 0 ? '' : null);
  if (grid < 0) return;
  const village = geometry.grids.villages[grid];
  setText(pointed.grid, [geometry.grids.names[grid], village < 0 ? '' : geometry.villages.names[village]].filter(Boolean).join(' · '));
  pointed.sides.forEach(({ chip, name }, side) => {
    const zone = common.of[side][grid];
    chip.style.background = zoneColour(common, zone);
    setText(name, zone < 0 ? tell('nowhere') : common.zones[zone].name);
  });
  setText(pointed.verdict, tell(common.changed[grid] ? 'differs' : 'same'));
  setAttr(pointed.verdict, 'class', common.changed[grid] ? 'differs' : 'same');
}

// What differs between the scorecards

function differencesTable(mode) {
  const table = { heads: [0, 1].map(() => element('th', { scope: 'col' }, [element('span')])), body: element('tbody') };
  const head = element('thead', {}, [element('tr', {}, [element('td'), ...table.heads])]);
  const legend = element('p', { class: 'legend' }, [icon('better'), mode.tell('better')]);
  table.node = element('section', { class: 'differences' }, [
    element('div', { class: 'over' }, [element('h3', { text: mode.tell('differences') }), legend]),
    element('div', { class: 'figures' }, [element('table', {}, [head, table.body])]),
  ]);
  return table;
}

function fillDifferences(mode, differences) {
  const { heads, body } = mode.differences;
  heads.forEach((head, side) => {
    setText(head.firstChild, mode.plans[side].title);
    setAttr(head, 'title', mode.plans[side].title);
  });
  const told = JSON.stringify(differences);
  if (mode.told === told) return;
  mode.told = told;
  body.replaceChildren(...differences.map((row) => element('tr', {}, [
    element('th', { scope: 'row', text: row.label }),
    ...['left', 'right'].map((side) => figureCell(mode, row[side], row.better === side)),
  ])));
}

function figureCell(mode, text, isBetter) {
  const cell = element('td', { class: isBetter ? 'better' : null }, [element('span', { text })]);
  if (!isBetter) return cell;
  const drawing = element('span', { class: 'rank', role: 'img', 'aria-label': mode.tell('better') });
  drawing.append(icon('better'));
  cell.append(drawing);
  return cell;
}
