import { describe, expect, test } from 'vitest';
import { explore, newTally } from '../../src/testing/simulate/campaign.ts';
import { MUTANTS } from '../../src/testing/simulate/mutants.ts';
import { failureReport } from '../../src/testing/simulate/report.ts';
import { shrink } from '../../src/testing/simulate/shrink.ts';
import { swarmPlan, swarmPlans } from '../../src/testing/simulate/swarm.ts';

describe('a broken promise', () => {
  test('is made as small as it stays broken', async () => {
    const plan = {
      ...swarmPlan(4),
      crashes: [{ at: 9, how: 'power', left: 'half', down: 50 } as const, { at: 12, how: 'kill', down: 0 } as const],
    };
    const small = await shrink(plan, async ({ crashes }) => crashes.some(({ how }) => how === 'power'));
    expect(small).toMatchObject({ processes: 1, requests: [], disk: [], disturbances: [] });
    expect(small.crashes).toEqual([{ at: 1, how: 'power', left: 'half', down: 0 }]);
    expect(small.intents).toEqual([{ kind: 'plain', by: 'both' }]);
  });

  test('ends a campaign, and is told with its plan, a way to repeat it and what happened', async () => {
    const mutant = MUTANTS.find(({ name }) => name === 'claims-unflushed');
    const tally = newTally();
    const failure = await explore(swarmPlans(1, 50), tally, { mutant });
    expect(failure).toMatchObject({ invariant: 'I3', plan: { requests: [], crashes: [], processes: 1 } });
    expect(tally.worlds).toBeLessThan(50);
    if (failure === undefined) return;
    const report = failureReport(failure, 'onceward simulate --plan it.json');
    expect(report).toMatch(/^I3: a request left whose claim is not durable/);
    expect(report).toContain('replay: onceward simulate --plan it.json');
    expect(report).toMatch(/sequenceDiagram\n {2}participant p1/);
  });
});
