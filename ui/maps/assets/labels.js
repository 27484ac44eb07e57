/* Names on the map: those in view, the weightier first, none over another. */
(function () {
  'use strict';
  const GridBeat = window.GridBeat = window.GridBeat || {};
  const AT_MOST = 160;

  /** Keep the names of the map's labelled layers drawn. */
  GridBeat.labels = function (map) {
    const pane = map.getPane('gb-labels');
    const draw = () => place(map, pane);
    map.on('moveend gridbeat:refreshed resize', draw);
    map.on('zoomstart', () => { pane.style.visibility = 'hidden'; });
    draw();
  };

  function place(map, pane) {
    const taken = [];
    pane.replaceChildren();
    pane.style.visibility = '';
    const view = map.getBounds();
    for (const layer of map.gridbeat.layers) {
      if (!layer.label || !layer.on || !layer.name || map.getZoom() < layer.label.zoom) continue;
      for (let i = 0; i < layer.name.length && taken.length < AT_MOST; i++) {
        const at = GridBeat.anchor(layer, i);
        if (layer.name[i] && view.contains(at)) put(map, pane, layer, i, at, taken);
      }
    }
  }

  function put(map, pane, layer, index, at, taken) {
    const text = layer.name[index];
    const point = map.latLngToLayerPoint(at);
    const below = layer.shape === 'point' ? 13 : 0;
    const half = [...text].reduce((sum, c) => sum + (c.charCodeAt(0) > 255 ? 13 : 7), 6) / 2;
    const box = [point.x - half, point.y + below - 9, point.x + half, point.y + below + 9];
    if (taken.some((b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3])) return;
    taken.push(box);
    const label = pane.appendChild(document.createElement('span'));
    label.className = `gb-label gb-label-${layer.label.css}`;
    label.textContent = text;
    label.style.left = `${point.x}px`;
    label.style.top = `${point.y + below}px`;
  }
})();
