import type { Journal } from '../../../src/core/journal.ts';
import { applyUpdate, isOpen, type JournalRecord, type OperationRecord } from '../../../src/core/record.ts';

// Each row breaks one promise of a journal that keeps them all. The suite must say so, by the case that is named.

export type Break = (inner: Journal) => Partial<Journal>;

/** Long enough for others to come in between. */
export const soon = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

/** Every record there is, to break a journal from outside. */
async function all(journal: Journal): Promise<readonly JournalRecord[]> {
  return (await journal.list('')).records;
}

/** Puts `record` in the place of what is stored. */
export async function overwrite(journal: Journal, record: JournalRecord): Promise<void> {
  const existing = await journal.get(record.identity);
  if (existing !== undefined) await journal.remove(record.identity, existing.revision);
  await journal.claim(record);
}

export const WRITE_MUTANTS: readonly (readonly [what: string, caught: RegExp, broken: Break])[] = [
  [
    'claim writes over what is there',
    /^claim: of a claimed name returns the first/,
    (inner) => ({
      async claim(record) {
        await overwrite(inner, record);
        return { created: true, record };
      },
    }),
  ],
  [
    'claim looks first and writes later',
    /^claim: 1000 at once/,
    (inner) => ({
      async claim(record) {
        const existing = await inner.get(record.identity);
        if (existing !== undefined) return { created: existing.write === record.write, record: existing };
        await soon();
        await overwrite(inner, record);
        return { created: true, record };
      },
    }),
  ],
  [
    'a lost claim returns the record that was offered',
    /^claim: of a claimed name returns the first/,
    (inner) => ({ claim: async (record) => ({ ...(await inner.claim(record)), record: structuredClone(record) }) }),
  ],
  [
    'a claim run again does not know its own write',
    /^claim: run again with the same write token/,
    (inner) => ({
      async claim(record) {
        const existed = (await inner.get(record.identity)) !== undefined;
        const claimed = await inner.claim(record);
        return { ...claimed, created: claimed.created && !existed };
      },
    }),
  ],
  [
    'update takes any revision',
    /^update: loses at any other revision/,
    (inner) => ({
      async update(identity, change) {
        const revision = (await inner.get(identity))?.revision ?? 0;
        return inner.update(identity, { ...change, revision });
      },
    }),
  ],
  [
    'update reads, waits, and writes',
    /^update: a storm of 40 writers/,
    (inner) => ({
      async update(identity, change) {
        const result = applyUpdate(await inner.get(identity), change);
        await soon();
        if (result.won && result.record !== undefined) await overwrite(inner, result.record);
        return result;
      },
    }),
  ],
  [
    'update takes a fixed part that was smuggled in',
    /^update: of the state never changes the fixed part/,
    (inner) => ({
      update: (identity, change) =>
        inner.update(identity, 'fixed' in change ? { ...change, round: change.fixed as never } : change),
    }),
  ],
  [
    'update ignores a new round',
    /^update: with a round replaces the fixed part/,
    (inner) => ({ update: (identity, { round: _, ...change }) => inner.update(identity, change) }),
  ],
  [
    'a finished operation keeps its request body',
    /^update: to a finished state drops the request body/,
    (inner) => ({
      async update(identity, change) {
        const before = await inner.get(identity);
        const result = await inner.update(identity, change);
        if (!result.won || before?.fixed.kind !== 'operation') return result;
        const record = { ...(result.record as OperationRecord), fixed: change.round ?? before.fixed };
        await overwrite(inner, record);
        return { won: true, record };
      },
    }),
  ],
  [
    'a relaxed update is only promised',
    /^update: relaxed is visible/,
    (inner) => ({
      async update(identity, change, options) {
        if (options?.relaxed !== true) return inner.update(identity, change);
        return applyUpdate(await inner.get(identity), change);
      },
    }),
  ],
  [
    'close loses the relaxed updates that wait in a queue',
    /^close: updates under way are finished/,
    (inner) => {
      const queue: (() => Promise<unknown>)[] = [];
      return {
        async update(identity, change, options) {
          if (options?.relaxed !== true) return inner.update(identity, change);
          const result = applyUpdate(await inner.get(identity), change);
          queue.push(() => inner.update(identity, change));
          return result;
        },
        async get(identity) {
          for (const write of queue.splice(0)) await write();
          return inner.get(identity);
        },
        async close() {
          // Those that come in while it closes are dropped as well.
          await soon();
          queue.length = 0;
        },
      };
    },
  ],
  [
    'the objects that come back are the stored ones',
    /^claim: what comes back is not what was put in/,
    () => {
      const records = new Map<string, JournalRecord>();
      return {
        async claim(record) {
          const existing = records.get(record.identity);
          if (existing === undefined) records.set(record.identity, record);
          return { created: (existing ?? record).write === record.write, record: existing ?? record };
        },
        get: async (identity) => records.get(identity),
      };
    },
  ],
  [
    'bytes pass through text',
    /^claim: a 1 MiB body and a body of every byte value/,
    (inner) => ({
      claim(record) {
        if (record.fixed.kind !== 'operation' || record.fixed.request.body === undefined) return inner.claim(record);
        const body = new TextEncoder().encode(new TextDecoder().decode(record.fixed.request.body));
        const fixed = { ...record.fixed, request: { ...record.fixed.request, body } };
        return inner.claim({ ...(record as OperationRecord), fixed });
      },
    }),
  ],
  [
    'the prefix is a pattern, as in LIKE',
    /^list: by prefix, where names are prefixes/,
    (inner) => ({
      async list(prefix, options) {
        const escaped = prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
        const pattern = new RegExp(`^${escaped.replaceAll('%', '.*').replaceAll('_', '.')}`, 's');
        const { records, unreadable } = await inner.list('', options);
        return { records: records.filter((record) => pattern.test(record.identity)), unreadable };
      },
    }),
  ],
  [
    'the prefix matches whole parts only',
    /^list: by prefix, where names are prefixes/,
    (inner) => ({
      async list(prefix, options) {
        const { records, unreadable } = await inner.list(prefix, options);
        const whole = (identity: string) => prefix === '' || prefix.endsWith('/') || identity[prefix.length] === '/';
        return { records: records.filter(({ identity }) => whole(identity)), unreadable };
      },
    }),
  ],
  [
    'open means unfinished',
    /^list: open/,
    (inner) => ({
      async list(prefix, options) {
        const { records, unreadable } = await inner.list(prefix, options);
        return {
          records: records.filter((record) => !options?.open || record.state?.finishedAt === undefined),
          unreadable,
        };
      },
    }),
  ],
  [
    'the open ones are an index that a new round forgets',
    /^list: a finished operation that begins a new round/,
    (inner) => {
      const closed = new Set<string>();
      return {
        async update(identity, change) {
          const result = await inner.update(identity, change);
          if (result.record !== undefined && !isOpen(result.record)) closed.add(identity);
          return result;
        },
        async list(prefix, options) {
          const { records, unreadable } = await inner.list(prefix, options);
          return { records: records.filter(({ identity }) => !options?.open || !closed.has(identity)), unreadable };
        },
      };
    },
  ],
  [
    'list reads in pages by number, and others write meanwhile',
    /^list: while others write/,
    (inner) => ({
      async list(prefix, options) {
        const found: JournalRecord[] = [];
        for (let at = 0; ; at += 7) {
          // As a store that moves what is written to the end.
          const records = (await inner.list(prefix, options)).records.toSorted(
            (one, other) => one.revision - other.revision,
          );
          found.push(...records.slice(at, at + 7));
          if (at + 7 >= records.length) return { records: found, unreadable: [] };
          await soon();
        }
      },
    }),
  ],
  [
    'names fold case',
    /^names: nasty ones stay apart/,
    (inner) => ({
      async claim(record) {
        const folded = record.identity.toLowerCase();
        const existing = (await all(inner)).find(({ identity }) => identity.toLowerCase() === folded);
        return existing === undefined ? inner.claim(record) : { created: false, record: existing };
      },
    }),
  ],
  [
    'names are cut at 191 characters',
    /^names: 200 of which each is the beginning/,
    (inner) => {
      const owners = new Map<string, JournalRecord>();
      return {
        async claim(record) {
          const cut = record.identity.slice(0, 191);
          const owner = owners.get(cut) ?? record;
          owners.set(cut, owner);
          return owner.identity === record.identity ? inner.claim(record) : { created: false, record: owner };
        },
      };
    },
  ],
  [
    'the records are members of a plain object',
    /^names: members of Object.prototype/,
    (inner) => {
      const records: Record<string, JournalRecord> = {};
      return { get: async (identity) => records[identity] ?? inner.get(identity) };
    },
  ],
];
