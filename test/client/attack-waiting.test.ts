import { expect, test } from 'vitest';
import type { Client } from '../../src/index.node.ts';
import { slowed } from '../support/client-journals.ts';
import { told } from '../support/client-world.ts';
import { smallWorld } from '../support/small-world.ts';

const charge = (client: Client, more = {}) => client.post('/charges', { once: 'cart/1', json: { amount: 1 }, ...more });
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
const atMost = (ms: number): Promise<string> =>
  new Promise((resolve) => setTimeout(() => resolve('nobody was told'), ms));

test('a clock that is set back while a call is admitted does not lengthen its wait', async () => {
  const world = smallWorld();
  let now = Date.now();
  const { clock } = world.mock;
  const claim = (): void => {
    now -= 3_600_000;
  };
  const client = world.client(slowed(world.inner, { claim }), {
    attemptTimeout: 10_000,
    clock: { now: () => now, monotonic: () => clock.monotonic(), sleep: (ms, signal) => clock.sleep(ms, signal) },
    fetch: never,
  });
  const call = told(charge(client, { waitTimeout: 100 }));
  expect(await Promise.race([call, atMost(1_000)])).toMatch(/^StillPendingError STILL_PENDING possible/);
  await client.close({ timeout: 0 });
});

test.each([
  { what: 'an owner', options: { owner: never }, hooks: {} },
  { what: 'a journal', options: {}, hooks: { claim: never } },
])('a signal ends the wait for $what that never answers', async ({ options, hooks }) => {
  const world = smallWorld();
  const client = world.client(slowed(world.inner, hooks), options as { owner: () => Promise<string> });
  const stop = new AbortController();
  const call = told(charge(client, { signal: stop.signal, waitTimeout: Number.POSITIVE_INFINITY }));
  await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort();
  expect(await Promise.race([call, atMost(2_000)])).toMatch(/^StillPendingError STILL_PENDING possible/);
  expect(world.sent).toEqual([]);
});
