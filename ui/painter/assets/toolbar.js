/* The bar above the map: tools as real buttons with their keys, the chosen zone, finds, undo. */
import { icon } from './icons.js';
import { element } from './saying.js';

export const TOOLS = [
  ['move', 'h'], ['brush', 'b'], ['rectangle', 'r'], ['fill', 'f'], ['pick', 'p'], ['erase', 'e'], ['lock', 'l'],
];
export const UNITS = ['auto', 'village', 'grid'];
export const SIZES = [1, 2, 3, 4];
const FINDS = [['loose', '1'], ['broken', '2'], ['split', '3']];
const READING = new Set(['move', 'pick']);

/** Build the bar; `on` holds what its buttons do. */
export function toolbar(host, { words, on }) {
  const buttons = {};
  const button = (name, key, act, content = icon(name)) => {
    const title = key ? `${words[`tool_${name}`]} (${key})` : words[`tool_${name}`];
    buttons[name] = element('button', { type: 'button', title, onclick: act, 'aria-label': title }, content);
    return buttons[name];
  };
  const group = (...children) => element('div', { class: 'gbp-group', role: 'group' }, ...children);
  const chosen = zoneChooser(words, on);
  const size = sizes(words, on), unit = units(words, on);
  host.setAttribute('role', 'toolbar');
  host.setAttribute('aria-label', words.toolbar);
  host.replaceChildren(
    group(...TOOLS.map(([name, key]) => button(name, key.toUpperCase(), () => on.tool(name)))),
    group(unit.element, size.element),
    group(button('undo', 'Ctrl+Z', on.undo), button('redo', 'Ctrl+Y', on.redo)),
    chosen.element,
    group(button('new', 'N', on.newZone), zoneMenu(words, on, button)),
    group(...FINDS.map(([name, key]) => button(name, key, () => on.find(name), counted(name)))),
    element('span', { class: 'gbp-gap' }),
    group(button('changed', '', on.changed), button('fit', '0', on.fit), button('keys', '?', on.keys), button('panel', '', on.panel)),
  );
  return { update: (state) => update({ buttons, chosen, size, unit }, state), buttons, editName: chosen.editName };
}

function counted(name) {
  return element('span', { class: 'gbp-counted' }, icon(name), element('b', { text: '0' }));
}

function update({ buttons, chosen, size, unit }, state) {
  for (const [name] of TOOLS) {
    press(buttons[name], state.tool === name);
    buttons[name].disabled = !state.editable && !READING.has(name);
  }
  buttons.undo.disabled = !state.editable || !state.can.undo;
  buttons.redo.disabled = !state.editable || !state.can.redo;
  buttons.new.disabled = !state.editable;
  buttons.more.disabled = !state.editable || !state.zone;
  for (const [name] of FINDS) {
    buttons[name].querySelector('b').textContent = String(state.counts[name]);
    buttons[name].classList.toggle('gbp-some', state.counts[name] > 0);
    buttons[name].disabled = !state.counts[name];
  }
  press(buttons.changed, state.showChanged);
  press(buttons.panel, state.panel);
  press(buttons.keys, state.keys);
  chosen.update(state);
  size.update(state);
  unit.update(state);
}

function press(button, on) {
  button.setAttribute('aria-pressed', String(Boolean(on)));
}

function units(words, on) {
  const buttons = UNITS.map((name) => element('button', {
    type: 'button', class: 'gbp-text', title: `${words[`unit_${name}_help`]} (U)`, text: words[`unit_${name}`], onclick: () => on.unit(name),
  }));
  const node = element('div', { class: 'gbp-choice', role: 'group', 'aria-label': words.unit }, ...buttons);
  return { element: node, update: ({ unit, editable }) => buttons.forEach((b, i) => { press(b, UNITS[i] === unit); b.disabled = !editable; }) };
}

function sizes(words, on) {
  const buttons = SIZES.map((size) => {
    const dot = element('i');
    dot.style.cssText = `width:${2 + size * 3}px;height:${2 + size * 3}px`;
    const title = words.size.replace('{number}', size);
    return element('button', { type: 'button', class: 'gbp-dot', title: `${title} ([ ])`, 'aria-label': title, onclick: () => on.size(size) }, dot);
  });
  const node = element('div', { class: 'gbp-choice', role: 'group', 'aria-label': words.sizes }, ...buttons);
  return {
    element: node,
    update: ({ size, editable, tool }) => buttons.forEach((b, i) => {
      press(b, SIZES[i] === size);
      b.disabled = !editable || !['brush', 'erase'].includes(tool);
    }),
  };
}

function zoneChooser(words, on) {
  const swatch = element('i', { class: 'gbp-swatch' });
  const select = element('select', { title: words.chosen, 'aria-label': words.chosen, onchange: () => on.choose(select.value) });
  const name = element('input', { type: 'text', maxLength: 40, hidden: true, 'aria-label': words.tool_rename });
  const node = element('label', { class: 'gbp-chosen', title: words.chosen }, swatch, select, name);
  let listed = '';
  const finish = (keep) => {
    if (name.hidden) return;
    name.hidden = true;
    select.hidden = false;
    if (keep && name.value.trim()) on.rename(name.value.trim());
  };
  name.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === 'Enter' || event.key === 'Escape') finish(event.key === 'Enter');
  };
  name.onblur = () => finish(true);
  return {
    element: node,
    editName(text) {
      select.hidden = true;
      name.hidden = false;
      name.value = text;
      name.focus();
      name.select();
    },
    update({ zone, colour, stations, tool }) {
      const key = JSON.stringify(stations);
      if (key !== listed) {
        listed = key;
        select.replaceChildren(element('option', { value: '', text: words.choose_zone }), ...stations.map((s) => stationGroup(s)));
      }
      select.value = zone || '';
      swatch.style.background = tool === 'erase' ? '' : colour || '';
      swatch.classList.toggle('gbp-none', tool === 'erase' || !colour);
    },
  };
}

function stationGroup({ name, zones }) {
  return element('optgroup', { label: name }, ...zones.map(([id, text]) => element('option', { value: id, text })));
}

function zoneMenu(words, on, button) {
  const entry = (name, act) => element('button', { type: 'button', role: 'menuitem', text: words[`tool_${name}`], title: words[`${name}_help`], onclick: () => { menu.hidden = true; act(); } });
  const menu = element('div', { class: 'gbp-menu', role: 'menu', hidden: true }, entry('rename', on.editName), entry('dissolve', on.dissolve), entry('lock_zone', on.lockZone));
  const holder = element('div', { class: 'gbp-holder' }, button('more', '', () => { menu.hidden = !menu.hidden; }), menu);
  holder.firstChild.setAttribute('aria-haspopup', 'menu');
  holder.addEventListener('focusout', (event) => { if (!holder.contains(event.relatedTarget)) menu.hidden = true; });
  holder.addEventListener('keydown', (event) => { if (event.key === 'Escape') { menu.hidden = true; event.stopPropagation(); } });
  return holder;
}
