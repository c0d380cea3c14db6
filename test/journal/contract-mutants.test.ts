import { expect, test } from 'vitest';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { MUTANTS } from './support/contract-mutants.ts';
import { failingCases } from './support/failing-cases.ts';

test.each(MUTANTS)('%s', async (_, caught, broken) => {
  const make = async () => {
    const inner = memoryJournal();
    return { ...inner, ...broken(inner) };
  };
  expect(await failingCases(make, {}, caught)).toHaveLength(1);
});

test('the journal they break breaks nothing', async () => {
  expect(await failingCases(async () => memoryJournal())).toEqual([]);
});
