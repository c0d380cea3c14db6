// @ts-check
/** @import { MockEvent } from '../../events.ts' */
/** @import { LedgerEntry } from '../../types.ts' */
/** @import { Lane } from './lanes.js' */
import { mockNow, readClock, showClock } from './clock.js';
import { readPlan, startControls } from './controls.js';
import { byId, element } from './element.js';
import { withEvents } from './history.js';
import { badge, laneView } from './lane-view.js';
import { lanesOf, tenantsOf } from './lanes.js';
import { listen, readLedger } from './server.js';

/** More lanes than anybody reads; the rest is counted. */
const LANES_SHOWN = 100;
/** The ledger of a busy server is large: it is read at most this often. */
const LEDGER_EVERY = 400;
const TICK = 1_000;

/** @type {readonly MockEvent[]} */
let events = [];
/** @type {MockEvent[]} */
let fresh = [];
/** @type {readonly LedgerEntry[]} */
let ledger = [];
/** @type {readonly Lane[]} */
let lanes = [];
/** What is on the page. @type {Map<string, { readonly version: string, readonly node: HTMLElement }>} */
let shown = new Map();
let drawing = false;
let reading = false;
let readAgain = false;

const tenantSelect = /** @type {HTMLSelectElement} */ (byId('tenant'));

function drawSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    draw();
  });
}

function draw() {
  events = withEvents(events, fresh);
  fresh = [];
  lanes = lanesOf(events, ledger);
  showTenants();
  const tenant = tenantSelect.value;
  const wanted = lanes.filter((lane) => tenant === '' || lane.tenant === tenant);
  const visible = wanted.slice(0, LANES_SHOWN);
  const now = mockNow();
  const nodes = new Map(visible.map((lane) => [lane.id, nodeOf(lane, now)]));
  for (const [id, { node }] of shown) if (nodes.get(id)?.node !== node) node.remove();
  shown = nodes;
  place([...nodes.values()].map(({ node }) => node));
  byId('empty').hidden = wanted.length > 0;
  const left = wanted.length - visible.length;
  byId('more').textContent = left > 0 ? `${left} older keys are not shown.` : '';
}

/** The node that shows the lane, a new one only where something has changed: what somebody selects or a screen reader reads stays in place.
 *
 * @param {Lane} lane
 * @param {number} now */
function nodeOf(lane, now) {
  const { last, counts, entry } = lane;
  const version = JSON.stringify([events[0]?.at, last, counts, entry]);
  const before = shown.get(lane.id);
  return before?.version === version ? before : { version, node: laneView(lane, now) };
}

/** @param {readonly HTMLElement[]} nodes */
function place(nodes) {
  const box = byId('lanes');
  for (const [index, node] of nodes.entries()) {
    if (box.children[index] !== node) box.insertBefore(node, box.children[index] ?? null);
  }
}

function showTenants() {
  const known = new Set([...tenantSelect.options].map(({ value }) => value));
  for (const tenant of tenantsOf(lanes)) {
    if (!known.has(tenant)) tenantSelect.append(element('option', { value: tenant }, tenant));
  }
}

/** Keys expire while nothing else happens. */
function tick() {
  showClock();
  const now = mockNow();
  for (const lane of lanes) {
    const old = shown.get(lane.id)?.node.querySelector('.badge');
    const next = badge(lane, now);
    if (old !== null && old !== undefined && old.textContent !== next.textContent) old.replaceWith(next);
  }
}

async function readSoon() {
  if (reading) {
    readAgain = true;
    return;
  }
  reading = true;
  readAgain = false;
  // The events go on without it: they come again with the next connection.
  const [read] = await Promise.allSettled([readLedger(), readClock(), readPlan()]);
  if (read.status === 'fulfilled') ledger = read.value;
  drawSoon();
  tick();
  setTimeout(() => {
    reading = false;
    if (readAgain) void readSoon();
  }, LEDGER_EVERY);
}

startControls(() => void readSoon());
tenantSelect.addEventListener('change', drawSoon);
setInterval(tick, TICK);
listen({
  onEvent(event) {
    fresh.push(event);
    drawSoon();
    void readSoon();
  },
  onConnected(connected) {
    const state = byId('connection');
    state.dataset['state'] = connected ? 'live' : 'gone';
    state.textContent = connected ? 'Live' : 'The server is gone. Trying again …';
    if (connected) void readSoon();
  },
});
