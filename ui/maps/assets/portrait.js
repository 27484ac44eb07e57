/* 平安画像: all that is told of one village, beside the map. */
(function () {
  'use strict';
  const GridBeat = window.GridBeat = window.GridBeat || {};

  /** Return the portrait of a village as a node; `go` shows another village, `close` closes it. */
  GridBeat.portrait = function (state, index, go, close) {
    const {spec, layer} = state, words = spec.words, told = spec.villages[index], chapter = spec.chapters[state.chapter];
    const box = node('section', {class: 'gb-panel gb-portrait', 'aria-label': naming(layer, index)});
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    const head = box.appendChild(node('header', {}));
    head.append(node('strong', {}, naming(layer, index)), node('small', {}, layer.code ? layer.code[index] : ''));
    const shut = node('button', {type: 'button', 'aria-label': words.close, title: words.close}, '×');
    shut.addEventListener('click', close);
    head.append(shut);
    box.append(node('p', {class: 'gb-about'}, told.about.join(' · ')));
    if (state.chapter === spec.opened && told.badges.length) box.append(badges(told.badges));
    box.append(verdict(spec, chapter, index));
    const pillars = chapter.pillars.map((values) => values[index]);
    if (pillars.some((value) => value !== null)) {
      box.append(heading(words.radar), GridBeat.radar(words.radar, spec.pillars, pillars, state.typical[state.chapter]));
    }
    box.append(...trend(spec, state, index));
    box.append(...lines(spec, state, told));
    box.append(...list(words.backlog, told.backlog), ...list(words.measures, told.measures, words.no_measures));
    box.append(...list(words.people, told.people), ...list(words.patrols, told.patrols ? [told.patrols] : []));
    box.append(...neighbours(state, told, go));
    if (spec.mark) box.append(node('p', {class: 'gb-mark'}, spec.mark));
    return box;
  };

  function badges(names) {
    const box = node('div', {class: 'gb-badges'});
    for (const name of names) box.append(node('span', {}, `✓ ${name}`));
    return box;
  }

  function verdict(spec, chapter, i) {
    const words = spec.words, grade = spec.grades[chapter.grade[i]], isGrey = chapter.grade[i] === spec.grades.length - 1;
    const box = node('div', {class: 'gb-verdict'});
    const badge = box.appendChild(node('b', {}, grade.name));
    badge.style.setProperty('--grade', grade.colour);
    const lines = isGrey ? [words.grey] : [
      fill(words.chance, {chance: chapter.chance[i] ?? '–'}) + (chapter.sure[i] ? '' : ` · ${words.unsure}`),
      fill(words.score, {score: chapter.score[i] ?? '–'}) + (chapter.score_low[i] === null ? '' : ` ${fill(words.interval, {low: chapter.score_low[i], high: chapter.score_high[i]})}`),
    ];
    if (chapter.place[i]) lines.push(fill(words.place, {low: chapter.place[i][0], high: chapter.place[i][1], of: chapter.place[i][2]}));
    if (chapter.points[i] !== null) lines.push(fill(words.points, {points: chapter.points[i]}));
    if (chapter.vetoed[i]) lines.push(words.vetoed);
    const told = box.appendChild(node('div', {}));
    for (const line of lines) told.append(node('span', {}, line));
    return box;
  }

  function trend(spec, state, i) {
    const points = spec.chapters.map((chapter) => ({name: chapter.name, value: chapter.score[i], low: chapter.score_low[i], high: chapter.score_high[i]}));
    if (points.filter((point) => point.value !== null).length < 2) return [];
    return [heading(spec.words.trend), GridBeat.trend(spec.words.trend, points, state.chapter)];
  }

  /** The lines of the calculation are told of the period that was opened. */
  function lines(spec, state, told) {
    const words = spec.words;
    if (state.chapter !== spec.opened) return [heading(words.lines), node('p', {class: 'gb-quiet'}, fill(words.lines_of, {period: spec.chapters[spec.opened].name}))];
    if (!told.lines.length) return [heading(words.lines), node('p', {class: 'gb-quiet'}, words.no_lines)];
    const table = node('table', {class: 'gb-lines'});
    for (const [text, effect] of told.lines) {
      const row = table.insertRow();
      row.insertCell().textContent = text;
      row.insertCell().textContent = effect;
    }
    return [heading(words.lines), table];
  }

  function list(title, items, nothing) {
    if (!items.length) return nothing ? [heading(title), node('p', {class: 'gb-quiet'}, nothing)] : [];
    const box = node('ul', {});
    for (const item of items) box.append(node('li', {}, item));
    return [heading(title), box];
  }

  function neighbours(state, told, go) {
    if (!told.near.length) return [];
    const {spec, layer} = state, box = node('div', {class: 'gb-near'});
    for (const other of told.near) {
      const button = node('button', {type: 'button'}, naming(layer, other));
      button.style.setProperty('--grade', spec.grades[spec.chapters[state.chapter].grade[other]].colour);
      button.title = spec.grades[spec.chapters[state.chapter].grade[other]].name;
      button.addEventListener('click', () => go(other));
      box.append(button);
    }
    return [heading(spec.words.neighbours), box];
  }

  const naming = (layer, i) => (layer.name && layer.name[i]) || layer.code[i];
  const heading = (text) => node('h3', {}, text);
  const fill = (text, facts) => text.replace(/\[(\w+)\]/g, (_, name) => facts[name]);

  function node(tag, attributes, text) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }
})();
