/* Search for a place by name or code: zones of the plan, villages, stations and grids. */
import { icon } from './icons.js';
import { members } from './topology.js';
import { element } from './saying.js';

const HITS_AT_MOST = 9;

/** Places of a plan whose name or code holds the text, best first. */
export function foundPlaces(plan, text) {
  return foundIn(layers(plan), text);
}

/** What of some layers [kind, ids, names] holds the text: what begins with it before what holds it. */
export function foundIn(layers, text) {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return [];
  const hits = [];
  for (const [kind, ids, names] of layers) {
    for (let at = 0; at < ids.length && hits.length < 400; at++) {
      const rank = ranked(wanted, ids[at], names[at]);
      if (rank < 9) hits.push({ kind, at, id: ids[at], name: names[at] || ids[at], rank });
    }
  }
  return hits.sort((a, b) => a.rank - b.rank).slice(0, HITS_AT_MOST);
}

function layers({ zones, geometry: { grids, villages, stations } }) {
  return [
    ['zone', zones.map(({ id }) => id), zones.map(({ name }) => name)],
    ['village', villages.ids, villages.names],
    ['station', stations.ids, stations.names],
    ['grid', grids.ids, grids.names],
  ];
}

function ranked(wanted, id, name) {
  const [code, called] = [String(id).toLowerCase(), String(name ?? '').toLowerCase()];
  if (code === wanted || called === wanted) return 0;
  if (called.startsWith(wanted)) return 1;
  if (code.startsWith(wanted)) return 2;
  return called.includes(wanted) ? 3 : code.includes(wanted) ? 4 : 9;
}

/** The grids of a place that was found. */
export function gridsOf(plan, { kind, at }) {
  if (kind === 'grid') return [at];
  if (kind === 'village') return plan.gridsOfVillage[at];
  if (kind === 'zone') return members(plan.zoneOf, [at]).get(at);
  return [...plan.grids.stations.keys()].filter((grid) => plan.grids.stations[grid] === at);
}

/** The search box; `on.found(place)` once one is chosen, `on.left()` when it closes. */
export function searchBox({ words, on, find }) {
  const input = element('input', { type: 'search', placeholder: words.search, 'aria-label': words.search, autocomplete: 'off' });
  const list = element('ul', { class: 'gbp-hits', role: 'listbox', hidden: true });
  const box = { input, list, hits: [], at: 0, words, on };
  input.oninput = () => listHits(box, find(input.value));
  input.onkeydown = (event) => typed(box, event);
  input.onblur = () => setTimeout(() => { list.hidden = true; }, 150);
  box.element = element('div', { class: 'gbp-search', role: 'search' }, icon('search'), input, list);
  return box;
}

function listHits(box, hits) {
  Object.assign(box, { hits, at: 0 });
  const none = box.input.value.trim() && !hits.length;
  box.list.replaceChildren(...(none ? [element('li', { class: 'gbp-none', text: box.words.search_none })] : hits.map((hit, at) => line(box, hit, at))));
  box.list.hidden = !hits.length && !none;
  mark(box);
}

function line(box, hit, at) {
  const entry = element('li', { role: 'option' }, element('b', { text: hit.name }), element('small', { text: `${box.words[`search_${hit.kind}`]} ${hit.id}` }));
  // Before the box loses the focus, and with it its list.
  entry.onpointerdown = (event) => { event.preventDefault(); choose(box, at); };
  return entry;
}

function mark({ list, hits, at }) {
  if (hits.length) [...list.children].forEach((entry, i) => entry.setAttribute('aria-selected', String(i === at)));
}

function choose(box, at) {
  const hit = box.hits[at];
  if (!hit) return;
  box.list.hidden = true;
  box.on.found(hit);
}

function typed(box, event) {
  event.stopPropagation();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && box.hits.length) {
    event.preventDefault();
    box.at = (box.at + step + box.hits.length) % box.hits.length;
    mark(box);
  } else if (event.key === 'Enter') choose(box, box.at);
  else if (event.key === 'Escape') {
    box.input.value = '';
    listHits(box, []);
    box.on.left();
  }
}
