/* Words and numbers as people read them, and the few steps of putting them into the page as text. */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * The text of `key` with facts put into its {placeholders}; a key without a text is shown as it is.
 * {count:grid|grids} is the first word where the fact is one, else the second.
 */
export function say(words, key, facts = {}) {
  const text = words[key] ?? key;
  return text.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (_, name, one, many) => {
    const fact = String(facts[name] ?? '—');
    if (one === undefined) return fact;
    return fact === '1' ? one : many;
  });
}

/** How many grids, villages and residents something has, of those that there are; `tell` as `say`. */
export function sized(tell, format, counts) {
  const there = Object.entries(counts).filter(([name, count]) => name === 'grids' || count > 0);
  return there.map(([name, count]) => tell(`size_${name}`, { [name]: format.count(count) })).join(format.comma);
}

/** How numbers are written in a language; what is not known is a dash. */
export function formats(lang) {
  const locale = lang === 'zh' ? 'zh-CN' : 'en-GB';
  const sign = lang === 'zh' ? '%' : ' %';
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const ratio = decimals(locale, 3);
  const tenths = decimals(locale, 1);
  const tenthsWithSign = decimals(locale, 1, 'exceptZero');
  const finerWithSign = decimals(locale, 2, 'exceptZero');
  return {
    between: lang === 'zh' ? '；' : '; ',
    comma: lang === 'zh' ? '，' : ', ',
    count: (value) => written(value, whole),
    amount: (value) => written(value, Math.abs(value) < 100 ? tenths : whole),
    ratio: (value) => written(value, ratio),
    share: (value) => (isKnown(value) ? (Number.isInteger(value * 100) ? whole : tenths).format(kept(value)) + sign : '—'),
    // A deviation just outside must not read as the tolerance itself.
    deviation(value, tolerance = null) {
      if (!isKnown(value)) return '—';
      const hidden = tolerance !== null && isOutside(value, tolerance) && Math.abs(value) - tolerance < 5e-4;
      return (hidden ? finerWithSign : tenthsWithSign).format(value * 100) + sign;
    },
  };
}

function decimals(locale, digits, signDisplay = 'auto') {
  return new Intl.NumberFormat(locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay,
  });
}

// 1,414 of 1,415 must not read as all of them.
function kept(share) {
  const percent = share * 100;
  return percent > 0 && percent < 100 ? Math.min(Math.max(percent, 0.1), 99.9) : percent;
}

const written = (value, format) => (isKnown(value) ? format.format(value) : '—');

export const isKnown = (value) => typeof value === 'number' && Number.isFinite(value);

export const isOutside = (deviation, tolerance) => isKnown(deviation) && Math.abs(deviation) > tolerance + 1e-9;

/** An element with attributes (`text`, `on…` functions and plain attributes) and children. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children.flat().filter((child) => child !== null));
  return node;
}

function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === 'text') node.textContent = value;
  else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
  else node.setAttribute(name, value === true ? '' : value);
}

/** Writes only what differs: an update must not touch what has not changed. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttr(node, name, value) {
  // Of an aria attribute false is a value like another.
  if (value === null || (value === false && !name.startsWith('aria-'))) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function setStyle(node, name, value) {
  if (node.style.getPropertyValue(name) !== value) node.style.setProperty(name, value);
}

const PATHS = {
  tick: 'M3.2 8.4l3 3 6.6-6.8',
  cross: 'M4 4l8 8M12 4l-8 8',
  locked: 'M5 7.2V5.4a3 3 0 0 1 6 0v1.8M3.6 7.2h8.8v6H3.6z',
  unlocked: 'M5 7.2V5.4a3 3 0 0 1 5.7-1.3M3.6 7.2h8.8v6H3.6z',
  go: 'M6 3.5l4.5 4.5L6 12.5',
  mend: 'M8 3v10M3 8h10',
  better: 'M8 4l4.6 8H3.4z',
  worse: 'M8 12l4.6-8H3.4z',
};

/** A small drawing of our own; it says nothing to a screen reader, the words beside it do. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(path);
  return svg;
}
