// What reads the time, draws a number or goes to the network past its ports makes a world that cannot be repeated. The linter keeps such calls out of
// `src/core`; this catches them wherever they are made from, in the client's dependencies too.
import { afterEach, expect, test, vi } from 'vitest';
import { nodeClock } from '../../src/node/clock.ts';
import { nodeRandom } from '../../src/node/random.ts';
import { runPlan } from '../../src/testing/simulate/run-plan.ts';
import { swarmPlan } from '../../src/testing/simulate/swarm.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const WATCHED = [
  [globalThis, 'setTimeout'],
  [globalThis, 'setInterval'],
  [globalThis, 'fetch'],
  [Math, 'random'],
  [Date, 'now'],
  [crypto, 'getRandomValues'],
  [crypto, 'randomUUID'],
] as const;

/** What was called while `work` ran, by lines of ours or of what the client stands on. */
async function tripped(work: () => Promise<void>): Promise<readonly string[]> {
  const calls = new Set<string>();
  for (const [owner, name] of WATCHED) {
    const watched = owner as unknown as Record<string, (...given: unknown[]) => unknown>;
    const real = watched[name];
    vi.spyOn(watched, name).mockImplementation((...given) => {
      const caller = new Error(name).stack?.split('\n').find((line) => /\/(?:src|ky|p-retry|uuid)\//.test(line));
      if (caller !== undefined) calls.add(`${name} ${caller.trim()}`);
      return real?.apply(owner, given);
    });
  }
  await work();
  return [...calls];
}

test('nothing in a world reads time, randomness or the network past its ports', async () => {
  let events = 0;
  const found = await tripped(async () => {
    for (let seed = 1; seed <= 15; seed++) events += (await runPlan(swarmPlan(seed), { reach: () => {} })).events;
  });
  expect(found).toEqual([]);
  expect(events).toBeGreaterThan(300);
});

test('the wire itself holds: the ports of Node trip it', async () => {
  const found = await tripped(async () => {
    nodeClock.now();
    nodeRandom.fraction();
  });
  expect(found.join()).toMatch(/now .*src\/node\/clock.*random .*src\/node\/random/);
});
