import { describe, expect, test } from 'vitest';
import { FAULT_KINDS } from '../../src/mock/fault-kinds.ts';
import { createMock, type Fault } from '../../src/mock/index.ts';
import { PLAN_FILES } from './support/plan-files.ts';
import { type PlanRun, runPlan } from './support/plan-run.ts';
import { BASE, type Reached, TRANSPORTS } from './support/transports.ts';

async function run(transport: keyof typeof TRANSPORTS, plan: readonly Fault[]): Promise<PlanRun> {
  let reached: Reached | undefined;
  try {
    return await runPlan(
      plan,
      (options) => createMock({ ...options, baseUrl: BASE }),
      async (mock) => (reached = await TRANSPORTS[transport](mock)),
    );
  } finally {
    await reached?.close();
  }
}

test('there are twenty plans, with every fault in them', () => {
  expect(PLAN_FILES).toHaveLength(20);
  const planned = PLAN_FILES.flatMap(([, plan]) => plan).map((fault) =>
    typeof fault === 'string' ? fault : fault.fault,
  );
  const kinds = new Set<string>(planned.filter((kind) => !kind.startsWith('status:')));
  expect(kinds).toEqual(FAULT_KINDS);
});

describe('one plan gives one ledger, however the mock is reached', () => {
  // In a browser: test/page/mock-plans.test.ts.
  test.each(PLAN_FILES)('%s', async (_name, plan) => {
    const direct = await run('fetch', plan);
    expect(direct.answers).toHaveLength(2);
    expect(direct.effects).toHaveLength(2);
    expect(await run('http', plan)).toEqual(direct);
    expect(await run('msw', plan)).toEqual(direct);
  });
});
