import type { Standstill } from '../../browser/standstill.ts';
import { JournalError } from '../../core/errors/journal-error.ts';
import type { Connection } from './connection.ts';
import { storageError } from './storage-error.ts';
import { type Entry, runAll, type Write } from './write-batch.ts';

/** A tab frozen inside a transaction makes every other tab wait without a limit: the call fails, and nothing is sent. */
const WRITE_LIMIT_MS = 10_000;

/** Writes share transactions: one runs, what comes meanwhile goes into the next. Measured at 100 callers: 7 to 9 times the throughput in
 *  Chromium, 4 times in Firefox; no cost at one caller. */
export interface WriteQueue {
  /** Resolves when the write is complete, relaxed or on the disk. @throws JournalError */
  write<T>(write: Write<T>): Promise<T>;
  /** Resolves when nothing is queued or running. */
  idle(): Promise<void>;
}

interface Running {
  readonly entries: readonly Entry[];
  readonly abort: AbortController;
}

export function writeQueue(connection: Connection, name: string, still: Standstill): WriteQueue {
  let waiting: Entry[] = [];
  let running: Running | undefined;
  let pumping: Promise<void> | undefined;

  const transact = async (entries: readonly Entry[]): Promise<void> => {
    const abort = new AbortController();
    running = { entries, abort };
    const relaxed = entries.every((entry) => entry.write.relaxed);
    try {
      await connection.transact({ mode: 'readwrite', relaxed, signal: abort.signal }, (records) =>
        runAll(records, entries),
      );
      for (const entry of entries) entry.settle(entry.outcome ?? { error: new Error('The write did not run.') });
    } catch (error) {
      // One write can spoil the transaction for all (quota): each has its own try. A failed open is everybody's.
      if (entries.length > 1 && !(error instanceof JournalError)) {
        for (const entry of entries) if (!entry.abandoned) await transact([entry]);
        return;
      }
      for (const entry of entries) entry.settle({ error });
    } finally {
      running = undefined;
    }
  };

  const pump = async (): Promise<void> => {
    // One turn of the event loop's microtasks later: writes of the same tick share a transaction.
    await Promise.resolve();
    for (let batch = waiting; batch.length > 0; batch = waiting) {
      waiting = [];
      await transact(batch);
    }
    pumping = undefined;
  };

  const abandon = (entry: Entry): void => {
    entry.abandoned = true;
    const error = tooLate(name);
    entry.settle({ error });
    waiting = waiting.filter((other) => other !== entry);
    if (running?.entries.every((other) => other.abandoned)) running.abort.abort(error);
  };

  return {
    write<T>(write: Write<T>) {
      return new Promise<T>((resolve, reject) => {
        const entry: Entry = {
          write,
          abandoned: false,
          settle(outcome) {
            drop();
            if ('result' in outcome) return resolve(outcome.result as T);
            write.undo?.();
            reject(storageError(outcome.error, name));
          },
        };
        const drop = still.limit(WRITE_LIMIT_MS, () => abandon(entry));
        waiting.push(entry);
        pumping ??= pump();
      });
    },
    idle: async () => pumping,
  };
}

function tooLate(name: string): JournalError {
  return new JournalError(
    'unavailable',
    `The IndexedDB database '${name}' did not answer within ${WRITE_LIMIT_MS / 1000} s: another tab may be frozen in the middle of a write. Nothing was sent.`,
  );
}
