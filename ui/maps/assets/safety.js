/* 平安地图: villages coloured by grade or by one pillar, period by period; hatched where it is not sure. */
(function () {
  'use strict';
  const GridBeat = window.GridBeat = window.GridBeat || {};
  const HATCHED = 0.82;

  /** Make the layer `safety` the safety map; what it is given is described in safety.py. */
  GridBeat.safety = function (map, spec) {
    const layer = map.gridbeat.layers.find((each) => each.key === 'safety') || {features: [], name: [], code: []};
    const state = {map, spec, layer, chapter: spec.opened, pillar: null, village: null, tiles: new Map()};
    state.typical = spec.chapters.map((chapter) => chapter.pillars.map(middle));
    if (layer.group) {
      layer.group.unbindPopup().unbindTooltip();
      layer.group.bindTooltip((feature) => tip(state, feature.gridbeat.index), {sticky: true, opacity: 0.97});
      layer.group.on('click', (event) => { L.DomEvent.stopPropagation(event); choose(state, event.layer.gridbeat.index); });
    }
    map.on('click', () => choose(state, null));
    document.addEventListener('keydown', (event) => { if (event.key === 'Escape') choose(state, null); });
    state.bar = bar(state);
    paint(state);
    GridBeat.keepFree(map, state.bar.height());
    map.gridbeat.safety = state;
  };

  function paint(state) {
    const {spec, layer} = state, chapter = spec.chapters[state.chapter], counts = spec.grades.map(() => 0);
    layer.features.forEach((feature, i) => {
      const grade = gradeOf(state, chapter, i), colour = spec.grades[grade].colour;
      const isSure = state.pillar !== null || chapter.sure[i] || grade === spec.grades.length - 1;
      counts[grade] += 1;
      feature.setStyle({fillColor: isSure ? colour : hatch(state, colour), fillOpacity: isSure ? HATCHED : 1});
    });
    state.bar.update(counts);
    draw(state);
  }

  function gradeOf(state, chapter, i) {
    if (state.pillar === null) return chapter.grade[i];
    const {spec} = state, value = chapter.pillars[state.pillar][i];
    if (value === null) return spec.grades.length - 1;
    const place = spec.cuts.findIndex((cut) => value >= cut);
    return place < 0 ? spec.cuts.length : place;
  }

  function hatch(state, colour) {
    if (!state.tiles.has(colour)) {
      const pen = document.createElement('canvas').getContext('2d');
      state.tiles.set(colour, pen.createPattern(GridBeat.tile('hatch', colour), 'repeat'));
    }
    return state.tiles.get(colour);
  }

  function tip(state, i) {
    const {spec, layer} = state, chapter = spec.chapters[state.chapter], grade = gradeOf(state, chapter, i);
    const box = document.createElement('div');
    box.className = 'gb-tip';
    const value = state.pillar === null ? chapter.score[i] : chapter.pillars[state.pillar][i];
    const said = state.pillar === null && chapter.chance[i] ? ` ${chapter.chance[i]}` : '';
    box.append(element('b', layer.name[i] || layer.code[i]), element('span', `${spec.grades[grade].name}${said}`), element('span', value === null ? '' : String(value)));
    return box;
  }

  function choose(state, village) {
    state.village = village;
    if (state.marked) { state.marked.remove(); state.marked = null; }
    if (village !== null) {
      const style = {pane: 'gb-marked', renderer: state.map.gridbeat.renderers['gb-marked'], interactive: false, fill: false, color: '#0b2545', weight: 3};
      state.marked = L.polygon(state.layer.features[village].getLatLngs(), style).addTo(state.map);
    }
    draw(state);
  }

  function draw(state) {
    if (state.panel) { state.panel.remove(); state.panel = null; }
    if (state.village === null) return;
    const go = (other) => GridBeat.show(state.map, state.layer, other);
    state.panel = GridBeat.portrait(state, state.village, go, () => choose(state, null));
    state.map.getContainer().append(state.panel);
  }

  /** What is shown: which pillar, which period, how many villages of which grade. */
  function bar(state) {
    const {spec, map} = state, words = spec.words, box = element('div');
    box.className = 'gb-panel gb-safety';
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    const pillars = group(words.pillar, [words.whole, ...spec.pillars], (place) => { state.pillar = place ? place - 1 : null; paint(state); });
    spec.pillars.forEach((_, i) => { if (spec.chapters.every((chapter) => chapter.pillars[i].every((value) => value === null))) pillars.buttons[i + 1].disabled = true; });
    const period = slider(state, (place) => { state.chapter = place; paint(state); });
    const chips = element('div');
    chips.className = 'gb-chips';
    box.append(pillars.node, period.node, chips);
    map.getContainer().append(box);
    const update = (counts) => {
      pillars.choose(state.pillar === null ? 0 : state.pillar + 1);
      period.update();
      chips.replaceChildren(...spec.grades.map((grade, i) => (counts[i] || i < spec.grades.length - 1 ? chip(grade, counts[i]) : null)).filter(Boolean));
      if (state.pillar === null) chips.append(unsure(spec, words));
    };
    return {update, height: () => box.offsetHeight + 10};
  }

  function group(label, names, chosen) {
    const node = element('div');
    node.className = 'gb-pillars';
    node.setAttribute('role', 'group');
    node.setAttribute('aria-label', label);
    const buttons = names.map((name, i) => {
      const button = node.appendChild(element('button', name));
      button.type = 'button';
      button.addEventListener('click', () => chosen(i));
      return button;
    });
    return {node, buttons, choose: (place) => buttons.forEach((button, i) => button.setAttribute('aria-pressed', String(i === place)))};
  }

  function slider(state, moved) {
    const {spec} = state, last = spec.chapters.length - 1, node = element('div'), text = element('output');
    node.className = 'gb-period';
    const range = document.createElement('input');
    Object.assign(range, {type: 'range', min: 0, max: last, step: 1, value: state.chapter, disabled: last === 0});
    range.setAttribute('aria-label', spec.words.period);
    range.addEventListener('input', () => moved(Number(range.value)));
    const step = (by, sign, label) => {
      const button = element('button', sign);
      button.type = 'button';
      button.title = label;
      button.setAttribute('aria-label', label);
      button.addEventListener('click', () => moved(Math.min(Math.max(state.chapter + by, 0), last)));
      return button;
    };
    const [back, on] = [step(-1, '‹', spec.words.earlier), step(1, '›', spec.words.later)];
    node.append(element('span', spec.words.period), back, range, on, text);
    const update = () => {
      const chapter = spec.chapters[state.chapter];
      range.value = state.chapter;
      [back.disabled, on.disabled] = [state.chapter === 0, state.chapter === last];
      text.textContent = `${chapter.name} ${chapter.status}`;
      range.setAttribute('aria-valuetext', text.textContent);
    };
    return {node, update};
  }

  function chip(grade, count) {
    const node = element('span');
    node.style.setProperty('--grade', grade.colour);
    node.append(element('i', grade.name), element('b', String(count)));
    return node;
  }

  function unsure(spec, words) {
    const node = element('span');
    node.append(element('i', words.unsure));
    node.className = 'gb-hatched';
    node.title = words.sure;
    return node;
  }

  function middle(values) {
    const known = values.filter((value) => value !== null).sort((a, b) => a - b);
    return known.length ? known[Math.floor(known.length / 2)] : null;
  }

  function element(tag, text) {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    return node;
  }
})();
