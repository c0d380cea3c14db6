// @ts-check
/** @import { MockEvent } from '../../events.ts' */
/** @import { LedgerEntry } from '../../types.ts' */

/** Between two attempts to reach a server that has gone. */
const RECONNECT_AFTER = 1_000;

/** Hands out what the server tells, its history first, again after each broken connection.
 *
 * @param {{ onEvent: (event: MockEvent) => void, onConnected: (connected: boolean) => void }} listeners */
export function listen(listeners) {
  const source = new EventSource('events');
  source.addEventListener('open', () => listeners.onConnected(true));
  source.addEventListener('message', ({ data }) => listeners.onEvent(JSON.parse(data)));
  source.addEventListener('error', () => {
    // Not the browser's own way to come back: that asks for what follows the last number, and a new server counts from 1.
    source.close();
    listeners.onConnected(false);
    setTimeout(() => listen(listeners), RECONNECT_AFTER);
  });
}

/** @returns {Promise<readonly LedgerEntry[]>} */
export function readLedger() {
  return read('ledger');
}

/** Tells the server to do something.
 *
 * @param {string} path
 * @param {unknown} [json]
 * @throws {Error} that says why not */
export async function tell(path, json) {
  await send(path, {
    method: 'POST',
    ...(json !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) }),
  });
}

/** @param {string} path */
export async function read(path) {
  const response = await send(path, { cache: 'no-store' });
  return response.json();
}

/** @param {string} path
 * @param {RequestInit} init */
export async function send(path, init) {
  const response = await fetch(path, init).catch(() => {
    throw new Error('The server cannot be reached.');
  });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Error(`${response.status}: ${problem.detail ?? problem.title ?? 'the server refused.'}`);
}
