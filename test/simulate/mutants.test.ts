// Does the simulation notice anything? Each mistake that it is there to find is put round the client, and the oracle that is named must report it, in a
// world that is small and, without the mistake, in order.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTANTS } from '../../src/testing/simulate/mutants.ts';
import type { Plan } from '../../src/testing/simulate/plan.ts';
import { runPlan } from '../../src/testing/simulate/run-plan.ts';

const plans = JSON.parse(readFileSync(join(import.meta.dirname, 'mutant-plans.json'), 'utf8')) as Record<string, Plan>;

test.each(MUTANTS)('$name is found by $oracle', async (mutant) => {
  const plan = plans[mutant.name];
  if (plan === undefined) throw new Error(`test/simulate/mutant-plans.json has no plan for ${mutant.name}`);
  expect((await runPlan(plan, { reach: () => {} })).violation).toBeUndefined();
  expect((await runPlan(plan, { reach: () => {}, mutant })).violation?.invariant).toBe(mutant.oracle);
});

test('every promise has a mistake that breaks it', () => {
  const promises = Array.from({ length: 14 }, (_, at) => `I${at + 1}`);
  expect([...new Set(MUTANTS.map(({ oracle }) => oracle as string))].toSorted()).toEqual(promises.toSorted());
});
