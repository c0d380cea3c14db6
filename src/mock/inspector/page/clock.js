// @ts-check
import { byId } from './element.js';
import { read } from './server.js';

/** How far the mock's clock is ahead of this page's. */
let ahead = 0;

/** @returns {number} milliseconds since 1970 on the mock's clock */
export function mockNow() {
  return Date.now() + ahead;
}

export async function readClock() {
  const { now } = await read('clock');
  ahead = now - Date.now();
}

export function showClock() {
  const iso = new Date(mockNow()).toISOString();
  const shown = byId('clock');
  shown.setAttribute('datetime', iso);
  shown.textContent = `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}
