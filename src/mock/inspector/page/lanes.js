// @ts-check
/** @import { MockEvent, MockEventKind } from '../../events.ts' */
/** @import { LedgerEntry } from '../../types.ts' */

/**
 * One thing on a lane. `tone` is what it looks like; the words say it all.
 *
 * @typedef {'lock' | 'effect' | 'store' | 'replay' | 'fault' | 'wait' | 'end' | 'plain'} Tone
 * @typedef {{ readonly id: number, readonly at: number, readonly kind: MockEventKind, readonly tone: Tone, readonly text: string }} Step
 */

/**
 * A request. `end` is the last step where it has ended.
 *
 * @typedef {object} Attempt
 * @property {'attempt'} kind
 * @property {number} request
 * @property {string} title
 * @property {number} at
 * @property {readonly Step[]} steps
 * @property {boolean} ended
 */

/**
 * Something that happened to the key without a request, or to the whole server.
 *
 * @typedef {{ readonly kind: 'mark', readonly step: Step }} Mark
 */

/**
 * Everything about one key of one tenant, in the order in which it happened.
 *
 * @typedef {object} Lane
 * @property {string} id
 * @property {string} tenant
 * @property {string | undefined} key undefined for all requests of a tenant without one
 * @property {readonly (Attempt | Mark)[]} rows
 * @property {Counts} counts
 * @property {LedgerEntry | undefined} entry what the server knows of the key, as last read
 * @property {number} last `id` of its latest event; 0 where there is none
 */

/** @typedef {{ readonly attempts: number, readonly effects: number, readonly replays: number, readonly faults: number }} Counts */

/** @typedef {{ request: number, title: string, at: number, steps: Step[] }} OpenAttempt */
/** @typedef {{ tenant: string, key: string | undefined, rows: (OpenAttempt | Mark)[], attempts: Map<number, OpenAttempt>, last: number }} OpenLane */

/** How an event looks, and what it says. Of `arrived` the title of its row speaks.
 *
 * @type {Readonly<Record<MockEventKind, readonly [tone: Tone, words: (event: MockEvent) => string]>>} */
const WORDS = {
  arrived: ['plain', () => 'arrived'],
  locked: ['lock', () => 'lock'],
  effect: ['effect', () => 'effect'],
  stored: ['store', ({ status }) => joined('store', status)],
  released: ['plain', ({ why }) => joined('release', why)],
  replayed: ['replay', ({ status }) => joined('replay', status)],
  waiting: ['wait', ({ why }) => joined('wait', why)],
  refused: ['wait', ({ status, why }) => joined('refuse', status, why)],
  expired: ['wait', () => 'the stored answer is past its lifetime, and forgotten'],
  fault: ['fault', ({ fault }) => joined('fault', fault)],
  answered: ['end', ({ status, error }) => joined('answer', status, error && `(${error})`)],
  lost: ['fault', ({ why }) => joined('no answer', why)],
  crashed: ['fault', () => 'the server crashed'],
  reset: ['plain', () => 'reset'],
  clock: ['plain', ({ by = 0 }) => `clock +${timeText(by)}`],
};

/** @type {readonly MockEventKind[]} */
const EVERYWHERE = ['crashed', 'clock'];

/** Lanes of what happened since the last reset, newest key first. Keys that only the ledger knows have a lane without rows.
 *
 * @param {readonly MockEvent[]} events in order
 * @param {readonly LedgerEntry[]} [ledger]
 * @returns {readonly Lane[]} */
export function lanesOf(events, ledger = []) {
  const entries = new Map(ledger.map((entry) => [laneId(entry.tenant, entry.key), entry]));
  /** @type {Map<string, OpenLane>} */
  const lanes = new Map();
  for (const [id, { tenant, key }] of entries) lanes.set(id, newLane(tenant, key));
  for (const event of sinceReset(events)) {
    if (EVERYWHERE.includes(event.kind)) markAll(lanes, event);
    else if (event.tenant !== undefined) place(laneFor(lanes, event.tenant, event.key), event);
  }
  return [...lanes]
    .map(([id, lane]) => closed(id, lane, entries.get(id)))
    .toSorted((one, other) => firstOf(other) - firstOf(one));
}

/** @param {readonly Lane[]} lanes
 * @returns {readonly string[]} */
export function tenantsOf(lanes) {
  return [...new Set(lanes.map(({ tenant }) => tenant))].toSorted();
}

/** What the key stands for at a moment, and until when.
 *
 * @param {Lane} lane
 * @param {number} now on the mock's clock
 * @returns {{ readonly state: LedgerEntry['state'] | 'none', readonly text: string }} */
export function stateOf({ entry }, now) {
  if (entry === undefined) return { state: 'none', text: 'no key' };
  const { state, expiresAt, status } = entry;
  const over = state === 'expired' || (state === 'stored' && expiresAt !== null && expiresAt <= now);
  if (over) return { state: 'expired', text: 'expired' };
  if (state === 'processing') return { state, text: 'locked' };
  if (state !== 'stored') return { state, text: 'free' };
  // Infinity is null in JSON.
  const until =
    expiresAt === null || expiresAt === Number.POSITIVE_INFINITY ? 'for ever' : `for ${timeText(expiresAt - now)}`;
  return { state, text: `${joined('stored', status)}, ${until}` };
}

/** In the largest unit that leaves at least 1, with at most one decimal.
 *
 * @param {number} ms */
export function timeText(ms) {
  const [unit, size] = UNITS.find(([, least]) => ms >= least) ?? ['ms', 1];
  return `${Math.floor((ms / size) * 10) / 10} ${unit}`;
}

/** @type {readonly (readonly [unit: string, size: number])[]} */
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** Requests that a reset cut off end after it: they belong to what was forgotten.
 *
 * @param {readonly MockEvent[]} events */
function sinceReset(events) {
  const reset = events.findLastIndex(({ kind }) => kind === 'reset');
  const forgotten = new Set(events.slice(0, reset + 1).map(({ request }) => request));
  forgotten.delete(undefined);
  return events.slice(reset + 1).filter(({ request }) => !forgotten.has(request));
}

/** @param {Map<string, OpenLane>} lanes
 * @param {MockEvent} event */
function markAll(lanes, event) {
  for (const lane of lanes.values()) if (lane.rows.length > 0) mark(lane, event);
}

/** @param {OpenLane} lane
 * @param {MockEvent} event */
function mark(lane, event) {
  lane.rows.push({ kind: 'mark', step: stepOf(event) });
  lane.last = event.id;
}

/** @param {OpenLane} lane
 * @param {MockEvent} event */
function place(lane, event) {
  const { request, method = '', path = '', at } = event;
  if (request === undefined) {
    mark(lane, event);
    return;
  }
  let attempt = lane.attempts.get(request);
  if (attempt === undefined) {
    attempt = { request, title: `${method} ${path}`, at, steps: [] };
    lane.attempts.set(request, attempt);
    lane.rows.push(attempt);
  }
  attempt.steps.push(stepOf(event));
  lane.last = event.id;
}

/** @param {MockEvent} event
 * @returns {Step} */
function stepOf(event) {
  const { id, at, kind } = event;
  // A newer server may tell what this page has no words for.
  const [tone, words] = WORDS[kind] ?? ['plain', () => kind];
  return { id, at, kind, tone, text: words(event) };
}

/** @param {Map<string, OpenLane>} lanes
 * @param {string} tenant
 * @param {string | undefined} key */
function laneFor(lanes, tenant, key) {
  const id = laneId(tenant, key);
  const lane = lanes.get(id) ?? newLane(tenant, key);
  lanes.set(id, lane);
  return lane;
}

/** @param {string} tenant
 * @param {string | undefined} key
 * @returns {OpenLane} */
function newLane(tenant, key) {
  return { tenant, key, rows: [], attempts: new Map(), last: 0 };
}

/** @param {string} id
 * @param {OpenLane} lane
 * @param {LedgerEntry | undefined} entry
 * @returns {Lane} */
function closed(id, { tenant, key, rows, attempts, last }, entry) {
  const steps = [...attempts.values()].flatMap((attempt) => attempt.steps);
  /** @param {MockEventKind} kind */
  const count = (kind) => steps.filter((step) => step.kind === kind).length;
  const counts = {
    attempts: attempts.size,
    // A crash takes effects back, and the ledger is what knows.
    effects: entry?.effects ?? count('effect'),
    replays: count('replayed'),
    faults: count('fault'),
  };
  return { id, tenant, key, rows: rows.map(closedRow), counts, entry, last };
}

/** @param {OpenAttempt | Mark} row
 * @returns {Attempt | Mark} */
function closedRow(row) {
  if ('kind' in row) return row;
  const end = row.steps.at(-1)?.kind;
  return { kind: 'attempt', ...row, ended: end === 'answered' || end === 'lost' };
}

/** Newest key first; those without events last.
 *
 * @param {Lane} lane */
function firstOf({ rows: [first] }) {
  if (first === undefined) return 0;
  return first.kind === 'mark' ? first.step.id : (first.steps[0]?.id ?? 0);
}

/** @param {string} tenant
 * @param {string | undefined} key */
function laneId(tenant, key) {
  return JSON.stringify([tenant, key ?? null]);
}

/** @param {readonly (string | number | undefined)[]} parts */
function joined(...parts) {
  return parts.filter((part) => part !== undefined).join(' ');
}
