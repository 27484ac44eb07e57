/* The bar above the map: tools as real buttons with their keys, the chosen zone, finds, undo. */
import { icon } from './icons.js';

export const TOOLS = [
  ['move', 'h'], ['brush', 'b'], ['rectangle', 'r'], ['fill', 'f'], ['pick', 'p'], ['erase', 'e'], ['lock', 'l'],
];
export const UNITS = ['auto', 'village', 'grid'];
export const SIZES = [1, 2, 3, 4];
export const FINDS = [['loose', '1'], ['broken', '2'], ['split', '3']];
const READING = new Set(['move', 'pick']);

/** Make an element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Build the bar; `on` holds what its buttons do. */
export function toolbar(host, { words, on }) {
  const buttons = {};
  const button = (name, key, act, content = icon(name)) => {
    const title = key ? `${words[`tool_${name}`]} (${key})` : words[`tool_${name}`];
    buttons[name] = make('button', { type: 'button', title, onclick: act, 'aria-label': title }, content);
    return buttons[name];
  };
  const group = (...children) => make('div', { className: 'gbp-group', role: 'group' }, ...children);
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
    make('span', { className: 'gbp-gap' }),
    group(button('changed', '', on.changed), button('fit', '0', on.fit), button('keys', '?', on.keys), button('panel', '', on.panel)),
  );
  return { update: (state) => update({ buttons, chosen, size, unit }, state), buttons, editName: chosen.editName };
}

function counted(name) {
  return make('span', { className: 'gbp-counted' }, icon(name), make('b', { textContent: '0' }));
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
  const buttons = UNITS.map((name) => make('button', {
    type: 'button', className: 'gbp-text', title: `${words[`unit_${name}_help`]} (U)`, textContent: words[`unit_${name}`], onclick: () => on.unit(name),
  }));
  const element = make('div', { className: 'gbp-choice', role: 'group', 'aria-label': words.unit }, ...buttons);
  return { element, update: ({ unit, editable }) => buttons.forEach((b, i) => { press(b, UNITS[i] === unit); b.disabled = !editable; }) };
}

function sizes(words, on) {
  const buttons = SIZES.map((size) => {
    const dot = make('i');
    dot.style.cssText = `width:${2 + size * 3}px;height:${2 + size * 3}px`;
    const title = words.size.replace('{number}', size);
    return make('button', { type: 'button', className: 'gbp-dot', title: `${title} ([ ])`, 'aria-label': title, onclick: () => on.size(size) }, dot);
  });
  const element = make('div', { className: 'gbp-choice', role: 'group', 'aria-label': words.sizes }, ...buttons);
  return {
    element,
    update: ({ size, editable, tool }) => buttons.forEach((b, i) => {
      press(b, SIZES[i] === size);
      b.disabled = !editable || !['brush', 'erase'].includes(tool);
    }),
  };
}

function zoneChooser(words, on) {
  const swatch = make('i', { className: 'gbp-swatch' });
  const select = make('select', { title: words.chosen, 'aria-label': words.chosen, onchange: () => on.choose(select.value) });
  const name = make('input', { type: 'text', maxLength: 40, hidden: true, 'aria-label': words.tool_rename });
  const element = make('label', { className: 'gbp-chosen', title: words.chosen }, swatch, select, name);
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
    element,
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
        select.replaceChildren(make('option', { value: '', textContent: words.choose_zone }), ...stations.map((s) => stationGroup(s)));
      }
      select.value = zone || '';
      swatch.style.background = tool === 'erase' ? '' : colour || '';
      swatch.classList.toggle('gbp-none', tool === 'erase' || !colour);
    },
  };
}

function stationGroup({ name, zones }) {
  return make('optgroup', { label: name }, ...zones.map(([id, text]) => make('option', { value: id, textContent: text })));
}

function zoneMenu(words, on, button) {
  const entry = (name, act) => make('button', { type: 'button', role: 'menuitem', textContent: words[`tool_${name}`], title: words[`${name}_help`], onclick: () => { menu.hidden = true; act(); } });
  const menu = make('div', { className: 'gbp-menu', role: 'menu', hidden: true }, entry('rename', on.editName), entry('dissolve', on.dissolve), entry('lock_zone', on.lockZone));
  const holder = make('div', { className: 'gbp-holder' }, button('more', '', () => { menu.hidden = !menu.hidden; }), menu);
  holder.firstChild.setAttribute('aria-haspopup', 'menu');
  holder.addEventListener('focusout', (event) => { if (!holder.contains(event.relatedTarget)) menu.hidden = true; });
  holder.addEventListener('keydown', (event) => { if (event.key === 'Escape') { menu.hidden = true; event.stopPropagation(); } });
  return holder;
}
