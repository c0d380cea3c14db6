// The client as it is, in worlds in which everything goes wrong that can. `npm run simulate` lives through millions of them; these are a few seconds' worth,
// and the instruments themselves.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { explore, newTally } from '../../src/testing/simulate/campaign.ts';
import { isPlan, type Plan } from '../../src/testing/simulate/plan.ts';
import { rarePlans } from '../../src/testing/simulate/rare.ts';
import { runPlan } from '../../src/testing/simulate/run-plan.ts';
import { swarmPlan, swarmPlans } from '../../src/testing/simulate/swarm.ts';

const CORPUS = join(import.meta.dirname, 'corpus');
const quiet = { reach: () => {} };

/** What an earlier version broke. */
const corpus = readdirSync(CORPUS).map((file) => {
  const { plan } = JSON.parse(readFileSync(join(CORPUS, file), 'utf8')) as { readonly plan: unknown };
  return { file, plan };
});

describe('worlds', () => {
  test.each(corpus)('corpus: $file', async ({ plan }) => {
    expect(isPlan(plan)).toBe(true);
    expect((await runPlan(plan as Plan, quiet)).violation).toBeUndefined();
  });

  test('random ones and those made for what they seldom meet: every promise holds', async () => {
    const tally = newTally();
    const plans = [...rarePlans(), ...swarmPlans(1, 80)];
    expect(await explore(plans, tally)).toBeUndefined();
    expect(tally.worlds).toBe(plans.length);
    expect(tally.repeated).toBeGreaterThan(0);
    // They went through something.
    expect(tally.crashes).toBeGreaterThan(80);
    expect(Object.keys(tally.reached).length).toBeGreaterThan(80);
  }, 60_000);

  test('the same plan is the same world, to the last event, however real time passes', async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const first = await runPlan(swarmPlan(seed), quiet);
      // A turn of the event loop at every step instead of a drain of the microtasks.
      const slowly = await runPlan(swarmPlan(seed), { ...quiet, settled: () => turn() });
      expect([seed, slowly.hash, slowly.events]).toEqual([seed, first.hash, first.events]);
    }
  }, 60_000);

  test('another seed is another world', async () => {
    const hashes = await Promise.all([1, 2, 3].map((seed) => runPlan(swarmPlan(seed), quiet)));
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(3);
  });
});
