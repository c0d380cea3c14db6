import { JournalError } from '../../src/core/errors/journal-error.ts';
import type { Journal } from '../../src/core/journal.ts';
import type { Unusable } from './client-world.ts';

/** A journal in which records can be made unusable from outside: for media whose insides nobody can reach. */
export function spoilable(journal: Journal): Journal & { plant(identity: string, what: Unusable): Promise<void> } {
  const planted = new Map<string, Unusable>();
  const check = (identity: string): void => {
    const reason = planted.get(identity);
    if (reason) throw new JournalError(reason, `The record ${identity} cannot be used.`);
  };
  return {
    kind: journal.kind,
    durability: journal.durability,
    open: () => journal.open(),
    watch: (listener) => journal.watch(listener),
    close: () => journal.close(),
    remove: (identity, revision) => journal.remove(identity, revision),
    claim: async (record) => {
      check(record.identity);
      return journal.claim(record);
    },
    update: async (identity, change, options) => {
      check(identity);
      return journal.update(identity, change, options);
    },
    get: async (identity) => {
      check(identity);
      return journal.get(identity);
    },
    list: async (prefix, options) => {
      const { records } = await journal.list(prefix, options);
      const spoiled = [...planted].filter(([identity]) => identity.startsWith(prefix));
      return {
        records: records.filter(({ identity }) => !planted.has(identity)),
        unreadable: spoiled.map(([identity, reason]) => ({ identity, reason })),
      };
    },
    plant: async (identity, what) => void planted.set(identity, what),
  };
}
