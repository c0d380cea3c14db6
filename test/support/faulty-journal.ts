import type { Journal } from '../../src/core/journal.ts';

/** One call to a journal, as a fault plan counts them: from 1. */
export interface JournalCall {
  readonly number: number;
  readonly method: 'claim' | 'update' | 'get' | 'list' | 'remove';
  readonly what: string;
}

/** What becomes of a call: `before`: it is not carried out; `after`: it is, and its answer is lost. */
export type CallFault = 'before' | 'after';

/** A journal whose calls are counted, each of which `meet` may strike: by an error thrown on the way in or on the way back, or by silence. */
export function faultyJournal(
  inner: Journal,
  meet: (call: JournalCall) => CallFault | undefined,
  strike: <T>(call: JournalCall) => Promise<T>,
): Journal {
  let number = 0;
  const counted = async <T>(method: JournalCall['method'], what: string, work: () => Promise<T>): Promise<T> => {
    const call = { number: ++number, method, what };
    const fault = meet(call);
    if (fault === 'before') return strike<T>(call);
    const result = await work();
    return fault === 'after' ? strike<T>(call) : result;
  };
  return {
    kind: inner.kind,
    durability: inner.durability,
    open: () => inner.open(),
    claim: (record) => counted('claim', record.fixed.kind, () => inner.claim(record)),
    update: (identity, change, options) =>
      counted('update', `${change.state.state}${options?.relaxed ? ' relaxed' : ''}`, () =>
        inner.update(identity, change, options),
      ),
    get: (identity) => counted('get', '', () => inner.get(identity)),
    list: (prefix, options) => counted('list', '', () => inner.list(prefix, options)),
    remove: (identity, revision) => counted('remove', '', () => inner.remove(identity, revision)),
    watch: (listener) => inner.watch(listener),
    close: async () => undefined,
  };
}
