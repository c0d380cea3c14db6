// @ts-check
/** @import { Attempt, Lane, Mark, Step } from './lanes.js' */
import { element, svg } from './element.js';
import { stateOf } from './lanes.js';

/** A lane that many callers share would fill the page. */
const ROWS_SHOWN = 40;

/** @param {Lane} lane
 * @param {number} now on the mock's clock */
export function laneView(lane, now) {
  const { tenant, key, rows, counts } = lane;
  const shown = rows.slice(-ROWS_SHOWN);
  const span = spanOf(shown);
  const earlier = rows.length - shown.length;
  return element(
    'article',
    { class: 'lane', 'data-tenant': tenant, ...(key !== undefined && { 'data-key': key }) },
    element(
      'header',
      { class: 'lane-head' },
      element('h3', key === undefined ? { class: 'keyless' } : {}, key ?? 'Without a key'),
      badge(lane, now),
      element('p', { class: 'facts' }, `tenant ${tenant} · ${countsText(counts)}`),
    ),
    ...(earlier > 0 ? [element('p', { class: 'facts' }, `${earlier} earlier rows are not shown.`)] : []),
    element('ol', { class: 'rows' }, ...shown.map((row) => rowView(row, span))),
  );
}

/** Changes with the clock, while the lane itself stands.
 *
 * @param {Lane} lane
 * @param {number} now */
export function badge(lane, now) {
  const { state, text } = stateOf(lane, now);
  return element('p', { class: 'badge', 'data-state': state }, text);
}

/** @param {Lane['counts']} counts */
function countsText({ attempts, effects, replays, faults }) {
  return [
    counted(attempts, 'attempt'),
    counted(effects, 'effect'),
    counted(replays, 'replay'),
    counted(faults, 'fault'),
  ].join(' · ');
}

/** @param {number} count
 * @param {string} noun */
function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** @param {Attempt | Mark} row
 * @param {Span} span */
function rowView(row, span) {
  if (row.kind === 'mark') {
    return element('li', { class: 'mark', 'data-kind': row.step.kind }, timeOfDay(row.step.at), ' ', row.step.text);
  }
  const steps = row.steps.filter(({ kind }) => kind !== 'arrived');
  return element(
    'li',
    { class: 'attempt', 'data-request': `${row.request}` },
    element(
      'p',
      { class: 'attempt-head' },
      timeOfDay(row.at),
      element('span', { class: 'number' }, `#${row.request}`),
      element('span', {}, row.title),
    ),
    track(row, span),
    element(
      'ol',
      { class: 'steps' },
      ...steps.map((step) => stepView(step, row.at)),
      ...(row.ended ? [] : [element('li', { class: 'open' }, 'running')]),
    ),
  );
}

/** @param {Step} step
 * @param {number} since */
function stepView({ tone, text, kind, at }, since) {
  return element(
    'li',
    { class: 'step', 'data-tone': tone, 'data-kind': kind },
    text,
    ' ',
    element('small', {}, `+${Math.max(0, Math.round(at - since))} ms`),
  );
}

/** @param {number} at */
function timeOfDay(at) {
  const iso = new Date(at).toISOString();
  return element('time', { datetime: iso }, iso.slice(11, 23));
}

/** @typedef {(id: number) => number} Span where an event stands in its lane: 0 to 100 */

/** Each event takes the same room, however long it was waited for: milliseconds and the hours a clock was moved by fit on one line.
 *
 * @param {Lane['rows']} rows
 * @returns {Span} */
function spanOf(rows) {
  const ids = rows.flatMap((row) => (row.kind === 'mark' ? [row.step.id] : row.steps.map(({ id }) => id)));
  const places = new Map(ids.toSorted((one, other) => one - other).map((id, place) => [id, place]));
  const last = Math.max(1, places.size - 1);
  return (id) => ((places.get(id) ?? 0) / last) * 100;
}

/** Where the attempt stands among the others of its lane: its length, how long it held the key, and what struck. The list below says the same in words.
 *
 * @param {Attempt} attempt
 * @param {Span} span */
function track({ steps, ended }, span) {
  /** @param {(step: Step) => boolean} test */
  const place = (test) => {
    const found = steps.find(test);
    return found && span(found.id);
  };
  const from = place(() => true) ?? 0;
  const to = ended ? span(steps.at(-1)?.id ?? 0) : 100;
  const locked = place(({ kind }) => kind === 'locked');
  const free = place(({ kind }) => kind === 'stored' || kind === 'released') ?? to;
  return svg(
    'svg',
    { class: 'track', 'aria-hidden': 'true', width: '100%', height: '10' },
    line(0, 100, 'rail'),
    line(from, to, 'run'),
    ...(locked === undefined ? [] : [line(locked, free, 'held')]),
    ...steps.filter(({ tone }) => DOTS.includes(tone)).map(({ id, tone }) => dot(span(id), tone)),
  );
}

/** @type {readonly Step['tone'][]} */
const DOTS = ['effect', 'store', 'replay', 'fault'];

/** A dot at the very edge would be cut in half.
 *
 * @param {number} place */
function inset(place) {
  return `${1 + place * 0.98}%`;
}

/** @param {number} from
 * @param {number} to
 * @param {string} name */
function line(from, to, name) {
  return svg('line', { class: name, x1: inset(from), x2: inset(to), y1: '5', y2: '5' });
}

/** @param {number} place
 * @param {string} tone */
function dot(place, tone) {
  return svg('circle', { class: 'dot', 'data-tone': tone, cx: inset(place), cy: '5', r: '4' });
}
