import { expect } from 'vitest';
import type { Journal } from '../../../src/core/journal.ts';
import type { JournalContractOptions } from '../../../src/testing/journal-contract/options.ts';
import { journalContract } from '../../../src/testing/journal-contract.ts';

/** The names of the cases that fail, `only` of them or all. */
export async function failingCases(
  make: () => Promise<Journal>,
  options: JournalContractOptions = {},
  only: RegExp = /./,
): Promise<string[]> {
  const failed: string[] = [];
  const cases = journalContract(make, options).filter(({ name }) => only.test(name));
  expect(cases.length).toBeGreaterThan(0);
  for (const { name, run } of cases) {
    await run().catch((error: unknown) => {
      expect(error, name).toBeInstanceOf(Error);
      failed.push(name);
    });
  }
  return failed;
}
