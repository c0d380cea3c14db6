import { v4 } from 'uuid';
import { JournalError } from '../../core/errors/journal-error.ts';
import { isLostConnection, storageError } from './storage-error.ts';

/** Records, under the keys of `record-keys.ts`. */
export const RECORDS = 'records';
/** What is known of the database itself. */
export const ABOUT = 'about';
/** Key in ABOUT: random, made with the database. Whoever knew another one knows that a database was lost. */
export const ID = 'id';
/** Key in ABOUT: an earlier database of this name was lost. */
export const LOSS = 'loss';

/** What is stored under LOSS. */
export interface Loss {
  readonly at: number;
  /** The application has reconciled since. */
  readonly acknowledgedAt?: number;
}

/** For ever: a second version would make every tab with older code block the upgrade. */
const VERSION = 1;

/** An open waits without a limit behind a deletion or an upgrade that a third tab blocks. Measured opens take 3 to 20 ms. */
const OPEN_LIMIT_MS = 4000;

/** Opens the database, makes it where it is missing, and gives up after 4 s.
 *  @throws the browser's own error where opening again can help, else JournalError 'blocked', 'unavailable', 'newer-version' or 'quota' */
export function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = requestOpen(name);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      reject(
        new JournalError(
          'blocked',
          `The IndexedDB database '${name}' did not open within ${OPEN_LIMIT_MS / 1000} s: another tab holds it while it is being deleted or upgraded. Nothing was sent: close the other tabs of this site.`,
        ),
      );
    }, OPEN_LIMIT_MS);
    request.onupgradeneeded = (event) => {
      // Nobody waits for it any more: an upgrade that came through later would meet code that does not expect it.
      if (late) request.transaction?.abort();
      else create(request, event);
    };
    request.onerror = (event) => {
      // Else Firefox reports it as an error of the page too.
      event.preventDefault();
      clearTimeout(timer);
      reject(isLostConnection(request.error) ? request.error : storageError(request.error, name));
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      if (late) request.result.close();
      else resolve(request.result);
    };
  });
}

function requestOpen(name: string): IDBOpenDBRequest {
  const factory: IDBFactory | undefined = globalThis.indexedDB;
  if (factory === undefined || factory === null) {
    throw new JournalError(
      'unavailable',
      "There is no IndexedDB here, so nothing was sent. In Node use fileJournal(directory) from 'onceward/node'; in a page whose storage is switched off use another journal, or hand in the key of your own backend.",
    );
  }
  try {
    return factory.open(name, VERSION);
  } catch (cause) {
    throw storageError(cause, name);
  }
}

function create(request: IDBOpenDBRequest, event: IDBVersionChangeEvent & { readonly dataLoss?: string }): void {
  request.result.createObjectStore(RECORDS);
  const about = request.result.createObjectStore(ABOUT);
  about.put(v4(), ID);
  // Chromium only. Kept in the database: said once, to whoever opens first, and every later start has to know it too.
  if (event.dataLoss === 'total') about.put({ at: Date.now() } satisfies Loss, LOSS);
}
