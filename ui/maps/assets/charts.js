/* Small charts of a village: its pillars as a radar, its score over the periods as a line with its interval. */
(function () {
  'use strict';
  const GridBeat = window.GridBeat = window.GridBeat || {};
  const SVG = 'http://www.w3.org/2000/svg';

  /** A radar: names and values (0–100, null where unknown), and a typical value of each behind it. */
  GridBeat.radar = function (label, names, values, typical) {
    const width = 300, height = 190, cx = 150, cy = 96, reach = 66;
    const chart = svg('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label, class: 'gb-radar'});
    const at = (i, share) => {
      const angle = -Math.PI / 2 + (i * 2 * Math.PI) / names.length;
      return [cx + reach * share * Math.cos(angle), cy + reach * share * Math.sin(angle)];
    };
    const ring = (shares) => shares.map((share, i) => at(i, share).map((n) => n.toFixed(1)).join(',')).join(' ');
    for (const share of [0.25, 0.5, 0.75, 1]) chart.append(svg('polygon', {points: ring(names.map(() => share)), class: 'gb-ring'}));
    names.forEach((_, i) => { const [x, y] = at(i, 1); chart.append(svg('line', {x1: cx, y1: cy, x2: x, y2: y, class: 'gb-ring'})); });
    const shares = (list) => list.map((value) => (value === null ? 0 : Math.max(value, 0) / 100));
    chart.append(svg('polygon', {points: ring(shares(typical)), class: 'gb-typical'}));
    chart.append(svg('polygon', {points: ring(shares(values)), class: 'gb-own'}));
    names.forEach((name, i) => {
      const [x, y] = at(i, 1.14), beside = Math.abs(x - cx) < 8 ? 'middle' : x > cx ? 'start' : 'end';
      const text = svg('text', {x, y: y + (y < cy - 40 ? -1 : y > cy + 40 ? 9 : 4), 'text-anchor': beside});
      text.append(part(name), part(` ${values[i] === null ? '–' : Math.round(values[i])}`, 'gb-value'));
      chart.append(text);
    });
    return chart;
  };

  /** A line through the scores of the periods, with the interval of each; `now` is the one that is shown. */
  GridBeat.trend = function (label, points, now) {
    const width = 300, height = 92, left = 24, right = 8, top = 8, bottom = 18;
    const chart = svg('svg', {viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label, class: 'gb-trend'});
    const known = points.filter((point) => point.value !== null);
    const low = Math.min(...known.map((point) => point.low ?? point.value)), high = Math.max(...known.map((point) => point.high ?? point.value));
    const floor = Math.floor((low - 2) / 10) * 10, roof = Math.ceil((high + 2) / 10) * 10;
    const x = (i) => left + ((width - left - right) * (points.length === 1 ? 0.5 : i / (points.length - 1)));
    const y = (value) => top + (height - top - bottom) * (1 - (value - floor) / Math.max(roof - floor, 1));
    for (const value of [floor, (floor + roof) / 2, roof]) {
      chart.append(svg('line', {x1: left, x2: width - right, y1: y(value), y2: y(value), class: 'gb-ring'}));
      const tick = svg('text', {x: left - 4, y: y(value) + 3.5, 'text-anchor': 'end'});
      tick.append(part(String(Math.round(value))));
      chart.append(tick);
    }
    points.forEach((point, i) => {
      if (point.value === null) return;
      if (point.low !== null) chart.append(svg('line', {x1: x(i), x2: x(i), y1: y(point.low), y2: y(point.high), class: 'gb-interval'}));
    });
    const line = points.map((point, i) => (point.value === null ? null : `${x(i).toFixed(1)},${y(point.value).toFixed(1)}`)).filter(Boolean);
    chart.append(svg('polyline', {points: line.join(' '), class: 'gb-line'}));
    points.forEach((point, i) => {
      if (point.value === null) return;
      const dot = svg('circle', {cx: x(i), cy: y(point.value), r: i === now ? 4 : 2.6, class: i === now ? 'gb-now' : 'gb-dot'});
      dot.append(svg('title', {}, `${point.name} ${point.value}`));
      chart.append(dot);
    });
    for (const i of new Set([0, points.length - 1])) {
      const name = svg('text', {x: x(i), y: height - 4, 'text-anchor': points.length === 1 ? 'middle' : i ? 'end' : 'start'});
      name.append(part(points[i].name));
      chart.append(name);
    }
    return chart;
  };

  function svg(tag, attributes, text) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text) node.textContent = text;
    return node;
  }

  function part(text, css) {
    const span = document.createElementNS(SVG, 'tspan');
    span.textContent = text;
    if (css) span.setAttribute('class', css);
    return span;
  }
})();
