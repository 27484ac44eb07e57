/* GridBeat's maps in the browser: layers from compact data, drawn on canvas, visible by zoom and by choice. */
(function () {
  'use strict';
  const GridBeat = window.GridBeat = window.GridBeat || {};
  const HIGHLIGHT = {pane: 'gb-marked', interactive: false, fill: false, color: '#0b2545', weight: 3};

  /** Prepare a map: panes, zoom, scale, credit line, and the state that the other functions share. */
  GridBeat.open = function (map, spec) {
    const renderers = {};
    // Canvases stacked over one another would keep the pointer from the ones below: only one of them listens.
    for (const [name, z] of [['gb-base', 350], ['gb-marked', 450], ['gb-labels', 460]]) {
      const pane = map.createPane(name);
      pane.style.zIndex = z;
      pane.style.pointerEvents = 'none';
      renderers[name] = L.canvas({pane: name, padding: 0.2});
    }
    map.gridbeat = {layers: [], words: spec.words, renderers, bounds: L.latLngBounds(spec.bounds)};
    L.control.zoom({zoomInTitle: spec.words.zoomIn, zoomOutTitle: spec.words.zoomOut}).addTo(map);
    L.control.scale({imperial: false, maxWidth: 120}).addTo(map);
    L.control.attribution({prefix: false}).addTo(map).addAttribution(escapeText(spec.credit));
    fit(map);
    document.documentElement.lang = spec.words.lang;
    map.on('zoomend', () => GridBeat.refresh(map));
    map.on('popupopen', (event) => nameCloseButton(event.popup, spec.words.close));
    map.on('popupclose', () => mark(map, 'chosen', null));
    // Until somebody moves the map it shows the whole, whatever size its frame takes (none, while hidden).
    let touched = false;
    for (const event of ['pointerdown', 'wheel', 'keydown']) {
      map.getContainer().addEventListener(event, () => { touched = true; }, {capture: true});
    }
    new ResizeObserver(() => {
      map.invalidateSize({pan: false});
      if (!touched && map.getSize().x > 50) fit(map);
    }).observe(map.getContainer());
  };

  /** Keep the bottom of the map free for what stands there, so many pixels high. */
  GridBeat.keepFree = function (map, height) {
    map.gridbeat.free = height;
    fit(map);
  };

  /** Add a layer; its data is described in layers.py. */
  GridBeat.layer = function (map, given) {
    const twin = given.shares && map.gridbeat.layers.find((other) => other.key === given.shares);
    const data = twin ? {...given, xy: twin.xy, shape: twin.shape} : given;
    const layer = {
      ...data,
      on: !data.off,
      count: data.xy.length,
      group: L.featureGroup(),
      exclusive: data.group || null,
      features: [],
    };
    const styles = data.styles.map((style) => leafletStyle(map, style, data));
    for (let i = 0; i < data.xy.length; i++) {
      const style = styles[data.styleOf ? data.styleOf[i] : 0];
      const feature = feature_(data, i, style);
      feature.gridbeat = {layer, index: i};
      layer.features.push(feature);
      layer.group.addLayer(feature);
    }
    if (!data.quiet) {
      layer.group.on('mouseover', (event) => mark(map, 'hovered', event.layer));
      layer.group.on('mouseout', () => mark(map, 'hovered', null));
      layer.group.bindTooltip((feature) => GridBeat.title(layer, feature.gridbeat.index), {sticky: true, opacity: 0.95});
    }
    // Layers that do not answer to the pointer are still opened by the search.
    layer.group.bindPopup((feature) => GridBeat.details(map, feature), {maxWidth: 340, autoPanPadding: [50, 30]});
    layer.group.on('popupopen', (event) => mark(map, 'chosen', event.popup._source));
    map.gridbeat.layers.push(layer);
    show(map, layer);
  };

  /** Draw what is switched on and near enough; keep the order in which layers were added. */
  GridBeat.refresh = function (map) {
    const changed = map.gridbeat.layers.map((layer) => show(map, layer)).some(Boolean);
    if (changed) {
      for (const layer of map.gridbeat.layers) {
        if ((!layer.quiet || layer.above) && map.hasLayer(layer.group)) layer.group.bringToFront();
      }
    }
    map.fire('gridbeat:refreshed');
  };

  /** Switch a layer on or off; layers of one exclusive group take turns. */
  GridBeat.choose = function (map, layer, on) {
    if (on && layer.exclusive) {
      for (const other of map.gridbeat.layers) if (other.exclusive === layer.exclusive) other.on = false;
    }
    layer.on = on;
    GridBeat.refresh(map);
  };

  /** Go to a feature, near enough to see it, and open its details. */
  GridBeat.show = function (map, layer, index) {
    const feature = layer.features[index];
    if (!layer.on) GridBeat.choose(map, layer, true);
    const bounds = feature.getBounds ? feature.getBounds() : L.latLngBounds([feature.getLatLng()]);
    const zoom = Math.max(Math.min(map.getBoundsZoom(bounds.pad(0.5)), 16), layer.zoom || 0);
    map.closePopup();
    map.setView(bounds.getCenter(), zoom, {animate: false});
    GridBeat.refresh(map);
    // As if it had been clicked: the group's one popup opens for the feature it comes from.
    feature.fire('click', {latlng: feature.getLatLng ? feature.getLatLng() : inside(layer, index, bounds)}, true);
  };

  /** Whether a layer is drawn at the map's zoom. */
  GridBeat.near = (map, layer) => map.getZoom() >= (layer.zoom || 0);

  /** A point inside a feature: where its name stands. */
  GridBeat.anchor = function (layer, index) {
    if (layer.at) return L.latLng(layer.at[index][1] / layer.scale, layer.at[index][0] / layer.scale);
    const feature = layer.features[index];
    return feature.getLatLng ? feature.getLatLng() : feature.getBounds().getCenter();
  };

  /** The text of a field, which may stand in a list of distinct texts. */
  GridBeat.text = (field, index) => (field[2] ? field[1][field[2][index]] : field[1][index]);

  /** A fill pattern as a small canvas. */
  GridBeat.tile = function (kind, colour) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const pen = tile.getContext('2d');
    pen.fillStyle = colour;
    pen.globalAlpha = 0.55;
    pen.fillRect(0, 0, 8, 8);
    pen.globalAlpha = 1;
    pen.strokeStyle = 'rgba(20, 30, 40, .75)';
    pen.lineWidth = 1.1;
    pen.beginPath();
    const slash = () => { pen.moveTo(-1, 9); pen.lineTo(9, -1); pen.moveTo(-1, 1); pen.lineTo(1, -1); pen.moveTo(7, 9); pen.lineTo(9, 7); };
    const back = () => { pen.moveTo(-1, -1); pen.lineTo(9, 9); pen.moveTo(7, -1); pen.lineTo(9, 1); pen.moveTo(-1, 7); pen.lineTo(1, 9); };
    if (kind === 'hatch' || kind === 'cross') slash();
    if (kind === 'back' || kind === 'cross') back();
    if (kind === 'lines') { pen.moveTo(0, 4); pen.lineTo(8, 4); }
    pen.stroke();
    if (kind === 'dots') {
      pen.fillStyle = 'rgba(20, 30, 40, .8)';
      pen.beginPath(); pen.arc(2, 2, 1.1, 0, 7); pen.arc(6, 6, 1.1, 0, 7); pen.fill();
    }
    return tile;
  };

  /** Draw a point mark on a canvas; shape counts, not only colour. */
  GridBeat.drawMark = function (pen, mark, x, y, r) {
    pen.beginPath();
    if (mark === 'square') pen.rect(x - r, y - r, 2 * r, 2 * r);
    else if (mark === 'diamond') corners(pen, x, y, r * 1.3, 4, -Math.PI / 2);
    else if (mark === 'triangle') corners(pen, x, y, r * 1.3, 3, -Math.PI / 2);
    else if (mark === 'star') star(pen, x, y, r * 1.5);
    else pen.arc(x, y, r, 0, 2 * Math.PI);
    pen.closePath();
  };

  const Mark = L.CircleMarker.extend({
    _updatePath() {
      const {_renderer: renderer, _point: p} = this;
      if (!renderer._drawing || this._empty()) return;
      renderer._layers[this._leaflet_id] = this;
      GridBeat.drawMark(renderer._ctx, this.options.mark, p.x, p.y, this._radius * markScale(this._map));
      renderer._fillStroke(renderer._ctx, this);
    },
  });

  /** Marks grow as one comes closer: hundreds of them must not hide a county. */
  function markScale(map) {
    return Math.min(Math.max((map.getZoom() - 6) / 6, 0.55), 1.4);
  }

  function feature_(data, index, style) {
    const xy = data.xy[index];
    if (data.shape === 'point') return new Mark([xy[1] / data.scale, xy[0] / data.scale], style);
    if (data.shape === 'line') return L.polyline(xy.map((path) => path_(path, data.scale)), style);
    return L.polygon(xy.map((part) => part.map((ring) => path_(ring, data.scale))), style);
  }

  function path_(numbers, scale) {
    const points = [];
    for (let i = 0, x = 0, y = 0; i < numbers.length; i += 2) {
      x += numbers[i];
      y += numbers[i + 1];
      points.push(L.latLng(y / scale, x / scale));
    }
    return points;
  }

  function leafletStyle(map, style, data) {
    const ground = data.quiet && !data.above;
    return {
      ...(ground ? {pane: 'gb-base', renderer: map.gridbeat.renderers['gb-base']} : {}),
      interactive: !data.quiet,
      stroke: Boolean(style.line),
      color: style.line || '#000',
      weight: style.weight,
      dashArray: style.dash || null,
      fill: Boolean(style.fill),
      fillColor: style.pattern ? pattern(style) : style.fill,
      fillOpacity: style.pattern ? 1 : style.opacity,
      radius: style.size,
      mark: style.mark,
      smoothFactor: 1,
    };
  }

  function pattern(style) {
    return document.createElement('canvas').getContext('2d').createPattern(GridBeat.tile(style.pattern, style.fill), 'repeat');
  }

  function show(map, layer) {
    const wanted = layer.on && GridBeat.near(map, layer);
    if (wanted === map.hasLayer(layer.group)) return false;
    if (wanted) layer.group.addTo(map); else layer.group.remove();
    return wanted;
  }

  function mark(map, role, feature) {
    const state = map.gridbeat;
    if (state[role]) { state[role].remove(); state[role] = null; }
    if (!feature) return;
    const style = {...HIGHLIGHT, renderer: state.renderers['gb-marked'], dashArray: null};
    state[role] = feature.getLatLngs
      ? new feature.constructor(feature.getLatLngs(), style)
      : L.circleMarker(feature.getLatLng(), {...style, radius: feature.options.radius + 4});
    state[role].addTo(map);
  }

  function fit(map) {
    map.fitBounds(map.gridbeat.bounds, {animate: false, paddingTopLeft: [8, 8], paddingBottomRight: [8, 8 + (map.gridbeat.free || 0)]});
  }

  function inside(layer, index, bounds) {
    return layer.at ? GridBeat.anchor(layer, index) : bounds.getCenter();
  }

  function nameCloseButton(popup, word) {
    const button = popup.getElement().querySelector('.leaflet-popup-close-button');
    if (button) { button.setAttribute('aria-label', word); button.setAttribute('title', word); }
  }

  function corners(pen, x, y, r, n, start) {
    for (let i = 0; i < n; i++) {
      const angle = start + (i * 2 * Math.PI) / n;
      pen[i ? 'lineTo' : 'moveTo'](x + r * Math.cos(angle), y + r * Math.sin(angle));
    }
  }

  function star(pen, x, y, r) {
    for (let i = 0; i < 10; i++) {
      const angle = -Math.PI / 2 + (i * Math.PI) / 5, radius = i % 2 ? r * 0.45 : r;
      pen[i ? 'lineTo' : 'moveTo'](x + radius * Math.cos(angle), y + radius * Math.sin(angle));
    }
  }

  function escapeText(text) {
    const span = document.createElement('span');
    span.textContent = text;
    return span.innerHTML;
  }
})();
