import { expect, test } from 'vitest';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { journalContract } from '../../src/testing/journal-contract.ts';
import { WRITE_MUTANTS } from './support/contract-mutants.ts';
import { LIFE_MUTANTS } from './support/contract-mutants-more.ts';
import { failingCases } from './support/failing-cases.ts';

const MUTANTS = [...WRITE_MUTANTS, ...LIFE_MUTANTS];

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

test('no case is without a journal that fails it', { timeout: 60_000 }, async () => {
  const journals = MUTANTS.map(([, , broken]) => async () => {
    const inner = memoryJournal();
    return { ...inner, ...broken(inner) };
  });
  const unmoved: string[] = [];
  for (const { name } of journalContract(async () => memoryJournal())) {
    let fails = false;
    for (const make of journals) {
      if (fails) break;
      const one = journalContract(make).find((found) => found.name === name);
      fails = await (one?.run() ?? Promise.resolve()).then(
        () => false,
        () => true,
      );
    }
    if (!fails) unmoved.push(name);
  }
  expect(unmoved).toEqual([]);
});
