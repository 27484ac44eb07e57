/* Strokes: the mirror of the log, what this painter can undo and redo, the queue not yet kept. Pure. */

const LOG_AT_MOST = 1000, UNDONE_AT_MOST = 400;

/** The strokes of one painter that can be undone (oldest first) and redone (the next one last). */
export function undoable(log, painter) {
  const done = [];
  let undone = [];
  for (const stroke of log) {
    if (stroke.painter !== painter) continue;
    if (stroke.kind === 'undo') { if (done.length) undone.push(done.pop()); }
    else if (stroke.kind === 'redo') { if (undone.length) done.push(undone.pop()); }
    else { done.push(stroke); undone = []; }
  }
  return { done, undone };
}

/** What a stroke changed, the other way round. */
function reversed({ grids = [], names = {}, locks = {} }) {
  const turned = (pairs) => Object.fromEntries(Object.entries(pairs).map(([key, [was, is]]) => [key, [is, was]]));
  return { grids: grids.map(([g, was, is]) => [g, is, was]), names: turned(names), locks: turned(locks) };
}

/** A stroke that undoes (redoes) this painter's last one; null where there is none. */
export function undoing(log, painter, token) {
  const last = undoable(log, painter).done.at(-1);
  return last ? { token, painter, kind: 'undo', of: last.number ?? null, ...reversed(last) } : null;
}

export function redoing(log, painter, token) {
  const last = undoable(log, painter).undone.at(-1);
  if (!last) return null;
  const { grids = [], names = {}, locks = {} } = last;
  return { token, painter, kind: 'redo', of: last.number ?? null, grids, names, locks };
}

/** The log with a stroke at its end; one that has grown long is told anew. */
export function withStroke(log, stroke) {
  return [...(log.length < LOG_AT_MOST ? log : compacted(log)), stroke];
}

/** A shorter log by which everybody can undo and redo the same; only the oldest strokes fall off. */
function compacted(log) {
  return [...new Set(log.map(({ painter }) => painter))].flatMap((painter) => {
    const { done, undone } = undoable(log, painter);
    return [...done.slice(-UNDONE_AT_MOST), ...undone.slice().reverse(), ...undone.map(() => ({ painter, kind: 'undo' }))];
  });
}

/** The queue without what was kept. */
export function withoutKept(queue, acks) {
  const kept = new Set(acks);
  return queue.filter(({ token }) => !kept.has(token));
}

/** The grids that the queue's strokes change. */
export function queuedGrids(queue) {
  return new Set(queue.flatMap(({ grids }) => (grids || []).map(([g]) => g)));
}

/** What is posted of a stroke. */
export function posted({ token, painter, kind, of = null, grids = [], names = {}, locks = {} }) {
  return { token, painter, kind, of, grids, names, locks };
}

/** A random token. */
export function newToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Strokes as they are stored: by the ids of grids, whose order may be another one when they are read again. */
export function stored(queue, ids) {
  return queue.map((stroke) => ({ ...stroke, grids: stroke.grids.map(([g, was, is]) => [ids[g], was, is]) }));
}

/** Stored strokes by the places of grids; what is no stroke, or of no grid that there is, is left out. */
export function restored(found, placeOf) {
  const placed = (grids) => grids.flatMap(([id, was, is]) => (placeOf.has(id) ? [[placeOf.get(id), was, is]] : []));
  return Array.isArray(found) ? found.filter(isStroke).map((stroke) => ({ ...stroke, grids: placed(stroke.grids) })) : [];
}

function isStroke(found) {
  return typeof found?.token === 'string' && typeof found.kind === 'string' && Array.isArray(found.grids) && found.grids.every(Array.isArray);
}

/** A store that survives reloads; where the browser forbids it, or it is full, it lasts as long as the page. */
export function keeper(open) {
  const passing = new Map();
  return {
    read(key, nothing = null) {
      try { return JSON.parse(passing.get(key) ?? open().getItem(key)) ?? nothing; } catch { return nothing; }
    },
    write(key, value) {
      const text = JSON.stringify(value);
      passing.delete(key);
      try { open().setItem(key, text); } catch { passing.set(key, text); }
    },
    drop(key) {
      passing.delete(key);
      try { open().removeItem(key); } catch { /* forbidden */ }
    },
  };
}

/** Who draws: a random name of this browser's own. */
export function painterName(store) {
  const found = store.read('gridbeat-painter');
  if (typeof found === 'string' && found) return found;
  const made = newToken();
  store.write('gridbeat-painter', made);
  return made;
}
