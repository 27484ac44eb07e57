/* What the signs on the patrols' map mean, and what its keys do. */
import { SIGNS } from './patrol_drawing.js';
import { kindSign } from './patrol_panel.js';
import { element } from './saying.js';

/** What the signs on the map mean. */
export function legendBox(tell, day) {
  const kinds = [...new Map(day.stops.map((stop) => [stop.kind, stop])).values()].sort((a, b) => Object.keys(SIGNS).indexOf(a.kind) - Object.keys(SIGNS).indexOf(b.kind));
  const line = (sign, text) => element('li', {}, sign, element('span', { text }));
  return element('ul', { class: 'legend', 'aria-label': tell('bar_legend') },
    ...kinds.map((stop) => line(kindSign(stop), stop.kind_name)),
    line(element('i', { class: 'must', text: '!' }), tell('legend_must')),
    line(element('i', { class: 'may', text: '×' }), tell('legend_may')),
    line(element('i', { class: 'base' }), tell('legend_base')),
    line(element('i', { class: 'shut-sign' }), tell('legend_closed')));
}

/** The keys, as a table. */
export function keyList(tell) {
  const rows = [
    [tell('key_space'), 'keys_play'], [', .', 'keys_time'], ['[ ]', 'keys_team'], ['N B', 'keys_stop'], ['← ↑ → ↓', 'keys_step'], ['M / Enter', 'keys_move'],
    ['U', 'keys_missed'], ['C', 'keys_close'], ['Ctrl Z / Ctrl Y', 'keys_undo'], ['/', 'keys_search'], ['L T P', 'keys_show'], ['Shift + ←', 'keys_pan'], ['0 + −', 'keys_zoom'], ['Esc', 'keys_escape'], ['?', 'keys_keys'],
  ];
  const cells = rows.flatMap(([key, text]) => [element('dt', {}, element('kbd', { text: key })), element('dd', { text: tell(text) })]);
  return element('div', { class: 'gbp-keys', hidden: true }, element('b', { text: tell('keys_title') }), element('dl', {}, ...cells));
}
