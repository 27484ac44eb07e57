/* The map component: mounts a mode (paint, compare) into its place, updates it, and takes it away. */

import { addSheets } from './sheets.js';

const SHEETS = { paint: ['scorecard.css'], compare: ['compare.css'] };
const MODES = { paint: './paint.js', compare: './compare.js' };
// What a mode needs again when its page comes back: geometries by key.
const GEOMETRIES = new Map();
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

function update(here, data) {
  here.data = data;
  here.root.style.height = data.height ? `${data.height}px` : 'var(--gbp-height, 100%)';
  here.root.lang = data.lang === 'zh' ? 'zh-CN' : data.lang || '';
  const geometry = known(here, data);
  if (!geometry) return;
  here.geometry = geometry;
  const kind = [data.mode, data.geometry_key, data.state_key, data.lang].join(' ');
  if (here.mode && here.kind === kind) { here.mode.update(data); return; }
  // What a run brings while the mode is loading (a plan, a score) is not brought again.
  if (here.loading !== kind) here.backlog = [];
  here.backlog.push(data);
  if (here.loading !== kind) load(here, kind);
}

/** The geometry, as sent or as kept; what is kept is told to Python, what lacks is asked for. */
function known(here, data) {
  const { geometry_key: key, geometry } = data;
  if (geometry) {
    if (GEOMETRIES.size >= KEPT_AT_MOST && !GEOMETRIES.has(key)) GEOMETRIES.delete(GEOMETRIES.keys().next().value);
    GEOMETRIES.set(key, geometry);
  }
  const found = GEOMETRIES.get(key);
  const have = found ? key : '';
  if (here.told !== have) {
    here.told = have;
    here.setStateValue('have', have);
  }
  return found;
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
