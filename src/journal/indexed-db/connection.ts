import { promisifyRequest } from 'idb-keyval';
import { JournalError } from '../../core/errors/journal-error.ts';
import { ABOUT, LOSS, openDatabase, RECORDS } from './open-database.ts';
import { isLostConnection } from './storage-error.ts';

/** Pauses before asking again over a new connection; then the call fails. */
const PAUSES_MS: readonly number[] = [20, 250, 1000];

export interface TransactionOptions {
  readonly mode: IDBTransactionMode;
  /** Written when the browser says so, not when the disk does. */
  readonly relaxed?: boolean;
  /** Gives up: the transaction is aborted where it still can be, and the call rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** One database, opened when needed and opened again when lost. */
export interface Connection {
  open(signal: AbortSignal): Promise<void>;
  /** Runs `work` in a transaction on the records; a readwrite one resolves when it is complete, by default on the disk. `work` may run several
   *  times: after a lost connection nobody knows whether the last run was stored. Rejects with the browser's own error. */
  transact<T>(options: TransactionOptions, work: (records: IDBObjectStore) => T | PromiseLike<T>): Promise<T>;
  /** Whether the browser threw away an earlier database of this name. */
  lost(): boolean;
  close(): Promise<void>;
}

interface Opened {
  readonly database: IDBDatabase;
  readonly lost: boolean;
}

/** `events.opened` after each open; `events.gone` when the browser or another tab took the database away. */
export function connect(name: string, events: { opened(): void; gone(): void }): Connection {
  let opening: Promise<Opened> | undefined;
  let lost = false;
  const running = new Set<Promise<unknown>>();

  const open = (): Promise<Opened> => {
    if (opening !== undefined) return opening;
    const mine = openAndRead(name);
    opening = mine;
    mine.then(
      (opened) => {
        const gone = (): void => {
          opened.database.close();
          if (opening === mine) opening = undefined;
          events.gone();
        };
        // Somebody wants to delete or upgrade it: a tab that does not let go blocks every later open, of every tab.
        opened.database.onversionchange = gone;
        opened.database.onclose = gone;
        lost = opened.lost;
        events.opened();
      },
      // A failed open is not cached: the next call tries again.
      () => {
        if (opening === mine) opening = undefined;
      },
    );
    return mine;
  };

  const transact: Connection['transact'] = async (options, work) => {
    for (let turn = 0; ; turn++) {
      const mine = open();
      try {
        const { database } = await unlessAborted(mine, options.signal);
        return await transactOnce(database, options, work);
      } catch (error) {
        options.signal.throwIfAborted();
        const pause = PAUSES_MS[turn];
        if (!isLostConnection(error) || pause === undefined) throw error;
        if (opening === mine) opening = undefined;
        void mine.then(
          ({ database }) => database.close(),
          () => {},
        );
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  };

  return {
    async open(signal) {
      await unlessAborted(open(), signal);
    },
    async transact(options, work) {
      const run = transact(options, work);
      running.add(run);
      try {
        return await run;
      } finally {
        running.delete(run);
      }
    },
    lost: () => lost,
    async close() {
      await Promise.allSettled(running);
      const closing = opening;
      opening = undefined;
      const opened = await closing?.catch(() => undefined);
      opened?.database.close();
    },
  };
}

async function openAndRead(name: string): Promise<Opened> {
  const database = await openDatabase(name);
  try {
    const about = database.transaction(ABOUT).objectStore(ABOUT);
    return { database, lost: (await promisifyRequest(about.get(LOSS))) !== undefined };
  } catch (cause) {
    database.close();
    if (isLostConnection(cause)) throw cause;
    throw new JournalError(
      'unavailable',
      `The IndexedDB database '${name}' cannot be read, or is not a journal of onceward. Nothing was sent: give indexedDBJournal() another name.`,
      { cause },
    );
  }
}

async function transactOnce<T>(
  database: IDBDatabase,
  { mode, relaxed = false, signal }: TransactionOptions,
  work: (records: IDBObjectStore) => T | PromiseLike<T>,
): Promise<T> {
  const transaction = database.transaction(RECORDS, mode, { durability: relaxed ? 'relaxed' : 'strict' });
  const done = new Promise<void>((resolve, reject) => {
    // Listeners, not `onabort`: promisifyRequest(transaction) writes those.
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => {
      reject(transaction.error ?? new DOMException('The transaction was aborted.', 'AbortError'));
    });
  });
  done.catch(() => {});
  const giveUp = (): void => {
    try {
      transaction.abort();
    } catch {
      // It has finished, or is being written this moment: whether it is stored is unknown.
    }
  };
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const result = await unlessAborted(
      Promise.race([work(transaction.objectStore(RECORDS)), done.then(never)]),
      signal,
    );
    if (mode === 'readwrite') await unlessAborted(done, signal);
    return result;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** A transaction that completes does not end the race for its result; one that aborts does. */
function never(): Promise<never> {
  return new Promise(() => {});
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
