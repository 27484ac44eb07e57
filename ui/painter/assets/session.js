/* One plan on this browser's table: the plan, its log, the queue, the score. Knows no page. */
import { Plan } from './plan.js';
import {
  keeper, newToken, painterName, posted, queuedGrids, redoing, restored, stored, undoable, undoing, withoutKept, withStroke,
} from './strokes.js';

const local = keeper(() => window.localStorage), passing = keeper(() => window.sessionStorage);
// Plans by state key: a page that comes back finds its own.
const SESSIONS = new Map();
const SESSIONS_AT_MOST = 4;

/** The session of a state key: kept, or made from the plan that was sent; null if Python must send it. */
export function sessionOf(geometry, data) {
  if (!SESSIONS.has(data.state_key)) {
    if (!data.plan) return null;
    if (SESSIONS.size >= SESSIONS_AT_MOST) SESSIONS.delete(SESSIONS.keys().next().value);
    SESSIONS.set(data.state_key, new Session(geometry, data.plan));
  }
  return SESSIONS.get(data.state_key);
}

class Session {
  constructor(geometry, plan) {
    this.plan = new Plan(geometry, plan);
    this.painter = painterName(local);
    this.queueKey = `gridbeat:${plan.id}:${plan.origin ?? ''}`;
    this.viewKey = `gridbeat-view:${plan.id}:${plan.origin ?? ''}`;
    this.log = plan.log || [];
    this.queue = withoutKept(restored(local.read(this.queueKey), this.plan.gridAt), plan.kept || []);
    this.heard = new Set();
    this.score = { zones: new Map(), totals: null, today: null, reference: null, violations: [], mends: [], rules: null };
    this.pending = this.queue.length > 0;
    for (const stroke of this.queue) this.replay(stroke);
    this.plan.check();
  }

  replay(stroke) {
    this.plan.apply(stroke);
    this.log = withStroke(this.log, stroke);
  }

  /** Apply a stroke and queue it; returns what changed. */
  stroke(kind, changes) {
    return this.enter({ token: newToken(), painter: this.painter, kind, ...changes });
  }

  undo() {
    const stroke = undoing(this.log, this.painter, newToken());
    return stroke && this.enter(this.stillTrue(stroke));
  }

  redo() {
    const stroke = redoing(this.log, this.painter, newToken());
    return stroke && this.enter(this.stillTrue(stroke));
  }

  /** Without the grids that somebody else changed since. */
  stillTrue(stroke) {
    const { plan } = this;
    return { ...stroke, grids: stroke.grids.filter(([g, was]) => plan.zoneId(plan.zoneOf[g]) === was) };
  }

  enter(stroke) {
    const changed = this.plan.apply(stroke);
    // A brush has painted its grids while it was drawn.
    const grids = (stroke.grids || []).map(([g]) => g);
    const zones = new Set((stroke.grids || []).flatMap(([, was, is]) => [was, is]).filter(Boolean).map((id) => this.plan.zoneFor(id)));
    this.log = withStroke(this.log, stroke);
    this.queue = [...this.queue, posted(stroke)];
    this.pending = true;
    this.store();
    return { grids: grids.length ? grids : changed.grids, zones: [...zones], stroke };
  }

  can() {
    const { done, undone } = undoable(this.log, this.painter);
    return { undo: done.length > 0, redo: undone.length > 0 };
  }

  /** Take a run of Python; returns {grids, zones, texts} that it changed. */
  hear(data) {
    if (data.plan) this.plan.take(data.plan);
    this.acknowledge(data.acks || []);
    const grids = [], zones = new Set(), texts = [];
    for (const news of data.news || []) {
      const key = `${news.token} ${news.number} ${news.by}`;
      if (this.heard.has(key)) continue;
      this.heard.add(key);
      const changed = this.plan.apply(news, { except: queuedGrids(this.queue) });
      grids.push(...changed.grids);
      changed.zones.forEach((zone) => zones.add(zone));
      if (news.by === 'other') this.log = withStroke(this.log, { ...news, painter: news.painter || '' });
      if (news.text) texts.push(news.text);
    }
    if (data.score) this.rate(data.score);
    this.pending = this.queue.length > 0;
    return { grids, zones: [...zones], texts };
  }

  acknowledge(acks) {
    const left = withoutKept(this.queue, acks);
    if (left.length === this.queue.length) return;
    this.queue = left;
    this.store();
  }

  store() {
    if (this.queue.length) local.write(this.queueKey, stored(this.queue, this.plan.grids.ids));
    else local.drop(this.queueKey);
  }

  rate({ zones = [], gone = [], all = false, ...rest }) {
    if (all) this.score.zones.clear();
    for (const id of gone) this.score.zones.delete(id);
    for (const [id, workload, target, deviation, parts, grids, villages, present, pp] of zones) {
      this.score.zones.set(id, { workload, target, deviation, parts, grids, villages, present, pp });
    }
    for (const name of ['totals', 'today', 'reference', 'violations', 'mends', 'rules']) if (rest[name] !== undefined) this.score[name] = rest[name];
  }

  /** Figures of some zones at once, before Python has scored them; its targets hold on. */
  foresee(zones) {
    const ids = new Set(zones.map((zone) => this.plan.zoneId(zone)));
    this.score.mends = this.score.mends.filter(({ zone }) => !ids.has(zone));
    for (const [zone, sum] of this.plan.sums(zones)) {
      const id = this.plan.zoneId(zone), row = this.score.zones.get(id) || { target: null, pp: null };
      const deviation = row.target ? sum.workload / row.target - 1 : null;
      this.score.zones.set(id, { ...row, ...sum, deviation, provisional: true });
    }
  }

  /** What the scorecard shows. */
  model() {
    const { plan, score } = this;
    const stations = plan.geometry.stations;
    const zones = plan.alive().map((at) => {
      const zone = plan.zones[at], station = zone.station ?? -1;
      return {
        workload: null, target: null, deviation: null, parts: 1, grids: 0, villages: 0, present: 0, pp: null,
        ...score.zones.get(zone.id),
        id: zone.id, name: zone.name || zone.id, station, stationName: station < 0 ? '' : stations.names[station],
        colour: plan.fill(at), locked: plan.locks.has(`zone:${zone.id}`),
      };
    });
    const { totals, today, reference, violations, mends, rules } = score;
    return { zones, totals, today, reference, violations, mends, rules, tolerance: plan.tolerance, pending: this.pending, editable: plan.editable };
  }

  /** What comes back with the page: view, tool, chosen zone. */
  remembered() {
    return passing.read(this.viewKey, {});
  }

  remember(what) {
    passing.write(this.viewKey, { ...this.remembered(), ...what });
  }
}
