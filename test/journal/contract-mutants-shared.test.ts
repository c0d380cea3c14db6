import { expect, test } from 'vitest';
import type { Journal } from '../../src/core/journal.ts';
import { applyUpdate, type JournalRecord } from '../../src/core/record.ts';
import { storeJournal } from '../../src/journal/store-journal.ts';
import type { JournalContractOptions } from '../../src/testing/journal-contract/options.ts';
import { journalContract } from '../../src/testing/journal-contract.ts';
import { type MapStore, mapStore } from '../support/map-store.ts';
import { breakable } from '../support/store-contract.ts';
import { overwrite, soon } from './support/contract-mutants.ts';
import { failingCases } from './support/failing-cases.ts';

/** A medium that several journals share, and what a case's hooks do to it. */
interface Medium {
  readonly store: MapStore;
  down: boolean;
}

type BreakShared = (inner: Journal, medium: Medium) => Partial<Journal>;

/** What only shows with a second journal, damage or a failing medium. */
const HOOKED: readonly (readonly [what: string, caught: RegExp, broken: BreakShared])[] = [
  [
    'each journal remembers what it has read',
    /^shared: what one journal claims/,
    (inner) => {
      const known = new Map<string, JournalRecord | undefined>();
      return {
        async get(identity) {
          if (!known.has(identity)) known.set(identity, await inner.get(identity));
          return known.get(identity);
        },
      };
    },
  ],
  [
    'relaxed updates stay in the process',
    /^shared: relaxed updates of one/,
    (inner) => ({
      async update(identity, change, options) {
        if (options?.relaxed !== true) return inner.update(identity, change);
        return applyUpdate(await inner.get(identity), change);
      },
    }),
  ],
  [
    'claims take turns inside one process only',
    /^shared: 40 names claimed by both/,
    (inner) => {
      let last: Promise<unknown> = Promise.resolve();
      return {
        claim(record) {
          const turn = last.then(async () => {
            const existing = await inner.get(record.identity);
            if (existing !== undefined) return { created: existing.write === record.write, record: existing };
            await soon();
            await overwrite(inner, record);
            return { created: true, record };
          });
          last = turn;
          return turn;
        },
      };
    },
  ],
  [
    'close closes the medium for everybody',
    /^shared: close of one leaves the other/,
    (inner, medium) => ({
      async close() {
        medium.down = true;
        await inner.close();
      },
    }),
  ],
  [
    'two journals take turns inside one process only',
    /^shared: (100 claims|a storm of updates|calls of both)/,
    (inner) => ({
      async claim(record) {
        const existing = await inner.get(record.identity);
        if (existing !== undefined) return { created: existing.write === record.write, record: existing };
        await soon();
        await overwrite(inner, record);
        return { created: true, record };
      },
      async update(identity, change) {
        const result = applyUpdate(await inner.get(identity), change);
        await soon();
        if (result.won && result.record !== undefined) await overwrite(inner, result.record);
        return result;
      },
    }),
  ],
  [
    'relaxed updates are dropped by close',
    /^reopen: what was written is there/,
    (inner) => {
      const relaxed = new Map<string, JournalRecord>();
      return {
        async update(identity, change, options) {
          const result = applyUpdate(relaxed.get(identity) ?? (await inner.get(identity)), change);
          if (options?.relaxed !== true) return inner.update(identity, change);
          if (result.record !== undefined) relaxed.set(identity, result.record);
          return result;
        },
        close: async () => relaxed.clear(),
      };
    },
  ],
  [
    'list leaves out what it cannot read',
    /^damage: a record of a newer version/,
    (inner) => ({ list: async (...how) => ({ ...(await inner.list(...how)), unreadable: [] }) }),
  ],
  [
    'what cannot be read is absent',
    /^damage: what cannot be read is never taken for absent/,
    (inner) => ({ get: (identity) => inner.get(identity).catch(() => undefined) }),
  ],
  [
    'a claim writes over what it cannot read',
    /^damage: a record of a newer version/,
    (inner, { store }) => ({
      claim: (record) =>
        inner.claim(record).catch(() => {
          store.values.delete(record.identity);
          return inner.claim(record);
        }),
    }),
  ],
  [
    'a medium that does not answer is empty',
    /^failure: a failed open is not remembered/,
    (inner) => ({ get: (identity) => inner.get(identity).catch(() => undefined) }),
  ],
  [
    'a claim that could not be written is promised',
    /^failure: every call rejects while/,
    (inner) => ({ claim: (record) => inner.claim(record).catch(() => ({ created: true, record })) }),
  ],
  [
    'a failed open is remembered',
    /^failure: a failed open is not remembered/,
    (inner) => {
      let opened: Promise<void> | undefined;
      const open = () => {
        opened ??= inner.open();
        return opened;
      };
      return {
        open,
        get: async (identity) => {
          await open();
          return inner.get(identity);
        },
      };
    },
  ],
];

test.each(HOOKED)('%s', async (_, caught, broken) => {
  const { make, options } = shared(broken);
  expect(await failingCases(make, options, caught)).toEqual(caseNames(caught));
});

/** The names of the cases that `wanted` names: all of them must fail. */
function caseNames(wanted: RegExp): string[] {
  const { make, options } = shared(() => ({}));
  const names = journalContract(make, options).map(({ name }) => name);
  return names.filter((name) => wanted.test(name));
}

test('no case that needs a hook is without a journal that fails it', () => {
  const needing = caseNames(/^(shared|reopen|damage|failure):/);
  expect(needing.filter((name) => !HOOKED.some(([, caught]) => caught.test(name)))).toEqual([]);
});

test('the shared journals they break break nothing', async () => {
  const { make, options } = shared(() => ({}));
  expect(await failingCases(make, options, /^(shared|reopen|damage|failure):/)).toEqual([]);
});

function shared(broken: BreakShared): { make: () => Promise<Journal>; options: JournalContractOptions } {
  const media = new WeakMap<Journal, Medium>();
  const open = (medium: Medium): Journal => {
    const inner = storeJournal(breakable(medium));
    const journal = { ...inner, ...broken(inner, medium) };
    media.set(journal, medium);
    return journal;
  };
  const mediumOf = (journal: Journal) => media.get(journal) as Medium;
  return {
    make: async () => open({ store: mapStore(), down: false }),
    options: {
      reopen: async (journal) => open(mediumOf(journal)),
      async damage(journal, identity, kind) {
        const { values } = mediumOf(journal).store;
        const { value } = values.get(identity) as { value: string };
        const spoiled = kind === 'garbage' ? value.slice(9) : value.replace('"version":1', '"version":2');
        values.set(identity, { value: spoiled, version: 'spoiled' });
      },
      async fail(journal) {
        const medium = mediumOf(journal);
        medium.down = true;
        return () => {
          medium.down = false;
        };
      },
    },
  };
}
