import type { Journal } from '../core/journal.ts';
import { CLAIM_CASES } from './journal-contract/claim-cases.ts';
import { LIFE_CASES } from './journal-contract/life-cases.ts';
import { LIST_CASES } from './journal-contract/list-cases.ts';
import { UPDATE_CASES } from './journal-contract/update-cases.ts';

/** What every journal must do, as tests for any runner: create-if-absent under a crowd, compare-and-set, bytes, names, lists, hints, close.
 *  `make` is called once per case and must give an empty journal each time; the case closes it. A broken promise rejects with an Error that
 *  names it. Nothing here proves durability: for that a process has to be killed.
 *
 *  @example
 *  for (const { name, run } of journalContract(async () => storeJournal(myStore()))) test(name, run);
 */
export function journalContract(
  make: () => Promise<Journal>,
): readonly { readonly name: string; run(): Promise<void> }[] {
  return [...CLAIM_CASES, ...UPDATE_CASES, ...LIST_CASES, ...LIFE_CASES].map(({ name, run }) => ({
    name,
    async run() {
      const journal = await make();
      try {
        await run(journal);
      } finally {
        await journal.close();
      }
    },
  }));
}
