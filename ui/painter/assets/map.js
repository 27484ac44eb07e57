/* The map component: mounts a mode (paint, compare, patrol) into its place, updates it, and takes it away. */

import { addSheets } from './sheets.js';

const SHEETS = { paint: ['scorecard.css'], compare: ['compare.css'], patrol: ['patrol.css'] };
const MODES = { paint: './paint.js', compare: './compare.js', patrol: './patrol.js' };
// What a mode needs again when its page comes back: geometries by key, words by mode and language.
const GEOMETRIES = new Map(), WORDS = new Map();
const KEPT_AT_MOST = 3;
const mounted = new WeakMap();

export default function component({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector('.gbp');
  if (!data || !root) return undefined;
  const here = mounted.get(root) || open(root, { setStateValue, setTriggerValue });
  Object.assign(here, { setStateValue, setTriggerValue });
  update(here, data);
  return () => close(root);
}

function open(root, senders) {
  const here = { root, mode: null, loading: null, backlog: [], ...senders };
  mounted.set(root, here);
  return here;
}

function close(root) {
  const here = mounted.get(root);
  if (!here) return;
  mounted.delete(root);
  here.closed = true;
  here.mode?.destroy();
}

function update(here, sent) {
  const words = keep(WORDS, `${sent.mode} ${sent.lang}`, sent.words);
  const geometry = keep(GEOMETRIES, sent.geometry_key, sent.geometry, KEPT_AT_MOST);
  const data = { ...sent, words };
  here.data = data;
  here.root.style.height = data.height ? `${data.height}px` : 'var(--gbp-height, 100%)';
  here.root.lang = data.lang === 'zh' ? 'zh-CN' : data.lang || '';
  tell(here, geometry && words ? `${data.geometry_key} ${data.lang}` : '');
  if (!geometry || !words) return;
  here.geometry = geometry;
  const kind = [data.mode, data.geometry_key, data.state_key, data.lang].join(' ');
  if (here.mode && here.kind === kind) { here.mode.update(data); return; }
  // What a run brings while the mode is loading (a plan, a score) is not brought again.
  if (here.loading !== kind) here.backlog = [];
  here.backlog.push(data);
  if (here.loading !== kind) load(here, kind);
}

/** What was sent, or was kept of what was sent under this key before. */
function keep(kept, key, sent, atMost = Infinity) {
  if (sent) {
    if (kept.size >= atMost && !kept.has(key)) kept.delete(kept.keys().next().value);
    kept.set(key, sent);
  }
  return kept.get(key);
}

/** What the browser has is told to Python, what lacks is asked for. */
function tell(here, have) {
  if (here.told === have) return;
  here.told = have;
  here.setStateValue('have', have);
}

async function load(here, kind) {
  here.loading = kind;
  const mode = here.data.mode in MODES ? here.data.mode : 'paint';
  const [module] = await Promise.all([import(MODES[mode]), addSheets(here.root, SHEETS[mode])]);
  if (here.closed || here.loading !== kind) return;
  here.loading = null;
  here.mode?.destroy();
  const [first, ...later] = here.backlog;
  here.mode = module.open(here.root, {
    data: first,
    geometry: here.geometry,
    post: (posts) => here.setTriggerValue('posts', posts),
    want: (what) => here.setStateValue('want', what),
  });
  // Without a mode the next run tries again.
  here.kind = here.mode ? kind : '';
  for (const data of later) update(here, data);
}
