/* A day of patrols: teams, stops, routes, and where everybody is at a moment. Pure. */
import { colourZones } from './colours.js';
import { path } from './ground.js';
import { toWorld } from './shapes.js';

// Dark enough for lines on a pale map, apart for colour-blind eyes; a test holds them to both.
export const TEAM_COLOURS = ['#1559b8', '#d97300', '#007f69', '#c44fa0', '#46207f', '#2b9bd4', '#6d4b0c'];
// Teams that pass through one cell of so many across get different colours.
const CELLS = 48;

export class Day {
  /** `frame` and `routes` as Python sends them. */
  constructor(frame, routes) {
    const placed = (place, at) => ({ ...place, at, ...world(place.at, frame.scale) });
    this.scale = frame.scale;
    this.teams = frame.teams.map(placed);
    this.stops = frame.stops.map(placed);
    this.circles = frame.circles.map((teams) => new Set(teams));
    this.stopAt = new Map(this.stops.map(({ id, at }) => [id, at]));
    this.teamAt = new Map(this.teams.map(({ id, at }) => [id, at]));
    this.routes = new Map();
    this.visitOf = new Map();
    this.take(routes);
    this.colourOf = colours(this);
  }

  /** Put routes in the place of these teams' former ones; one without visits takes a team's away. */
  take(routes) {
    for (const { team } of routes) {
      for (const { stop } of this.routes.get(team)?.visits || []) this.visitOf.delete(stop);
      this.routes.delete(team);
    }
    for (const route of routes) {
      if (!route.visits.length) continue;
      const found = decoded(this, route);
      this.routes.set(route.team, found);
      found.visits.forEach(({ stop }, place) => this.visitOf.set(stop, { team: route.team, place }));
    }
  }

  colour(team) {
    return TEAM_COLOURS[this.colourOf[team] ?? 0];
  }

  /** Whether a team may take a stop at all: its place, its skills, its force. */
  may(team, stop) {
    return this.circles[this.stops[stop].circle].has(team);
  }

  /** The first second and the last one that anybody is on duty or on the road. */
  span() {
    const on = this.teams.map(({ shift }) => shift).concat([...this.routes.values()].map(({ start, end }) => [start, end]));
    return on.length ? [Math.min(...on.map(([from]) => from)), Math.max(...on.map(([, to]) => to))] : [0, 24 * 3600];
  }

  /** The box [west, north, east, south] of some teams' routes and homes, of all with null; world coordinates. */
  box(teams = null) {
    let box = null;
    const add = (x, y) => { box = box ? [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)] : [x, y, x, y]; };
    for (const [team, route] of this.routes) {
      if (teams && !teams.includes(team)) continue;
      add(this.teams[team].x, this.teams[team].y);
      for (const { box: [w, n, e, s] } of route.ways) { if (isFinite(w)) { add(w, n); add(e, s); } }
      for (const { stop } of route.visits) add(this.stops[stop].x, this.stops[stop].y);
    }
    if (!teams) for (const { x, y } of this.stops) add(x, y);
    else for (const team of teams) add(this.teams[team].x, this.teams[team].y);
    return box;
  }
}

function world([lon, lat], scale) {
  const [x, y] = toWorld(lon / scale, lat / scale);
  return { x, y };
}

function decoded(day, route) {
  const visits = route.visits.map(([stop, legS, legM, arrive, begin, leave]) => ({ stop, legS, legM, arrive, begin, leave }));
  const places = [day.teams[route.team], ...visits.map(({ stop }) => day.stops[stop]), day.teams[route.team]];
  const ways = route.ways.map((steps, leg) => measured(steps.length >= 4 ? path(steps, day.scale) : straight(places[leg], places[leg + 1])));
  return { ...route, visits, ways };
}

function straight(from, to) {
  const box = [Math.min(from.x, to.x), Math.min(from.y, to.y), Math.max(from.x, to.x), Math.max(from.y, to.y)];
  return { points: Float64Array.of(from.x, from.y, to.x, to.y), box };
}

/** A way with how far each of its points lies from its beginning. */
export function measured(way) {
  const { points } = way, along = new Float64Array(points.length / 2);
  for (let i = 1; i < along.length; i++) along[i] = along[i - 1] + Math.hypot(points[2 * i] - points[2 * i - 2], points[2 * i + 1] - points[2 * i - 1]);
  return { ...way, along };
}

/** The point [x, y] at a share of a way's length. */
export function pointAlong({ points, along }, share) {
  const last = along.length - 1, wanted = along[last] * Math.min(1, Math.max(0, share));
  let low = 0, high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (along[middle] <= wanted) low = middle; else high = middle;
  }
  const part = along[high] > along[low] ? (wanted - along[low]) / (along[high] - along[low]) : 0;
  return [points[2 * low] + (points[2 * high] - points[2 * low]) * part, points[2 * low + 1] + (points[2 * high + 1] - points[2 * low + 1]) * part];
}

/**
 * Where a team is at a second of the day: {doing, x, y, place}.
 *
 * doing is `home` (before and after its round), `travel` (to visit `place`; to visits.length: home), `wait` or
 * `dwell` (at visit `place`).
 */
export function whereAt(day, team, second) {
  const route = day.routes.get(team), home = day.teams[team];
  if (!route || second < route.start || second >= route.end) return { doing: 'home', x: home.x, y: home.y, place: -1 };
  let left = route.start;
  for (let place = 0; place < route.visits.length; place++) {
    const { stop, arrive, begin, leave } = route.visits[place];
    if (second < arrive) return travelling(route, place, left, arrive, second);
    if (second < leave) return { doing: second < begin ? 'wait' : 'dwell', x: day.stops[stop].x, y: day.stops[stop].y, place };
    left = leave;
  }
  return travelling(route, route.visits.length, left, route.end, second);
}

function travelling(route, place, from, to, second) {
  const [x, y] = pointAlong(route.ways[place], to > from ? (second - from) / (to - from) : 1);
  return { doing: 'travel', x, y, place };
}

/** A colour number for each team: those that go out take turns, and those that come near each other differ. */
function colours(day) {
  const beside = day.teams.map(() => new Set());
  for (const near of met(day).values()) {
    for (const a of near) for (const b of near) if (a !== b) beside[a].add(b);
  }
  const turns = [...day.routes.keys()].sort((a, b) => a - b), wishes = [];
  turns.forEach((team, turn) => { wishes[team] = turn % TEAM_COLOURS.length; });
  return colourZones(beside, wishes, TEAM_COLOURS.length);
}

function met(day) {
  const box = day.box() || [0, 0, 1, 1], size = Math.max(box[2] - box[0], box[3] - box[1]) / CELLS || 1;
  const cells = new Map();
  const pass = (team, x, y) => {
    const key = `${Math.round((x - box[0]) / size)} ${Math.round((y - box[1]) / size)}`;
    if (!cells.has(key)) cells.set(key, new Set());
    cells.get(key).add(team);
  };
  for (const { at, x, y } of day.teams) pass(at, x, y);
  for (const [team, { ways }] of day.routes) {
    for (const { points } of ways) for (let i = 2; i < points.length; i += 2) along(points, i, size, (x, y) => pass(team, x, y));
  }
  return cells;
}

/** Visit points of the segment that ends at a vertex, no farther apart than a step. */
function along(points, i, step, visit) {
  const dx = points[i] - points[i - 2], dy = points[i + 1] - points[i - 1], steps = Math.ceil(Math.hypot(dx, dy) / step) || 1;
  for (let k = 0; k <= steps; k++) visit(points[i - 2] + (dx * k) / steps, points[i - 1] + (dy * k) / steps);
}

/** A second of the day as HH:MM, and by how many days it is later than the first. */
export function clock(second) {
  const minute = Math.round(second / 60), day = Math.floor(minute / 1440);
  const two = (value) => String(value).padStart(2, '0');
  return { text: `${two(Math.floor(minute / 60) % 24)}:${two(minute % 60)}`, day };
}

/** A second of the day as people read it; `tell` has the words. */
export function hourText(tell, second) {
  const { text, day } = clock(second);
  return day ? tell('next_day', { time: text }) : text;
}

/** How long something lasts, in minutes or hours and minutes. */
export function lasting(tell, seconds) {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? tell('minutes', { minutes }) : tell('hours_minutes', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}
