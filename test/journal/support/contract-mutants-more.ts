import { applyUpdate, type OperationRecord } from '../../../src/core/record.ts';
import { type Break, soon } from './contract-mutants.ts';

/** As WRITE_MUTANTS: removing, hints, closing, long sequences, and what is not there. */
export const LIFE_MUTANTS: readonly (readonly [what: string, caught: RegExp, broken: Break])[] = [
  [
    'remove ignores the revision',
    /^remove: only at the stored revision/,
    (inner) => ({
      async remove(identity) {
        const existing = await inner.get(identity);
        return existing !== undefined && inner.remove(identity, existing.revision);
      },
    }),
  ],
  [
    'remove of what is not there says true',
    /^remove: of several at once one says true/,
    (inner) => ({
      async remove(identity, revision) {
        const removed = await inner.remove(identity, revision);
        return removed || (await inner.get(identity)) === undefined;
      },
    }),
  ],
  ['watch says nothing', /^watch: hears of a claim/, () => ({ watch: () => () => undefined })],
  [
    'a watch cannot be ended',
    /^watch: hears of a claim/,
    (inner) => ({
      watch(listener) {
        inner.watch(listener);
        return () => undefined;
      },
    }),
  ],
  [
    'after close nothing works',
    /^close: finishes what is under way/,
    (inner) => {
      let closed = false;
      return {
        async claim(record) {
          if (closed) throw new Error('closed');
          return inner.claim(record);
        },
        async close() {
          closed = true;
        },
      };
    },
  ],
  [
    'the tenth update of a record is forgotten',
    /^model: 400 calls one after another/,
    (inner) => ({
      async update(identity, change) {
        const result = applyUpdate(await inner.get(identity), change);
        return result.record?.revision === 5 ? result : inner.update(identity, change);
      },
    }),
  ],
  [
    'two calls of one name at the same time see the same past',
    /^model: calls of one name at the same time/,
    (inner) => ({
      async remove(identity, revision) {
        const found = (await inner.get(identity))?.revision === revision;
        await soon();
        await inner.remove(identity, revision);
        return found;
      },
    }),
  ],
  [
    'what was never claimed is null',
    /^get: a name nobody claimed/,
    (inner) => ({ get: async (identity) => (await inner.get(identity)) ?? (null as never) }),
  ],
  [
    'no claim says created',
    /^claim: creates an absent name/,
    (inner) => ({ claim: async (record) => ({ ...(await inner.claim(record)), created: false }) }),
  ],
  [
    'no body comes back as an empty one',
    /^claim: a request without a body/,
    (inner) => ({
      async get(identity) {
        const found = await inner.get(identity);
        if (found?.fixed.kind !== 'operation' || found.fixed.request.body !== undefined) return found;
        const request = { ...found.fixed.request, body: new Uint8Array(0) };
        return { ...(found as OperationRecord), fixed: { ...found.fixed, request } };
      },
    }),
  ],
  [
    'update wins where nothing is',
    /^update: of an absent name/,
    (inner) => ({
      async update(...how) {
        const result = await inner.update(...how);
        return result.record === undefined ? { won: true, record: undefined } : result;
      },
    }),
  ],
  [
    'an empty list is none',
    /^list: an empty journal/,
    (inner) => ({
      async list(...how) {
        const found = await inner.list(...how);
        if (found.records.length === 0) throw new Error('no such table');
        return found;
      },
    }),
  ],
];
