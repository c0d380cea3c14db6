import { RECORDS } from './open-database.ts';

export interface TransactionOptions {
  readonly mode: IDBTransactionMode;
  /** @default RECORDS */
  readonly store?: string;
  /** Written when the browser says so, not when the disk does. */
  readonly relaxed?: boolean;
  /** Gives up: the transaction is aborted where it still can be, and the call rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** Runs `work` in one transaction on one store; a readwrite one resolves when it is complete. Rejects with the browser's own error. */
export async function runTransaction<T>(
  database: IDBDatabase,
  { mode, store = RECORDS, relaxed = false, signal }: TransactionOptions,
  work: (store: IDBObjectStore) => T | PromiseLike<T>,
): Promise<T> {
  const transaction = database.transaction(store, mode, { durability: relaxed ? 'relaxed' : 'strict' });
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
    const result = await unlessAborted(Promise.race([work(transaction.objectStore(store)), done.then(never)]), signal);
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

/** What `promise` comes to, or the signal's reason where that is first. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
