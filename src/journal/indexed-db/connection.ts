import type { Standstill } from '../../browser/standstill.ts';
import { openDatabase } from './open-database.ts';
import { isLostConnection } from './storage-error.ts';
import { runTransaction, type TransactionOptions, unlessAborted } from './transaction.ts';

/** Pauses before asking again over a new connection; then the call fails. */
const PAUSES_MS: readonly number[] = [20, 250, 1000];

/** One database, opened when needed and opened again when lost. */
export interface Connection {
  open(signal: AbortSignal): Promise<void>;
  /** Runs `work` in a transaction on one store; a readwrite one resolves when it is complete, by default on the disk. `work` may run several
   *  times: after a lost connection, or where the page stood still in between, nobody knows whether the last run was stored. Rejects with the
   *  browser's own error. */
  transact<T>(options: TransactionOptions, work: (store: IDBObjectStore) => T | PromiseLike<T>): Promise<T>;
  close(): Promise<void>;
}

export interface ConnectionEvents {
  /** The database is open. Nothing runs on it before this has resolved; where it rejects, the open has failed. */
  opened(database: IDBDatabase): Promise<void>;
  /** The browser or another tab took the database away. */
  gone(): void;
}

/** The page stands still before a transaction has ended: it is given up, so that the other tabs can go on, and runs again when the page does. */
const STOOD_STILL = Symbol('stood still');

export function connect(name: string, events: ConnectionEvents, still: Standstill): Connection {
  const opener = openOnce(name, events);
  const running = new Set<Promise<unknown>>();

  const transact: Connection['transact'] = async (options, work) => {
    for (let turn = 0; ; ) {
      if (still.over !== undefined) await unlessAborted(still.over, options.signal);
      const opening = opener.open();
      try {
        const database = await unlessAborted(opening, options.signal);
        // It may have begun to stand still meanwhile.
        if (still.over === undefined)
          return await whileMoving(still, options, (moving) => runTransaction(database, moving, work));
      } catch (error) {
        options.signal.throwIfAborted();
        if (error === STOOD_STILL) continue;
        const pause = PAUSES_MS[turn];
        turn += 1;
        if (!isLostConnection(error) || pause === undefined) throw error;
        await opener.drop(opening);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  };

  const tracked: Connection['transact'] = async (options, work) => {
    const run = transact(options, work);
    running.add(run);
    try {
      return await run;
    } finally {
      running.delete(run);
    }
  };

  return {
    transact: tracked,
    open: (signal) => tracked({ mode: 'readonly', signal }, () => {}),
    async close() {
      await Promise.allSettled(running);
      await opener.drop();
    },
  };
}

/** Runs `transact` with a signal that also gives up when the page begins to stand still. @throws STOOD_STILL */
async function whileMoving<T>(
  still: Standstill,
  options: TransactionOptions,
  transact: (options: TransactionOptions) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const giveUp = (): void => end.abort(options.signal.reason);
  options.signal.addEventListener('abort', giveUp, { once: true });
  const forget = still.onBegin(() => end.abort(STOOD_STILL));
  try {
    return await transact({ ...options, signal: end.signal });
  } finally {
    forget();
    options.signal.removeEventListener('abort', giveUp);
  }
}

interface Opener {
  open(): Promise<IDBDatabase>;
  /** Closes what `opening` came to, by default the present one; the next `open` opens anew. */
  drop(opening?: Promise<IDBDatabase>): Promise<void>;
}

/** One open for all callers, until it failed or the database was taken away. */
function openOnce(name: string, events: ConnectionEvents): Opener {
  let present: Promise<IDBDatabase> | undefined;

  const forget = (opening: Promise<IDBDatabase>): void => {
    if (present === opening) present = undefined;
  };

  const begin = (): Promise<IDBDatabase> => {
    const opening = openDatabase(name).then(async (database) => {
      const gone = (): void => {
        database.close();
        forget(opening);
        events.gone();
      };
      // Somebody wants to delete or upgrade it: a tab that does not let go blocks every later open, of every tab.
      database.onversionchange = gone;
      database.onclose = gone;
      try {
        await events.opened(database);
      } catch (error) {
        database.close();
        throw error;
      }
      return database;
    });
    // A failed open is not cached: the next call tries again.
    opening.catch(() => forget(opening));
    return opening;
  };

  return {
    open: () => (present ??= begin()),
    async drop(opening = present) {
      if (opening === undefined) return;
      forget(opening);
      (await opening.catch(() => undefined))?.close();
    },
  };
}
