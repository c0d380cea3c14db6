// Plans that fast-check makes up, and makes small by itself where one fails.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MUTANTS } from '../../src/testing/simulate/mutants.ts';
import type { Crash, Intent, Plan, RequestStrike } from '../../src/testing/simulate/plan.ts';
import { runPlan } from '../../src/testing/simulate/run-plan.ts';

const RUNS = Number(process.env['PLANS'] ?? 60);

const intent: fc.Arbitrary<Intent> = fc.record({
  kind: fc.constantFrom('plain', 'key', 'anonymous', 'cancel', 'declined', 'retry-declined', 'discard', 'decide'),
  by: fc.constantFrom('both', 'first', 'second'),
});

const strike: fc.Arbitrary<RequestStrike> = fc.record({
  request: fc.integer({ min: 1, max: 8 }),
  does: fc.oneof(
    fc.record({
      fault: fc.constantFrom('refuse', 'lose-request', 'lose-response', 'reset-after', 'truncate', 'duplicate', 'html'),
    }),
    fc.record({
      fault: fc.constantFrom('zombie', 'duplicate-later', 'delay-request', 'delay-response'),
      ms: fc.constantFrom(1, 1_000, 40_000, 7_200_000),
    }),
    fc.record({
      fault: fc.constant('status' as const),
      status: fc.constantFrom(401, 403, 408, 409, 429, 500, 502, 503),
    }),
    fc.record({
      fault: fc.constant('server-crash' as const),
      point: fc.constantFrom('before-effect', 'before-store', 'after-store'),
      ms: fc.constantFrom(0, 1_000, 120_000),
    }),
  ),
});

const crash: fc.Arbitrary<Crash> = fc.record({
  at: fc.integer({ min: 1, max: 60 }),
  how: fc.constantFrom('kill', 'power'),
  left: fc.constantFrom('none', 'one', 'half', 'all-but-one', 'all'),
  down: fc.constantFrom(0, 1_000, 180_000),
});

const plan: fc.Arbitrary<Plan> = fc.record({
  version: fc.constant(1 as const),
  seed: fc.nat(),
  server: fc.constantFrom('conflict', 'wait', 'accepted', 'stores-errors', 'short-memory', 'slow'),
  journal: fc.constant('image' as const),
  processes: fc.constantFrom(1, 2),
  presence: fc.constantFrom('locks', 'pages'),
  intents: fc.array(intent, { minLength: 1, maxLength: 3 }),
  requests: fc.array(strike, { maxLength: 5 }),
  crashes: fc.array(crash, { maxLength: 3 }),
  disk: fc.array(
    fc.record({
      write: fc.integer({ min: 1, max: 12 }),
      error: fc.constantFrom('full', 'lost', 'kept'),
      count: fc.constantFrom(1, 5),
    }),
    { maxLength: 1 },
  ),
  disturbances: fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 30_000 }),
      process: fc.constantFrom(0, 1),
      does: fc.constantFrom('pause', 'clock'),
      ms: fc.constantFrom(1_000, 25_000, 120_000),
    }),
    { maxLength: 2 },
  ),
});

test('whatever the plan, every promise holds', async () => {
  const holds = fc.asyncProperty(plan, async (one) => {
    expect((await runPlan(one, { reach: () => {} })).violation).toBeUndefined();
  });
  await fc.assert(holds, { numRuns: RUNS });
}, 60_000);

test('with a mistake in it one is found, and made small', async () => {
  const mutant = MUTANTS.find(({ name }) => name === 'forgets-the-unfinished');
  const holds = fc.asyncProperty(
    plan,
    async (one) => (await runPlan(one, { reach: () => {}, mutant })).violation === undefined,
  );
  const { failed, counterexample } = await fc.check(holds, { numRuns: 50, seed: 1 });
  const [small] = counterexample ?? [];
  expect(failed).toBe(true);
  const { requests = [], disk = [], disturbances = [], intents } = small ?? {};
  expect(requests.length + disk.length + disturbances.length).toBeLessThanOrEqual(1);
  expect(intents).toHaveLength(1);
}, 60_000);
