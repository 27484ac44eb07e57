/* Mode "paint": the desk where a plan is painted. Puts together map, bar, panel, pointer and session. */
import { gridCanvas } from './canvas.js';
import { ALARM, BLUE, INK } from './drawing.js';
import { hoverCard } from './hover.js';
import { pointing } from './pointing.js';
import { element, say } from './saying.js';
import { foundPlaces, gridsOf, searchBox } from './search.js';
import { sessionOf } from './session.js';
import { newToken } from './strokes.js';
import { dissolved, members, withVillages } from './topology.js';
import { SIZES, toolbar, TOOLS, UNITS } from './toolbar.js';

const SAY_MS = 4200, FLASH_MS = 1800, WHOLE_KINDS = new Set(['village']);
// How long to wait for the answer to a post, how long after one to post again, between two looks at what
// others did, and how long a page may be away.
const ANSWER_MS = 4000, PAUSE_MS = 30, LOOK_MS = 5000, AWAY_MS = 3000;
const HATCHES = {
  loose: { kind: 'hatch', colour: '#9aa5b1', gap: 8, width: 1.1 },
  changed: { kind: 'dots', colour: 'rgba(20,38,60,.55)', gap: 7, width: 0.95 },
  locked: { kind: 'back', colour: 'rgba(20,38,60,.34)', gap: 9, width: 1.4 },
};

/** Open the mode in its place; `data` and `geometry` as Python sent them. Null while the plan is not there. */
export function open(root, { data, geometry, post, want }) {
  const session = sessionOf(geometry, data);
  if (!session) {
    want(data.state_key);
    return null;
  }
  return new Desk(root, { data, geometry, session, post });
}

class Desk {
  constructor(root, { data, geometry, session, post }) {
    Object.assign(this, { root, geometry, session, post, plan: session.plan, words: data.words, lang: data.lang, data });
    const kept = believed(session.remembered());
    Object.assign(this, { tool: kept.tool, unit: kept.unit, size: kept.size, showChanged: Boolean(kept.changed), panelOpen: kept.panel !== false });
    Object.assign(this, { cursor: -1, found: {}, flash: null, chosen: session.plan.indexOf.get(kept.zone) ?? -1, panel: null, keysShown: false });
    this.places();
    this.bar = toolbar(this.barHost, { words: this.words, on: this.commands() });
    this.canvas = gridCanvas(this.mapHost, {
      geometry, geometryKey: data.geometry_key, words: this.words, credit: data.credit, view: kept.view, onReady: () => this.ready(),
    });
    this.card = hoverCard(this.mapHost, { plan: this.plan, words: this.words, lang: this.lang });
    if (!this.plan.editable && !['move', 'pick'].includes(this.tool)) this.tool = 'move';
    this.pointer = pointing(this);
    this.canvas.marks.push((ctx) => this.drawMarks(ctx));
    this.canvas.overlays.push((ctx, px) => this.pointer.pointer.draw(ctx, px));
    this.canvas.map.on('moveend', () => this.session.remember({ view: this.canvas.shown() }));
    this.openPanel();
    this.plan.anchors(this.canvas.shapes);
    this.canvas.show(this.picture());
    this.update(data);
    // Strokes that Python has not kept yet; no user event would send them after a reload.
    if (session.queue.length) this.sendIn(300);
    this.comeBack();
  }

  places() {
    const find = (name) => this.root.querySelector(`.gbp-${name}`);
    Object.assign(this, { barHost: find('bar'), panelHost: find('panel') });
    this.mapHost = element('div', { class: 'gbp-canvas' });
    this.mapHost.style.cssText = 'position:absolute;inset:0;overflow:hidden';
    find('map').replaceChildren(this.mapHost);
    this.line = find('map').appendChild(element('div', { class: 'gbp-line', role: 'status', 'aria-live': 'polite', hidden: true }));
    this.frozen = find('map').appendChild(element('div', { class: 'gbp-frozen-note', hidden: true, text: this.words.not_editable }));
    this.search = this.searching();
    find('map').append(this.search.element);
    this.keys = find('map').appendChild(keyList(this.words));
    this.mapHost.setAttribute('aria-label', this.words.map);
    this.mapHost.setAttribute('role', 'application');
  }

  searching() {
    return searchBox({
      words: this.words,
      find: (text) => foundPlaces(this.plan, text),
      on: {
        found: (place) => {
          this.goTo(gridsOf(this.plan, place));
          if (place.kind === 'zone') this.choose(place.at);
        },
        left: () => this.mapHost.focus({ preventScroll: true }),
      },
    });
  }

  commands() {
    return {
      tool: (name) => { this.setTool(name); this.mapHost.focus({ preventScroll: true }); },
      unit: (name) => this.setUnit(name),
      size: (size) => this.setSize(size),
      undo: () => this.undo(),
      redo: () => this.redo(),
      choose: (id) => { this.choose(this.plan.indexOf.get(id) ?? -1); this.mapHost.focus({ preventScroll: true }); },
      rename: (name) => this.rename(name),
      editName: () => this.bar.editName(this.plan.zoneName(this.chosen)),
      dissolve: () => this.dissolve(),
      lockZone: () => this.lock([`zone:${this.plan.zoneId(this.chosen)}`]),
      newZone: () => this.newZone(),
      find: (name) => this.find(name),
      fit: () => this.canvas.fit(),
      keys: () => this.toggleKeys(),
      panel: () => this.togglePanel(),
      changed: () => this.setShowChanged(!this.showChanged),
    };
  }

  picture() {
    const { plan } = this;
    return {
      zoneOf: plan.zoneOf,
      fillOf: (g) => plan.fill(plan.zoneOf[g]),
      hatches: [
        { ...HATCHES.loose, has: (g) => plan.zoneOf[g] < 0 },
        { ...HATCHES.changed, has: (g) => this.showChanged && plan.changed(g) },
        { ...HATCHES.locked, has: (g) => plan.lockedGrid(g) },
      ],
      alarms: [...plan.broken.values()].flat(),
      labels: () => this.labels(),
    };
  }

  labels() {
    const { plan, session: { score } } = this;
    const found = [];
    for (const [zone, at] of plan.anchorOf) {
      const row = score.zones.get(plan.zoneId(zone)), deviation = row?.deviation;
      const locked = plan.locks.has(`zone:${plan.zoneId(zone)}`);
      const sub = deviation === null || deviation === undefined ? '' : percent(deviation);
      found.push({ ...at, text: plan.zoneName(zone), sub, locked, wrong: Math.abs(deviation) > plan.tolerance + 1e-9 });
    }
    return found;
  }

  ready() {
    this.lookAt(this.data.focus);
  }

  /** Take a run of Python. */
  update(data) {
    this.data = data;
    const { grids, zones, texts } = this.session.hear(data);
    if (grids.length) this.settle(grids, zones);
    texts.forEach((text) => this.say(text));
    if (data.notice) this.say(data.notice);
    if (data.acks?.length || !this.session.queue.length) this.answered();
    if (JSON.stringify(data.focus) !== this.focused) this.lookAt(data.focus);
    this.canvas.labelsLater();
    this.canvas.redrawMarks();
    this.show();
  }

  // What is chosen.

  setTool(tool) {
    this.pointer.pointer.giveUp();
    if (!this.plan.editable && !['move', 'pick'].includes(tool)) { this.say(this.words.not_editable); return; }
    this.tool = tool;
    this.session.remember({ tool });
    this.pointer.pointer.steer();
    this.canvas.redrawMarks();
    this.show();
  }

  setUnit(unit) {
    this.unit = unit;
    this.session.remember({ unit });
    this.show();
  }

  setSize(size) {
    this.size = size;
    this.session.remember({ size });
    this.show();
    this.canvas.redrawTop();
  }

  setShowChanged(on) {
    this.showChanged = on;
    this.session.remember({ changed: on });
    this.canvas.redraw();
    this.show();
  }

  choose(zone) {
    this.chosen = zone;
    this.session.remember({ zone: this.plan.zoneId(zone) });
    if (zone >= 0 && ['move', 'erase', 'lock'].includes(this.tool) && this.plan.editable) this.setTool('brush');
    this.panel?.select(this.plan.zoneId(zone));
    this.show();
    this.canvas.redrawMarks();
  }

  /** Choose the zone of a grid. */
  pick(g) {
    if (g < 0) return;
    const zone = this.plan.zoneOf[g];
    if (zone < 0) { this.say(this.words.no_zone_here); return; }
    this.chosen = zone;
    this.session.remember({ zone: this.plan.zoneId(zone) });
    if (this.tool === 'pick' && this.plan.editable) this.setTool('brush');
    this.panel?.select(this.plan.zoneId(zone));
    this.say(this.words.picked.replace('{zone}', this.plan.zoneName(zone)));
    this.show();
    this.canvas.redrawMarks();
  }

  target() {
    return this.tool === 'erase' ? -1 : this.chosen;
  }

  /** Grids with their villages, where these go whole. */
  whole(grids) {
    const { villages } = this.geometry;
    if (this.unit === 'grid') return grids;
    const whole = this.unit === 'village' ? () => true : (village) => WHOLE_KINDS.has(villages.kinds[village]);
    return withVillages(grids, this.plan.grids.villages, this.plan.gridsOfVillage, whole);
  }

  refusalNote(g) {
    if (!this.plan.editable || ['move', 'pick', 'lock'].includes(this.tool)) return '';
    if (this.tool !== 'erase' && this.chosen < 0) return '';
    return this.reason(this.plan.refusal(g, this.target()), g);
  }

  reason(code, g) {
    if (!code || code === 'same') return '';
    const { stations } = this.geometry, station = this.plan.grids.stations[g];
    return this.words[`refused_${code}`].replace('{station}', station < 0 ? '' : stations.names[station]).replace('{zone}', this.plan.zoneName(this.target()));
  }

  // Strokes.

  begin(zone) {
    return { zone, was: new Map(), refused: '' };
  }

  /** Paint grids within a stroke that is being drawn. */
  add(stroke, grids) {
    if (!this.plan.editable) return;
    const painted = [];
    for (const g of grids) {
      const code = this.plan.refusal(g, stroke.zone);
      if (code && code !== 'same') stroke.refused ||= this.reason(code, g);
      if (code || stroke.was.has(g)) continue;
      stroke.was.set(g, this.plan.zoneOf[g]);
      this.plan.zoneOf[g] = stroke.zone;
      painted.push(g);
    }
    if (painted.length) this.canvas.repaint(painted);
  }

  revert(stroke) {
    for (const [g, zone] of stroke.was) this.plan.zoneOf[g] = zone;
    this.canvas.repaint([...stroke.was.keys()]);
  }

  end(stroke, kind) {
    if (stroke.refused) this.say(stroke.refused);
    if (!stroke.was.size) return;
    const { plan } = this, id = plan.zoneId(stroke.zone);
    if (stroke.zone >= 0 && (plan.zones[stroke.zone].station ?? -1) < 0) plan.zones[stroke.zone].station = plan.grids.stations[stroke.was.keys().next().value];
    const grids = [...stroke.was].map(([g, was]) => [g, plan.zoneId(was), id]);
    this.took(this.session.stroke(kind, { grids }));
  }

  /** One stroke that paints grids at once. */
  paintAll(kind, grids, zone) {
    const stroke = this.begin(zone);
    this.add(stroke, grids);
    this.end(stroke, kind);
  }

  /** What follows a stroke: posted at once, the rest drawn and checked. */
  took(changed) {
    if (!changed) return;
    this.settle(changed.grids, changed.zones);
    this.send();
    this.show();
  }

  /**
   * Post the queue, one post at a time: what is drawn before the answer goes with the next one. An empty one
   * asks what others did. Runs that meet would have Streamlit lose a post, or take the map away.
   */
  send() {
    if (Date.now() < this.waitsUntil) return;
    const idle = !this.session.queue.length;
    if (idle && !this.plan.editable) return;
    if (idle && document.hidden) { this.sendIn(LOOK_MS); return; }
    this.waitsUntil = Date.now() + ANSWER_MS;
    this.post(this.session.queue);
    this.sendIn(ANSWER_MS);
  }

  sendIn(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.waitsUntil = 0; this.send(); }, ms);
  }

  answered() {
    this.waitsUntil = 0;
    this.sendIn(this.session.queue.length ? PAUSE_MS : LOOK_MS);
  }

  settle(grids, zones) {
    const { plan, canvas } = this;
    plan.check(zones);
    const recoloured = plan.recolour(zones, this.chosen);
    if (canvas.shapes) plan.anchors(canvas.shapes, zones);
    this.session.foresee(zones);
    canvas.picture.alarms = [...plan.broken.values()].flat();
    canvas.repaint(recoloured.length ? [...new Set([...grids, ...recoloured])] : grids);
  }

  undo() {
    this.change(this.session.undo());
  }

  redo() {
    this.change(this.session.redo());
  }

  change(changed) {
    if (!this.plan.editable || !changed) return;
    this.took(changed);
    this.canvas.redraw();
  }

  toggleLock(g) {
    if (g < 0) return;
    const { grids, geometry: { villages } } = this.plan, village = grids.villages[g], zone = this.plan.zoneOf[g];
    if (this.unit === 'grid') this.lock([`grid:${grids.ids[g]}`]);
    else if (this.unit === 'village' && village >= 0) this.lock([`village:${villages.ids[village]}`]);
    else if (zone >= 0) this.lock([`zone:${this.plan.zoneId(zone)}`]);
  }

  lock(keys) {
    if (!this.plan.editable) return;
    const locks = Object.fromEntries(keys.map((key) => [key, [this.plan.locks.has(key), !this.plan.locks.has(key)]]));
    this.change(this.session.stroke('lock', { locks }));
  }

  newZone() {
    if (!this.plan.editable) return;
    const { plan, geometry: { stations } } = this;
    const station = this.chosen >= 0 ? plan.zones[this.chosen].station ?? -1 : this.cursor >= 0 ? plan.grids.stations[this.cursor] : -1;
    const id = `${station < 0 ? '' : stations.ids[station]}-${newToken().slice(0, 6)}`;
    const made = plan.zones.filter((zone) => zone.id.includes('-') && zone.station === station).length + 1;
    const name = this.words.new_name.replace('{station}', station < 0 ? '' : stations.names[station]).replace('{number}', made).trim();
    const changed = this.session.stroke('zone', { names: { [id]: ['', name] } });
    plan.zones[plan.indexOf.get(id)].station = station;
    this.took({ ...changed, zones: [plan.indexOf.get(id)] });
    this.choose(plan.indexOf.get(id));
    this.setTool('brush');
    this.say(this.words.made_zone.replace('{zone}', name));
  }

  rename(name) {
    const { plan, chosen } = this;
    if (chosen < 0 || name === plan.zoneName(chosen)) return;
    this.change(this.session.stroke('zone', { names: { [plan.zoneId(chosen)]: [plan.zoneName(chosen), name] } }));
  }

  dissolve() {
    const { plan, chosen } = this;
    if (chosen < 0) return;
    const given = dissolved(plan.near, plan.zoneOf, chosen, borderLengths(this.canvas.shapes), (g, to) => !['station', 'zone_locked'].includes(plan.refusal(g, to)));
    const grids = [...given].filter(([g]) => !plan.lockedGrid(g)).map(([g, to]) => [g, plan.zoneId(chosen), plan.zoneId(to)]);
    if (grids.length < given.size) this.say(this.words.refused_locked);
    const id = plan.zoneId(chosen), name = plan.zoneName(chosen);
    const names = grids.length === given.size ? { [id]: [name, ''] } : {};
    this.say(say(this.words, 'dissolved', { zone: name, count: grids.length }));
    this.choose(-1);
    this.change(this.session.stroke('zone', { grids, names }));
  }

  /** Take a mend that Python proposed. */
  mend({ grids }) {
    const { plan } = this;
    const moved = grids.map(([g, id]) => [g, plan.zoneId(plan.zoneOf[g]), id]).filter(([, was, is]) => was !== is);
    if (moved.length && plan.editable) this.change(this.session.stroke('repair', { grids: moved }));
    // The button that was pressed goes; the keys are to go on working.
    this.mapHost.focus({ preventScroll: true });
  }

  // The keyboard's cursor.

  middle() {
    const { clientWidth: wide, clientHeight: high } = this.mapHost;
    return this.canvas.gridAtPixel(wide / 2, high / 2);
  }

  moveCursor(g) {
    this.cursor = g;
    const { shapes, map } = this.canvas;
    const [x, y] = this.canvas.pixelOf(shapes.atX[g], shapes.atY[g]);
    const { clientWidth: wide, clientHeight: high } = this.mapHost;
    if (x < 60 || y < 60 || x > wide - 60 || y > high - 60) map.panBy([x - wide / 2, y - high / 2], { animate: false });
    this.card.show(g, Math.max(0, Math.min(wide, x)), Math.max(0, Math.min(high, y)), this.refusalNote(g));
    this.canvas.redrawTop();
  }

  /** Use the tool on a grid, as a click would. */
  useAt(g) {
    const { tool } = this;
    if (tool === 'lock') this.toggleLock(g);
    else if (tool === 'move' || tool === 'pick' || (tool !== 'erase' && this.chosen < 0)) this.pick(g);
    else if (tool === 'fill') this.pointer.pointer.fill(g);
    else this.paintAll('paint', this.whole([g]), this.target());
    this.moveCursor(g);
  }

  // Finding and looking.

  findings() {
    const { plan } = this;
    return { loose: plan.loose, broken: [...plan.broken.values()].flat(), split: [...plan.split.values()] };
  }

  find(name) {
    const list = this.findings()[name];
    if (!list.length) { this.say(this.words[`none_${name}`]); return; }
    this.found[name] = ((this.found[name] ?? -1) + 1) % list.length;
    const at = this.found[name], grids = list[at];
    this.goTo(grids);
    this.say(this.findingText(name, grids, at + 1, list.length));
  }

  findingText(name, grids, number, count) {
    const { plan, geometry: { villages } } = this, g = grids[0], village = plan.grids.villages[g];
    const facts = { number, count, zone: plan.zoneName(plan.zoneOf[g]), village: village < 0 ? '' : villages.names[village], name: plan.grids.names[g], grids: grids.length };
    return say(this.words, `found_${name}`, facts);
  }

  goTo(grids) {
    if (!grids.length) return;
    this.canvas.fit(grids, { padding: 90, atMost: 15 });
    this.flash = grids;
    clearTimeout(this.flashTimer);
    this.flashTimer = setTimeout(() => { this.flash = null; this.canvas.redrawMarks(); }, FLASH_MS);
    this.canvas.redrawMarks();
  }

  goZone(id) {
    const zone = this.plan.indexOf.get(id);
    if (zone !== undefined) this.goTo(members(this.plan.zoneOf, [zone]).get(zone));
  }

  lookAt(focus) {
    this.focused = JSON.stringify(focus);
    if (!focus) return;
    const { plan, geometry: { villages } } = this;
    if (focus.zone) this.goZone(focus.zone);
    if (focus.grid && plan.gridAt.has(focus.grid)) this.goTo([plan.gridAt.get(focus.grid)]);
    const village = focus.village ? villages.ids.indexOf(focus.village) : -1;
    if (village >= 0) this.goTo(plan.gridsOfVillage[village]);
  }

  // What is shown.

  drawMarks(ctx) {
    const { plan } = this;
    if (this.chosen >= 0 && this.tool !== 'erase') {
      const grids = members(plan.zoneOf, [this.chosen]).get(this.chosen);
      this.canvas.outline(ctx, grids, [{ colour: 'rgba(255,255,255,.95)', width: 6.5 }, { colour: BLUE, width: 3.6 }]);
    }
    this.drawMends(ctx);
    if (this.flash) this.canvas.outline(ctx, this.flash, [{ colour: '#fff', width: 8 }, { colour: INK, width: 4 }]);
  }

  /** Dash round what the best mend of each broken zone would move. */
  drawMends(ctx) {
    const best = new Map();
    for (const mend of this.session.score.mends) if (!best.has(mend.zone)) best.set(mend.zone, mend);
    ctx.save();
    ctx.setLineDash([7, 6]);
    for (const { grids } of best.values()) {
      this.canvas.outline(ctx, grids.map(([g]) => g), [{ colour: 'rgba(255,255,255,.9)', width: 5 }, { colour: ALARM, width: 2.4 }]);
    }
    ctx.restore();
  }

  later() {
    if (this.topDue) return;
    this.topDue = requestAnimationFrame(() => { this.topDue = 0; this.canvas.redrawTop(); });
  }

  show() {
    if (!this.bar || this.barDue) return;
    this.barDue = setTimeout(() => { this.barDue = 0; this.showNow(); }, 30);
  }

  showNow() {
    const { plan } = this, findings = this.findings();
    this.bar.update({
      tool: this.tool, unit: this.unit, size: this.size, editable: plan.editable, can: this.session.can(),
      zone: plan.zoneId(this.chosen), colour: this.chosen < 0 ? '' : plan.fill(this.chosen), stations: this.zonesByStation(),
      counts: { loose: plan.loose.reduce((sum, part) => sum + part.length, 0), broken: findings.broken.length, split: findings.split.length },
      showChanged: this.showChanged, panel: this.panelOpen, keys: this.keysShown,
    });
    this.frozen.hidden = plan.editable;
    this.root.classList.toggle('gbp-folded', !this.panelOpen);
    this.panel?.update(this.session.model());
  }

  zonesByStation() {
    const { plan, geometry: { stations } } = this, found = new Map();
    for (const at of plan.alive()) {
      const { station = -1, id } = plan.zones[at];
      if (!found.has(station)) found.set(station, []);
      found.get(station).push([id, plan.zoneName(at)]);
    }
    return [...found].sort((a, b) => a[0] - b[0]).map(([at, zones]) => ({ name: at < 0 ? '—' : stations.names[at], zones }));
  }

  say(text) {
    this.line.textContent = text;
    this.line.hidden = false;
    clearTimeout(this.lineTimer);
    this.lineTimer = setTimeout(() => { this.line.hidden = true; }, SAY_MS);
  }

  toggleKeys() {
    this.keysShown = !this.keysShown;
    this.keys.hidden = !this.keysShown;
    this.show();
  }

  hideKeys() {
    if (this.keysShown) this.toggleKeys();
  }

  togglePanel() {
    this.panelOpen = !this.panelOpen;
    this.session.remember({ panel: this.panelOpen });
    this.show();
  }

  async openPanel() {
    const module = await import('./scorecard.js').catch(() => null);
    if (!module || this.gone) return;
    const on = {
      go: (id) => this.goZone(id),
      choose: (id) => this.choose(this.plan.indexOf.get(id) ?? -1),
      mend: (mend) => this.mend(mend),
      lock: (id) => this.lock([`zone:${id}`]),
      goGrids: (grids) => this.goTo(grids),
    };
    this.panel = module.scorecard(this.panelHost, { words: this.words, lang: this.lang, on });
    if (this.chosen >= 0) this.panel.select(this.plan.zoneId(this.chosen));
    this.show();
  }

  /** Mounted anew in the midst of work: the keyboard goes on where it was. */
  comeBack() {
    const { left } = this.session;
    this.session.left = null;
    if (!left || Date.now() - left.at > AWAY_MS) return;
    this.cursor = left.cursor;
    this.mapHost.focus({ preventScroll: true });
  }

  destroy() {
    // What is painted so far is kept.
    this.pointer.pointer.up();
    if (this.mapHost.contains(this.mapHost.getRootNode().activeElement)) this.session.left = { cursor: this.cursor, at: Date.now() };
    this.gone = true;
    for (const timer of [this.timer, this.barDue, this.lineTimer, this.flashTimer]) clearTimeout(timer);
    cancelAnimationFrame(this.topDue);
    this.pointer.destroy();
    this.panel?.destroy();
    this.panelHost.replaceChildren();
    this.card.destroy();
    this.canvas.destroy();
  }
}

/** What was remembered, as far as it makes sense: another version may have written it. */
function believed(kept) {
  const among = (list, value) => (list.includes(value) ? value : list[0]);
  const { lat, lng, zoom } = kept.view || {};
  const view = [lat, lng, zoom].every(Number.isFinite) ? kept.view : null;
  return { ...kept, view, tool: among(TOOLS.map(([name]) => name), kept.tool), unit: among(UNITS, kept.unit), size: among(SIZES, kept.size) };
}

function percent(share) {
  const value = share * 100;
  return `${value > 0 ? '+' : value < 0 ? '−' : '±'}${Math.abs(value).toFixed(Math.abs(value) < 10 ? 1 : 0)}%`;
}

/** Length of the border between two grids, in world coordinates. */
function borderLengths(shapes) {
  return (g, other) => {
    let length = 0;
    for (let run = shapes.gridRun[g]; run < shapes.gridRun[g + 1]; run++) if (shapes.runOther[run] === other) length += runLength(shapes, run);
    return length || 1e-12;
  };
}

function runLength(shapes, run) {
  const ring = shapes.runRing[run], from = shapes.ringStart[ring], to = shapes.ringStart[ring + 1];
  let length = 0, at = shapes.runStart[run];
  for (let k = shapes.runLength[run]; k > 0; k--) {
    const next = at + 1 >= to ? from : at + 1;
    length += Math.hypot(shapes.x[next] - shapes.x[at], shapes.y[next] - shapes.y[at]);
    at = next;
  }
  return length;
}

function keyList(words) {
  const rows = [
    ['H B R F P L E', words.keys_tools], [`Alt + ${words.keys_click}`, words.keys_pick], ['U', words.keys_unit], ['[ ]', words.keys_size], ['N', words.keys_new],
    ['Ctrl Z / Ctrl Y', words.keys_undo], ['1 2 3', words.keys_find], ['/', words.keys_search], [words.keys_bar, words.keys_space], ['← ↑ → ↓', words.keys_arrows],
    ['Enter', words.keys_enter], ['Shift + ←', words.keys_shift], ['Esc', words.keys_escape], ['0 + −', words.keys_zoom], ['?', words.keys_keys],
  ];
  const cells = rows.flatMap(([key, text]) => [element('dt', {}, element('kbd', { text: key })), element('dd', { text: text })]);
  return element('div', { class: 'gbp-keys', hidden: true }, element('b', { text: words.keys_title }), element('dl', {}, ...cells));
}
