import type { Journal } from '../core/journal.ts';
import type { HookedCase, JournalCase } from './journal-contract/case.ts';
import { CLAIM_CASES } from './journal-contract/claim-cases.ts';
import { DAMAGE_CASES } from './journal-contract/damage-cases.ts';
import { FAILURE_CASES } from './journal-contract/failure-cases.ts';
import { LIFE_CASES } from './journal-contract/life-cases.ts';
import { LIST_CASES } from './journal-contract/list-cases.ts';
import { MODEL_CASES } from './journal-contract/model-cases.ts';
import { NAME_CASES } from './journal-contract/name-cases.ts';
import type { JournalContractOptions } from './journal-contract/options.ts';
import { SHARED_CASES } from './journal-contract/shared-cases.ts';
import { UPDATE_CASES } from './journal-contract/update-cases.ts';

const ALWAYS: readonly JournalCase[] = [
  ...CLAIM_CASES,
  ...UPDATE_CASES,
  ...LIST_CASES,
  ...NAME_CASES,
  ...LIFE_CASES,
  ...MODEL_CASES,
];

/** What every journal must do, as tests for any runner: create-if-absent under a crowd, compare-and-set, bytes, names, lists, hints, close, and
 *  seeded sequences of calls against the rules. `make` is called once per case and must give an empty journal each time; the case closes it.
 *  A broken promise rejects with an Error that names it. Nothing here proves durability: for that a process has to be killed.
 *
 *  `options` are what only its author can do to a journal: open a second one on the same medium, damage a record, make the medium fail.
 *
 *  @example
 *  for (const { name, run } of journalContract(async () => storeJournal(myStore()))) test(name, run);
 *
 *  @example
 *  const stores = new WeakMap<Journal, ConditionalStore>(); // set in make
 *  journalContract(make, {
 *    reopen: async (journal) => storeJournal(stores.get(journal)!),
 *    async damage(journal, identity, kind) {
 *      const store = stores.get(journal)!;
 *      const { value, version } = (await store.read(identity))!;
 *      const spoiled = kind === 'garbage' ? value.slice(9) : value.replace('"version":1', '"version":2');
 *      await store.write(identity, spoiled, version);
 *    },
 *  });
 */
export function journalContract(
  make: () => Promise<Journal>,
  options: JournalContractOptions = {},
): readonly { readonly name: string; run(): Promise<void> }[] {
  const { reopen, damage, fail } = options;
  const cases = [
    ...ALWAYS,
    ...(reopen ? SHARED_CASES.map((one) => withOthers(one, (journal) => reopen.call(options, journal))) : []),
    ...given(DAMAGE_CASES, damage?.bind(options)),
    ...given(FAILURE_CASES, fail?.bind(options)),
  ];
  return cases.map(({ name, run }) => ({
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

function given<Hook>(cases: readonly HookedCase<Hook>[], hook: Hook | undefined): JournalCase[] {
  return hook === undefined ? [] : cases.map(({ name, run }) => ({ name, run: (journal) => run(journal, hook) }));
}

/** The journals that a case opens beside its own are closed with it. */
function withOthers(
  { name, run }: HookedCase<() => Promise<Journal>>,
  reopen: (journal: Journal) => Promise<Journal>,
): JournalCase {
  return {
    name,
    async run(journal) {
      const others: Journal[] = [];
      try {
        await run(journal, async () => {
          const other = await reopen(journal);
          others.push(other);
          return other;
        });
      } finally {
        await Promise.all(others.map((other) => other.close()));
      }
    },
  };
}
