/* Style sheets of ours beside the component's root: each mode brings its own. */

const PATIENCE_MS = 3000;

/** Add the sheets that are not there yet; resolves once they are read, or were waited for long enough. */
export function addSheets(root, names) {
  return Promise.all(names.map((name) => addSheet(root, name)));
}

function addSheet(root, name) {
  if (root.parentNode.querySelector(`link[data-sheet="${name}"]`)) return undefined;
  const link = document.createElement('link');
  Object.assign(link, { rel: 'stylesheet', href: new URL(`./${name}`, import.meta.url).href });
  link.dataset.sheet = name;
  const read = new Promise((done) => {
    link.onload = link.onerror = done;
    setTimeout(done, PATIENCE_MS);
  });
  root.before(link);
  return read;
}
