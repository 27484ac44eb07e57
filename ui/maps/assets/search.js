/* Search by name or code over the layers of the map; works by keyboard alone. */
(function () {
  'use strict';
  const GridBeat = window.GridBeat = window.GridBeat || {};
  const AT_MOST = 12;

  /** Add the search for the layers that are on the map by now. */
  GridBeat.search = function (map, spec) {
    const Search = L.Control.extend({
      options: {position: 'topleft'},
      onAdd() { return panel(map, spec); },
    });
    new Search().addTo(map);
    // The search comes first, the zoom buttons below it.
    const corner = map.getContainer().querySelector('.leaflet-top.leaflet-left');
    corner.prepend(corner.lastElementChild);
  };

  function panel(map, spec) {
    const box = L.DomUtil.create('div', 'gb-panel gb-search');
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    const input = box.appendChild(document.createElement('input'));
    const list = box.appendChild(document.createElement('ul'));
    list.id = 'gb-found';
    list.setAttribute('role', 'listbox');
    for (const [name, value] of Object.entries({
      type: 'text', placeholder: spec.placeholder, 'aria-label': spec.placeholder, autocomplete: 'off', role: 'combobox',
      'aria-controls': list.id, 'aria-expanded': 'false', 'aria-autocomplete': 'list', spellcheck: 'false',
    })) input.setAttribute(name, value);
    // Beside the list, not in it: a listbox holds nothing but what can be chosen.
    const status = box.appendChild(text('p', ''));
    status.className = 'gb-none';
    status.setAttribute('role', 'status');
    const state = {map, spec, input, list, status, found: [], chosen: -1, index: index(map)};
    input.addEventListener('input', () => look(state));
    input.addEventListener('focus', () => look(state));
    input.addEventListener('keydown', (event) => press(state, event));
    document.addEventListener('click', (event) => { if (!box.contains(event.target)) close(state); });
    return box;
  }

  function index(map) {
    const entries = [];
    for (const layer of map.gridbeat.layers.filter((each) => each.search)) {
      for (let i = 0; i < layer.count; i++) {
        const name = (layer.name && layer.name[i]) || '', code = (layer.code && layer.code[i]) || '';
        entries.push({layer, i, name: name || code, code, plainName: plain(name), plainCode: plain(code)});
      }
    }
    return entries;
  }

  const plain = (text) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, '');

  function score(entry, wanted) {
    if (entry.plainCode === wanted || entry.plainName === wanted) return 0;
    if (entry.plainName.startsWith(wanted) || entry.plainCode.startsWith(wanted)) return 1;
    return entry.plainName.includes(wanted) || entry.plainCode.includes(wanted) ? 2 : 3;
  }

  function look(state) {
    const wanted = plain(state.input.value);
    if (!wanted) { close(state); return; }
    const scored = [];
    for (const entry of state.index) {
      const points = score(entry, wanted);
      if (points < 3) scored.push([points, entry]);
    }
    scored.sort((a, b) => a[0] - b[0]);
    state.found = scored.slice(0, AT_MOST).map((pair) => pair[1]);
    draw(state, 0);
  }

  function draw(state, chosen) {
    state.chosen = state.found.length ? chosen : -1;
    const items = state.found.map((entry, i) => item(state, entry, i));
    state.list.replaceChildren(...items);
    state.status.textContent = items.length ? '' : state.spec.nothing;
    state.input.setAttribute('aria-expanded', String(items.length > 0));
    if (state.chosen < 0) { state.input.removeAttribute('aria-activedescendant'); return; }
    state.input.setAttribute('aria-activedescendant', `gb-found-${state.chosen}`);
    items[state.chosen].scrollIntoView({block: 'nearest'});
  }

  function item(state, entry, i) {
    const line = document.createElement('li');
    line.id = `gb-found-${i}`;
    line.setAttribute('role', 'option');
    line.setAttribute('aria-selected', String(i === state.chosen));
    line.append(text('span', entry.name), text('small', [entry.layer.title, entry.code !== entry.name && entry.code].filter(Boolean).join(' ')));
    line.addEventListener('click', () => go(state, i));
    return line;
  }

  function press(state, event) {
    const last = state.found.length - 1;
    if (event.key === 'ArrowDown' && last >= 0) draw(state, Math.min(state.chosen + 1, last));
    else if (event.key === 'ArrowUp' && last >= 0) draw(state, Math.max(state.chosen - 1, 0));
    else if (event.key === 'Enter' && state.chosen >= 0) go(state, state.chosen);
    else if (event.key === 'Escape') close(state);
    else return;
    event.preventDefault();
  }

  function go(state, i) {
    const entry = state.found[i];
    close(state);
    state.input.value = entry.name;
    GridBeat.show(state.map, entry.layer, entry.i);
  }

  function close(state) {
    state.found = [];
    state.chosen = -1;
    state.list.replaceChildren();
    state.status.textContent = '';
    state.input.setAttribute('aria-expanded', 'false');
  }

  function text(tag, content) {
    const element = document.createElement(tag);
    element.textContent = content;
    return element;
  }
})();
