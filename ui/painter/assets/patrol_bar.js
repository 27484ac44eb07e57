/* The bar above the patrols' map: undo, closing roads, the team in hand, what is shown. */
import { icon } from './icons.js';
import { element, say } from './saying.js';

/** Build the bar in `host`; `on` holds what its buttons do. */
export function patrolBar(host, { words, on }) {
  const tell = (key, facts) => say(words, `patrol.${key}`, facts);
  const buttons = {};
  const button = (name, key, drawing = name) => {
    const title = key ? tell('with_key', { what: tell(`bar_${name}`), press: key }) : tell(`bar_${name}`);
    buttons[name] = element('button', { type: 'button', title, 'aria-label': title, onclick: on[name] }, icon(drawing));
    return buttons[name];
  };
  const group = (...children) => element('div', { class: 'gbp-group', role: 'group' }, ...children);
  const chooser = element('select', { 'aria-label': tell('choose_team'), onchange: () => on.team(Number(chooser.value)) });
  const chip = element('i', { class: 'gbp-swatch gbp-none' });
  host.setAttribute('role', 'toolbar');
  host.setAttribute('aria-label', tell('bar'));
  host.replaceChildren(
    group(button('undo', 'Ctrl+Z'), button('redo', 'Ctrl+Y')),
    element('div', { class: 'gbp-chosen' }, chip, chooser),
    group(button('closing', 'C'), button('replan', '')),
    element('span', { class: 'gbp-gap' }),
    group(button('legend', 'L'), button('fit', '0'), button('keys', '?'), button('timeline', 'T'), button('panel', 'P')),
  );
  return {
    teams: (day, order) => fillTeams(chooser, tell, day, order),
    update: (state) => update({ buttons, chooser, chip }, state),
  };
}

function fillTeams(chooser, tell, day) {
  const stations = new Map();
  for (const team of day.teams) {
    if (!stations.has(team.station)) stations.set(team.station, []);
    stations.get(team.station).push(element('option', { value: String(team.at), text: team.name }));
  }
  const groups = [...stations].map(([name, options]) => (name ? element('optgroup', { label: name }, ...options) : options)).flat();
  chooser.replaceChildren(element('option', { value: '-1', text: tell('all_teams') }), ...groups);
}

function update({ buttons, chooser, chip }, state) {
  const press = (name, on) => buttons[name].setAttribute('aria-pressed', String(Boolean(on)));
  buttons.undo.disabled = !state.editable || !state.can.undo;
  buttons.redo.disabled = !state.editable || !state.can.redo;
  buttons.closing.disabled = buttons.replan.disabled = !state.editable;
  press('closing', state.closing);
  press('legend', state.legend);
  press('keys', state.keys);
  press('timeline', state.tall);
  press('panel', state.panel);
  chooser.value = String(state.team);
  chip.style.background = state.colour;
  chip.classList.toggle('gbp-none', !state.colour);
}
