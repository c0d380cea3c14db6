import { expect, test } from 'vitest';
import type { Journal } from '../../src/core/journal.ts';
import type { JournalContractOptions } from '../../src/testing/journal-contract/options.ts';
import { journalContract } from '../../src/testing/journal-contract.ts';

/** Every case of the journal contract as one test. */
export function runContract(make: () => Promise<Journal>, options: JournalContractOptions = {}): void {
  for (const { name, run } of journalContract(make, options)) {
    test(name, async () => {
      await expect(run()).resolves.toBeUndefined();
    });
  }
}
