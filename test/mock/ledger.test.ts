import { expect, test } from 'vitest';
import { Ledger } from '../../src/mock/ledger.ts';

const MANY = 30_000;

test('what is over is collected a little with every request: first the answers, then all but some 10,000 rows', () => {
  let now = 0;
  const expired: string[] = [];
  const ledger = new Ledger({ now: () => now, lease: undefined, tell: (_kind, { key }) => expired.push(key) });
  const answer = { status: 201, headers: [], body: new Uint8Array(8) };
  const store = (key: string): void => {
    const entry = ledger.hit('t', key);
    const memory = { lifetime: 1_000, from: 'first-use' } as const;
    const fingerprint = { head: 'POST /', body: new Uint8Array() };
    const lock = ledger.lock(entry, { fingerprint, memory, firstSent: undefined, tell: () => undefined as never });
    expect(ledger.ending(entry, lock)).toBe(true);
    ledger.finish(entry, lock, answer, true);
  };
  for (let index = 0; index < MANY; index += 1) store(`old-${index}`);
  expect(ledger.list()).toHaveLength(MANY);
  now = 1_000;
  for (let index = 0; index < MANY; index += 1) store(`new-${index}`);
  const left = ledger.list();
  const old = left.filter(({ state }) => state === 'expired');
  expect(new Set(expired).size).toBe(MANY);
  expect(expired).toHaveLength(MANY);
  expect(old.length).toBeLessThanOrEqual(11_000);
  expect(old.length).toBeGreaterThan(5_000);
  expect(left.filter(({ state }) => state === 'stored')).toHaveLength(MANY);
});
