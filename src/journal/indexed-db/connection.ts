import { promisifyRequest } from 'idb-keyval';
import { JournalError } from '../../core/errors/journal-error.ts';
import { ABOUT, LOSS, openDatabase } from './open-database.ts';
import { isLostConnection } from './storage-error.ts';
import { runTransaction, type TransactionOptions, unlessAborted } from './transaction.ts';

/** Pauses before asking again over a new connection; then the call fails. */
const PAUSES_MS: readonly number[] = [20, 250, 1000];

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

/** What a connection tells: after each open; and when the browser or another tab took the database away. */
export interface ConnectionEvents {
  opened(): void;
  gone(): void;
}

export function connect(name: string, events: ConnectionEvents): Connection {
  const opener = openOnce(name, events);
  const running = new Set<Promise<unknown>>();

  const transact: Connection['transact'] = async (options, work) => {
    for (let turn = 0; ; turn++) {
      const opening = opener.open();
      try {
        const { database } = await unlessAborted(opening, options.signal);
        return await runTransaction(database, options, work);
      } catch (error) {
        options.signal.throwIfAborted();
        const pause = PAUSES_MS[turn];
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
    lost: opener.lost,
    async close() {
      await Promise.allSettled(running);
      await opener.drop();
    },
  };
}

interface Opener {
  open(): Promise<Opened>;
  /** Closes what `opening` came to, by default the present one; the next `open` opens anew. */
  drop(opening?: Promise<Opened>): Promise<void>;
  lost(): boolean;
}

/** One open for all callers, until it failed or the database was taken away. */
function openOnce(name: string, events: ConnectionEvents): Opener {
  let present: Promise<Opened> | undefined;
  let lost = false;

  const forget = (opening: Promise<Opened>): void => {
    if (present === opening) present = undefined;
  };

  const begin = (): Promise<Opened> => {
    const opening = openAndRead(name).then((opened) => {
      const gone = (): void => {
        opened.database.close();
        forget(opening);
        events.gone();
      };
      // Somebody wants to delete or upgrade it: a tab that does not let go blocks every later open, of every tab.
      opened.database.onversionchange = gone;
      opened.database.onclose = gone;
      lost = opened.lost;
      events.opened();
      return opened;
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
      const opened = await opening.catch(() => undefined);
      opened?.database.close();
    },
    lost: () => lost,
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
