/* The plan as the browser has it: zones, whose each grid is, locks, colours, what is broken. Pure of the page. */
import { gridAt } from './shapes.js';
import { adjacency, brokenParts, members, parts, splitVillages, villageGrids } from './topology.js';
import { colourZones, FILLS, mendColours, UNASSIGNED, zoneNeighbours } from './colours.js';

/** A plan in the browser, from the payload's plan. */
export class Plan {
  constructor(geometry, plan) {
    const { grids, villages } = geometry;
    this.geometry = geometry;
    this.grids = grids;
    this.count = grids.ids.length;
    this.id = plan.id;
    this.zones = plan.zones.map((zone) => ({ ...zone }));
    this.indexOf = new Map(this.zones.map(({ id }, at) => [id, at]));
    this.zoneOf = Int32Array.from(plan.assignment);
    this.locks = new Set(plan.locks || []);
    this.near = adjacency(geometry.borders, this.count);
    this.gridsOfVillage = villageGrids(grids.villages, villages.ids.length);
    this.todayIds = grids.today.map((at) => (at < 0 ? '' : geometry.zones_today[at].id));
    this.gridAt = new Map(grids.ids.map((id, at) => [id, at]));
    this.take(plan);
    this.colourAll();
    this.check();
  }

  /** Take what Python may change without a new plan. */
  take({ name, editable, tolerance, across }) {
    Object.assign(this, { name, editable: Boolean(editable), tolerance, across: Boolean(across) });
  }

  zoneId(zone) {
    return zone < 0 ? '' : this.zones[zone].id;
  }

  zoneName(zone) {
    return zone < 0 ? '' : this.zones[zone].name || this.zones[zone].id;
  }

  /** The index of a zone; one not known is made. */
  zoneFor(id, { name = '', station = -1 } = {}) {
    if (id === '') return -1;
    if (!this.indexOf.has(id)) {
      this.indexOf.set(id, this.zones.length);
      this.zones.push({ id, name: name || id, station });
      this.colours.push(-1);
    }
    return this.indexOf.get(id);
  }

  colourAll() {
    const beside = zoneNeighbours(this.zoneOf, this.geometry.borders, this.zones.length);
    this.colours = colourZones(beside, this.zones.map(({ colour }) => (colour ?? -1)));
  }

  /** The colour of a zone; of −1 white. */
  fill(zone) {
    return zone < 0 ? UNASSIGNED : FILLS[this.colours[zone]] || FILLS[0];
  }

  /** Change grids, names and locks; returns {grids, zones} that changed. */
  apply({ grids = [], names = {}, locks = {} }, { except = null } = {}) {
    this.applyNames(names, grids);
    for (const [key, [, is]] of Object.entries(locks)) this.locks[is ? 'add' : 'delete'](key);
    const changed = [], zones = new Set();
    for (const [g, , id] of grids) {
      const zone = this.zoneFor(id, { station: this.grids.stations[g] });
      if (this.zoneOf[g] === zone || except?.has(g)) continue;
      zones.add(this.zoneOf[g]).add(zone);
      this.zoneOf[g] = zone;
      changed.push(g);
    }
    zones.delete(-1);
    return { grids: changed, zones: [...zones] };
  }

  applyNames(names, grids) {
    for (const [id, [, name]] of Object.entries(names)) {
      const first = grids.find(([, , to]) => to === id);
      const zone = this.zoneFor(id, { name, station: first ? this.grids.stations[first[0]] : -1 });
      if (name) this.zones[zone].name = name;
      this.zones[zone].gone = !name;
    }
  }

  /** Zones that a planner can choose: those with grids, and those made and not yet painted. */
  alive() {
    const used = new Set(this.zoneOf);
    return this.zones.map((_, zone) => zone).filter((zone) => used.has(zone) || !this.zones[zone].gone);
  }

  /** Recolour after a stroke, as few as possible; returns the grids of the zones that changed colour. */
  recolour(touched, kept) {
    const beside = zoneNeighbours(this.zoneOf, this.geometry.borders, this.zones.length);
    const changed = mendColours(this.colours, beside, touched, { kept });
    const found = members(this.zoneOf, changed);
    return [...found.values()].flat();
  }

  /** Check which zones hang together: all, or those that changed. */
  check(zones = null) {
    if (!zones) this.broken = brokenParts(this.near, this.zoneOf, this.zones.keys());
    else {
      for (const zone of zones) this.broken.delete(zone);
      for (const [zone, found] of brokenParts(this.near, this.zoneOf, zones)) this.broken.set(zone, found);
    }
    this.split = splitVillages(this.zoneOf, this.grids.villages);
    this.loose = unassignedParts(this.near, this.zoneOf);
  }

  /** Why a grid may not go to a zone: '' if it may. */
  refusal(g, zone) {
    if (this.zoneOf[g] === zone) return 'same';
    if (this.lockedGrid(g)) return 'locked';
    if (zone < 0) return '';
    if (this.locks.has(`zone:${this.zones[zone].id}`)) return 'zone_locked';
    const station = this.grids.stations[g], own = this.zones[zone].station ?? -1;
    return !this.across && own >= 0 && station >= 0 && station !== own ? 'station' : '';
  }

  lockedGrid(g) {
    const { villages } = this.grids;
    if (!this.locks.size) return false;
    return (this.zoneOf[g] >= 0 && this.locks.has(`zone:${this.zoneId(this.zoneOf[g])}`))
      || this.locks.has(`grid:${this.grids.ids[g]}`)
      || (villages[g] >= 0 && this.locks.has(`village:${this.geometry.villages.ids[villages[g]]}`));
  }

  changed(g) {
    return this.zoneId(this.zoneOf[g]) !== this.todayIds[g];
  }

  /** Figures of some zones, added up here: workload, present, grids, villages. */
  sums(zones) {
    const { workload, present, villages } = this.grids;
    const found = new Map();
    for (const [zone, grids] of members(this.zoneOf, zones)) {
      const sum = { workload: 0, present: 0, grids: grids.length, villages: new Set(), parts: 1 };
      for (const g of grids) {
        sum.workload += workload[g];
        sum.present += present[g];
        if (villages[g] >= 0) sum.villages.add(villages[g]);
      }
      sum.parts = 1 + (this.broken.get(zone)?.length || 0);
      found.set(zone, { ...sum, villages: sum.villages.size });
    }
    return found;
  }

  /** Where each zone's name goes: the box of its largest part and the grid nearest to that part's middle. */
  anchors(shapes, zones = null) {
    this.anchorOf ??= new Map();
    const wanted = zones ?? this.zones.keys();
    for (const [zone, grids] of members(this.zoneOf, wanted)) {
      if (grids.length) this.anchorOf.set(zone, anchor(shapes, largest(this, zone, grids)));
      else this.anchorOf.delete(zone);
    }
    return this.anchorOf;
  }
}

function largest(plan, zone, grids) {
  return plan.broken.has(zone) ? parts(plan.near, grids)[0] : grids;
}

function anchor(shapes, grids) {
  let w = Infinity, e = -Infinity, x = 0, y = 0, area = 0;
  for (const g of grids) {
    const b = shapes.box.subarray(g * 4, g * 4 + 4);
    const size = Math.max(1e-12, (b[2] - b[0]) * (b[3] - b[1]));
    w = Math.min(w, b[0]);
    e = Math.max(e, b[2]);
    x += ((b[0] + b[2]) / 2) * size;
    y += ((b[1] + b[3]) / 2) * size;
    area += size;
  }
  x /= area;
  y /= area;
  if (grids.includes(gridAt(shapes, x, y))) return { x, y, width: e - w };
  let best = grids[0], least = Infinity;
  for (const g of grids) {
    const far = (shapes.atX[g] - x) ** 2 + (shapes.atY[g] - y) ** 2;
    if (far < least) { least = far; best = g; }
  }
  return { x: shapes.atX[best], y: shapes.atY[best], width: e - w };
}

function unassignedParts(near, zoneOf) {
  const grids = [];
  zoneOf.forEach((zone, g) => { if (zone < 0) grids.push(g); });
  return grids.length ? parts(near, grids) : [];
}
