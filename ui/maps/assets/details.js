/* What a click opens: built from the layer's texts when asked for, never from HTML. */
(function () {
  'use strict';
  const GridBeat = window.GridBeat = window.GridBeat || {};

  /** The name of a feature as a node. */
  GridBeat.title = function (layer, index) {
    return node('span', naming(layer, index));
  };

  /** The details of a feature as a node. */
  GridBeat.details = function (map, feature) {
    const {layer, index} = feature.gridbeat;
    const box = node('div');
    box.className = 'gb-details';
    box.append(node('small', layer.title), node('strong', naming(layer, index)));
    const table = box.appendChild(node('table'));
    const code = layer.code && layer.code[index];
    if (code && code !== naming(layer, index)) row(table, map.gridbeat.words.code, code);
    for (const field of layer.fields || []) {
      const text = GridBeat.text(field, index);
      if (text) row(table, field[0], text);
    }
    return box;
  };

  function naming(layer, index) {
    return (layer.name && layer.name[index]) || (layer.code && layer.code[index]) || layer.title;
  }

  function row(table, label, text) {
    const line = table.insertRow();
    const head = line.appendChild(node('th', label));
    head.scope = 'row';
    line.appendChild(node('td', text));
  }

  function node(tag, text) {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    return element;
  }
})();
