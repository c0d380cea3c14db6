import type { JournalRecord } from '../../core/record.ts';
import { type Found, find, keysOf, place } from './record-keys.ts';
import { isUnstorable } from './storage-error.ts';

/** What a write makes of what is stored under its name: something to store, or `remove`, or neither. */
export interface Decision<T> {
  readonly result: T;
  readonly put?: JournalRecord;
  readonly remove?: true;
}

/** One read-decide-write on one name. `decide` may run several times, and the last run counts. */
export interface Write<T> {
  readonly identity: string;
  readonly relaxed: boolean;
  decide(stored: unknown): Decision<T>;
  /** What `decide(undefined)` will most likely put, for a name that is most likely new. */
  offer?(): JournalRecord | undefined;
  /** Called while it is being stored, which takes long: time for what need not wait. Where it fails, `undo` is called. */
  prepare?(result: T): void;
  undo?(): void;
  /** Called when it is complete. */
  noted(result: T): void;
}

/** A write on its way. */
export interface Entry {
  readonly write: Pick<Write<unknown>, 'identity' | 'relaxed' | 'decide' | 'offer' | 'prepare' | 'undo'>;
  readonly settle: (outcome: Outcome) => void;
  /** What the last run came to; counts when its transaction is complete. */
  outcome?: Outcome;
  /** Its caller has been told that it failed: it must not be written any more. */
  abandoned: boolean;
}
export type Outcome = { readonly result: unknown } | { readonly error: unknown };

/** Puts all writes into one transaction: names side by side, the writes of one name strictly one after another. Side by side, two claims of one
 *  name would both read before either writes: measured, 100 of 100 keys split, in every engine. */
export function runAll(records: IDBObjectStore, entries: readonly Entry[]): Promise<void> {
  const chains = new Map<string, Entry[]>();
  for (const entry of entries) {
    const chain = chains.get(entry.write.identity);
    if (chain === undefined) chains.set(entry.write.identity, [entry]);
    else chain.push(entry);
  }
  return new Promise((resolve, reject) => {
    let open = chains.size;
    const done = (): void => {
      if (--open > 0) return;
      // Nothing more will be asked: the transaction need not wait for the event loop to see that.
      records.transaction.commit?.();
      for (const { abandoned, outcome, write } of entries)
        if (!abandoned && outcome && 'result' in outcome) write.prepare?.(outcome.result);
      resolve();
    };
    const fail = (error: unknown): void => {
      reject(error);
      records.transaction.abort();
    };
    for (const chain of chains.values()) runChain(records, chain.values(), { isFirst: true, done, fail });
  });
}

interface Run {
  /** Nothing of this chain has been written yet. */
  readonly isFirst: boolean;
  done(): void;
  fail(error: unknown): void;
}

function runChain(records: IDBObjectStore, chain: Iterator<Entry>, run: Run): void {
  let next = chain.next();
  while (!next.done && next.value.abandoned) next = chain.next();
  if (next.done) return run.done();
  const entry = next.value;
  /** Firefox refuses the first write after a full disk: the transaction is at fault, not the write. */
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      run.fail(error);
    }
  };
  const goOn = (): void => runChain(records, chain, { ...run, isFirst: false });
  const read = (): void =>
    find(records, entry.write.identity, (found) =>
      guarded(() => {
        if (!entry.abandoned) writeOver(records, entry, found);
        goOn();
      }),
    );
  const offer = run.isFirst ? entry.write.offer?.() : undefined;
  if (offer === undefined) read();
  else guarded(() => add(records, { entry, offer }, { guarded, read, goOn }));
}

interface Next {
  guarded(work: () => void): void;
  /** The name is known: it is read, like any other. */
  read(): void;
  goOn(): void;
}

/** Adds what is offered unread: the store itself says where there is something already. Half the requests, and they need not wait for each other. */
function add(
  records: IDBObjectStore,
  { entry, offer }: { readonly entry: Entry; readonly offer: JournalRecord },
  { guarded, read, goOn }: Next,
): void {
  const value = { record: offer };
  const [own, other] = keysOf(offer.identity, value);
  let isThere = false;
  const stored = attempt(entry, () => {
    const adding = records.add(value, own);
    adding.onerror = (event) => {
      if (adding.error?.name !== 'ConstraintError') return;
      isThere = true;
      // Else the whole transaction would be given up.
      event.preventDefault();
    };
  });
  if (!stored) return goOn();
  const elsewhere = records.getKey(other);
  elsewhere.onsuccess = () =>
    guarded(() => {
      const isKnown = isThere || elsewhere.result !== undefined;
      const isWanted = !isKnown && !entry.abandoned && decided(entry, undefined)?.put !== undefined;
      if (!isThere && !isWanted) records.delete(own);
      if (isKnown) read();
      else goOn();
    });
}

function writeOver(records: IDBObjectStore, entry: Entry, { value, at }: Found): void {
  const decision = decided(entry, value);
  if (decision === undefined) return;
  const { put, remove } = decision;
  attempt(entry, () => {
    if (put !== undefined) place(records, entry.write.identity, { record: put }, at);
    else if (remove && at !== undefined) records.delete(at);
  });
}

/** What the entry makes of `stored`; noted as its outcome. */
function decided(entry: Entry, stored: unknown): Decision<unknown> | undefined {
  try {
    const decision = entry.write.decide(stored);
    entry.outcome = { result: decision.result };
    return decision;
  } catch (error) {
    entry.outcome = { error };
    return undefined;
  }
}

/** False where the value cannot be stored: the fault of this entry alone. */
function attempt(entry: Entry, write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (!isUnstorable(error)) throw error;
    entry.outcome = { error };
    return false;
  }
}
