import { JournalError } from '../../core/errors/journal-error.ts';

/** What the browser's error means for the journal called `name`. Judged by its name: `code` is a legacy number there. */
export function storageError(error: unknown, name: string): JournalError {
  if (error instanceof JournalError) return error;
  const database = `The IndexedDB database '${name}'`;
  switch (errorName(error)) {
    case 'QuotaExceededError':
      return new JournalError(
        'quota',
        `${database} is full: the browser gives this origin no more space. Nothing was sent. Free space, or clear finished operations.`,
        { cause: error },
      );
    case 'VersionError':
      return new JournalError(
        'newer-version',
        `${database} was made by a newer version of onceward. It is left as it is: reload the page to get the newer program.`,
        { cause: error },
      );
    case 'DataCloneError':
      return new JournalError(
        'unavailable',
        `${database} cannot store this operation: it holds something that is not data.`,
        {
          cause: error,
        },
      );
    case 'InvalidStateError':
    case 'SecurityError':
      return new JournalError(
        'unavailable',
        `${database} cannot be opened or used; see cause. Nothing was sent. Private windows and switched-off storage do this always, browsers in trouble for a while: try again, else use an ordinary window, another journal, or hand in the key of your own backend.`,
        { cause: error },
      );
    default:
      return new JournalError('unavailable', `${database} failed; see cause. Nothing was sent.`, { cause: error });
  }
}

/** The connection is gone (WebKit loses it, "clear site data" closes it, Firefox after a full disk): opening again and asking again can help. */
export function isLostConnection(error: unknown): boolean {
  return ['InvalidStateError', 'UnknownError', 'AbortError'].includes(errorName(error));
}

/** The value itself cannot be stored: the fault of one operation, not of the transaction. */
export function isUnstorable(error: unknown): boolean {
  return ['DataCloneError', 'DataError'].includes(errorName(error));
}

function errorName(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}
