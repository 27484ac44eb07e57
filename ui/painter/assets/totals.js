/* A plan's totals beside today's and a reference plan's: the best and the worst of each row are marked. */

import { element, formats, icon, isKnown, say, setAttr, setText } from './saying.js';

const PLAIN = [
  { key: 'max_deviation', kind: 'share', best: 'least' },
  { key: 'outside', kind: 'count', best: 'least' },
  { key: 'workload_moved', kind: 'share', best: 'least', isChange: true },
  { key: 'villages_touched', kind: 'count', best: 'least', isChange: true },
  { key: 'villages_split', kind: 'count', best: 'least' },
  { key: 'not_contiguous', kind: 'count', best: 'least' },
];
const EXPERT = [
  { key: 'mean_deviation', kind: 'share', best: 'least' },
  { key: 'cv', kind: 'ratio', best: 'least' },
  { key: 'gini', kind: 'ratio', best: 'least' },
  { key: 'within_tolerance', kind: 'share', best: 'most' },
  { key: 'polsby_popper', kind: 'ratio', best: 'most' },
  { key: 'cut_edges', kind: 'count', best: 'least' },
  { key: 'zones', kind: 'count' },
  { key: 'grids_moved', kind: 'count', best: 'least', isChange: true },
  { key: 'residents_moved', kind: 'count', best: 'least', isChange: true },
  { key: 'zones_touched', kind: 'count', best: 'least', isChange: true },
  { key: 'zones_crossing_stations', kind: 'count', best: 'least' },
  { key: 'unassigned', kind: 'count', best: 'least' },
];
const THIS = 0, TODAY = 1, REFERENCE = 2;

/** The two tables, plain and expert; `update(model, standing)` with what the zones alone tell. */
export function totalsTable({ words, lang }) {
  const state = { format: formats(lang), tell: (key, facts) => say(words, `panel.${key}`, facts) };
  state.reference = element('th', { scope: 'col', class: 'reference' });
  state.today = element('th', { scope: 'col', text: state.tell('today') });
  state.plain = tableOf(state, PLAIN, [state.today, state.reference]);
  state.expert = tableOf(state, EXPERT, []);
  const legend = element('p', { class: 'legend' }, [icon('better'), state.tell('best'), icon('worse'), state.tell('worst')]);
  state.node = element('section', { class: 'totals' }, [
    element('h3', { text: state.tell('totals') }), state.plain.node, legend,
    element('details', {}, [element('summary', { text: state.tell('experts') }), state.expert.node]),
  ]);
  return { node: state.node, update: (model, standing) => update(state, model, standing) };
}

function tableOf(state, measures, heads) {
  const about = element('p', { class: 'about', hidden: true });
  const rows = measures.map((measure) => totalsRow(state, measure, about));
  const head = element('tr', {}, [element('td'), element('th', { scope: 'col', text: state.tell('this') }), ...heads]);
  const table = element('table', {}, [
    ...(heads.length ? [element('thead', {}, [head])] : []),
    element('tbody', {}, rows.map((row) => row.node)),
  ]);
  return { rows, node: element('div', {}, [table, about]) };
}

function totalsRow(state, measure, about) {
  const explain = () => {
    setText(about, state.tell(`about_${measure.key}`));
    setAttr(about, 'hidden', null);
  };
  const name = element('button', {
    type: 'button', class: 'measure', text: state.tell(`measure_${measure.key}`),
    title: state.tell(`about_${measure.key}`), onclick: explain, onfocus: explain,
  });
  const cells = [THIS, TODAY, REFERENCE].map(() => element('td'));
  return { measure, cells, node: element('tr', {}, [element('th', { scope: 'row' }, [name]), ...cells]) };
}

function update(state, model, standing) {
  const today = model.today?.totals ?? model.today ?? null;
  const reference = model.reference?.totals ?? null;
  setAttr(state.today, 'hidden', today ? null : '');
  setAttr(state.reference, 'hidden', reference ? null : '');
  setText(state.reference, model.reference?.name ?? '');
  setAttr(state.reference, 'title', model.reference?.name ?? null);
  const plans = [nowOf(model, standing), today, reference];
  for (const row of [...state.plain.rows, ...state.expert.rows]) fillRow(state, row, plans, model.pending);
}

/** Until Python answers, what the zones tell goes before what it said last. */
function nowOf({ totals, pending }, standing) {
  return pending || !totals ? { ...totals, max_deviation: standing.maxDeviation, outside: standing.outside } : totals;
}

const KNOWN_AT_ONCE = new Set(['max_deviation', 'outside']);

function fillRow(state, row, plans, pending) {
  const { measure, cells } = row;
  const values = plans.map((plan) => plan?.[measure.key] ?? null);
  const marks = marksOf(measure, values);
  setAttr(row.node, 'hidden', values.some(isKnown) ? null : '');
  cells.forEach((cell, plan) => {
    setAttr(cell, 'hidden', plan === THIS || plans[plan] ? null : '');
    fillCell(state, cell, state.format[measure.kind](values[plan]), marks[plan]);
  });
  setAttr(cells[THIS], 'data-stale', pending && !KNOWN_AT_ONCE.has(measure.key) ? '' : null);
}

/** "best", "worst" or null for each plan; today's plan changes nothing, so it takes no part in measures of change. */
function marksOf(measure, values) {
  const taking = values.map((value, plan) => (measure.isChange && plan === TODAY ? null : value));
  const known = taking.filter(isKnown);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  if (known.length < 2 || !measure.best || most - least < 5e-4) return values.map(() => null);
  const [best, worst] = measure.best === 'least' ? [least, most] : [most, least];
  return taking.map((value) => (value === best ? 'best' : value === worst ? 'worst' : null));
}

function fillCell(state, cell, text, mark) {
  const told = `${text}|${mark ?? ''}`;
  if (cell.told === told) return;
  cell.told = told;
  cell.replaceChildren(element('span', { text }));
  if (!mark) return;
  const drawing = element('span', { class: `rank ${mark}`, role: 'img', 'aria-label': state.tell(mark) });
  drawing.append(icon(mark === 'best' ? 'better' : 'worse'));
  cell.append(drawing);
}
