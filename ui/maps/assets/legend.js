/* The legend, which is the layer switch too: what is drawn, how, and whether. */
(function () {
  'use strict';
  const GridBeat = window.GridBeat = window.GridBeat || {};

  /** Add the legend for the layers that are on the map by now. */
  GridBeat.legend = function (map, spec) {
    const Legend = L.Control.extend({
      options: {position: 'topright'},
      onAdd() { return panel(map, spec); },
    });
    new Legend().addTo(map);
  };

  function panel(map, spec) {
    const box = L.DomUtil.create('div', 'gb-panel gb-legend');
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    const button = box.appendChild(document.createElement('button'));
    const fold = (folded) => {
      box.classList.toggle('gb-folded', folded);
      button.setAttribute('aria-expanded', String(!folded));
    };
    button.type = 'button';
    button.textContent = spec.title;
    button.addEventListener('click', () => fold(!box.classList.contains('gb-folded')));
    const body = box.appendChild(document.createElement('div'));
    const entries = map.gridbeat.layers.filter((layer) => !layer.hidden).reverse().map((layer) => entry(map, body, layer));
    for (const text of spec.notes || []) body.appendChild(document.createElement('p')).textContent = text;
    const update = () => entries.forEach((refresh) => refresh());
    map.on('gridbeat:refreshed', update);
    update();
    fold(spec.folded || map.getSize().x < 520);
    return box;
  }

  function entry(map, body, layer) {
    const label = body.appendChild(document.createElement('label'));
    const input = label.appendChild(document.createElement('input'));
    input.type = layer.exclusive ? 'radio' : 'checkbox';
    if (layer.exclusive) input.name = layer.exclusive;
    input.addEventListener('change', () => GridBeat.choose(map, layer, input.checked));
    const many = layer.styles.filter((style) => style.title).length > 0;
    if (!many) label.appendChild(swatch(layer.styles[0], layer.shape));
    label.appendChild(document.createElement('span')).textContent = layer.title;
    const lines = many ? layer.styles.map((style, i) => styleLine(body, layer, style, i)) : [];
    return () => {
      const near = GridBeat.near(map, layer);
      input.checked = layer.on;
      label.classList.toggle('gb-far', !near);
      label.title = near ? '' : map.gridbeat.words.zoomCloser;
      for (const line of lines) line.hidden = !layer.on || !near;
      for (const line of lines) line.style.display = line.hidden ? 'none' : '';
    };
  }

  function styleLine(body, layer, style, index) {
    const line = body.appendChild(document.createElement('div'));
    const count = layer.styleOf ? layer.styleOf.filter((i) => i === index).length : layer.count;
    line.className = 'gb-style';
    line.appendChild(swatch(style, layer.shape));
    line.appendChild(document.createElement('span')).textContent = `${style.title} ${count.toLocaleString('en-US')}`;
    return line;
  }

  function swatch(style, shape) {
    const canvas = document.createElement('canvas');
    canvas.className = 'gb-swatch';
    canvas.width = 36;
    canvas.height = 24;
    const pen = canvas.getContext('2d');
    pen.scale(2, 2);
    pen.lineWidth = Math.min(style.weight, 3);
    pen.strokeStyle = style.line || 'transparent';
    if (style.dash) pen.setLineDash(String(style.dash).split(/[ ,]+/).map(Number));
    if (shape === 'line') {
      pen.beginPath(); pen.moveTo(1, 6); pen.lineTo(17, 6); pen.stroke();
      return canvas;
    }
    pen.globalAlpha = style.pattern ? 1 : style.opacity;
    pen.fillStyle = !style.fill ? 'transparent'
      : style.pattern ? pen.createPattern(GridBeat.tile(style.pattern, style.fill), 'repeat') : style.fill;
    if (shape === 'point') GridBeat.drawMark(pen, style.mark, 9, 6, Math.min(style.size, 4.5));
    else { pen.beginPath(); pen.rect(1, 1, 16, 10); }
    if (style.fill) pen.fill();
    pen.globalAlpha = 1;
    if (style.line) pen.stroke();
    return canvas;
  }
})();
