import type { JournalRecord } from '../../core/record.ts';
import { type Entry, entryOf, isUnfinished, parseEntry } from './mirror-entry.ts';

/** The storage belongs to the page, which gets 2.5 to 5 million characters for its whole origin. */
const MOST_ENTRIES = 500;
const MOST_CHARACTERS = 256 * 1024;
/** Counting takes a look at every item. Between two counts each tab can exceed the limit by so many. */
const NOTES_BETWEEN_COUNTS = 100;
/** Makes room where the storage is full. */
const DROPPED_WHEN_FULL = 20;

/** A copy of what matters beside the database, in localStorage: one item per operation, so that tabs need no agreement. Chromium can throw away an
 *  origin's IndexedDB one start after it was killed, but not this. It is flushed up to some seconds late, so it is never what a promise rests on.
 *
 *  Workers have no localStorage: what they write is mirrored when a page next lists what is open. A page may have none either (switched off, sandboxed,
 *  full). Then nothing is mirrored, and no call fails for it. */
export interface Mirror {
  /** Mirrors a record that is stored in `database`. */
  note(record: JournalRecord, database: string): void;
  put(entry: Entry, database: string): void;
  /** Drops the entry; with `write` only that of this write. */
  drop(identity: string, write?: string): void;
  items(): readonly MirrorItem[];
}

export interface MirrorItem {
  readonly database: string;
  /** Undefined where it is damaged. */
  entry(): Entry | undefined;
}

export function mirrorOf(name: string): Mirror {
  // Quoted, so that no database's prefix begins another's.
  const prefix = `onceward${JSON.stringify(name)}`;
  let notes = 0;

  const texts = (storage: Storage): (readonly [key: string, text: string])[] =>
    Object.keys(storage)
      .filter((key) => key.startsWith(prefix))
      .map((key) => [key, storage.getItem(key) ?? '']);
  /** The first by their text: finished operations before what is under way, the oldest first. */
  const drop = (storage: Storage, items: readonly (readonly [key: string, text: string])[], count: number): void => {
    const sorted = [...items].sort(([, a], [, b]) => (a < b ? -1 : 1));
    for (const [key] of sorted.slice(0, count)) storage.removeItem(key);
  };
  const trim = (storage: Storage): void => {
    const items = texts(storage);
    const characters = items.reduce((sum, [key, text]) => sum + key.length + text.length, 0);
    const most = Math.min(MOST_ENTRIES, (items.length * MOST_CHARACTERS) / characters);
    // Some more than needed, so that the next count need not drop again.
    if (items.length > most) drop(storage, items, Math.ceil(items.length - 0.9 * most));
  };

  const write = (storage: Storage, entry: Entry, database: string): void => {
    const key = prefix + entry.record.identity;
    const text = textOf(entry, database);
    try {
      storage.setItem(key, text);
    } catch {
      // An older state is worse than none: of an earlier round it would have the earlier key.
      storage.removeItem(key);
      drop(storage, texts(storage), DROPPED_WHEN_FULL);
      storage.setItem(key, text);
    }
    if (notes++ % NOTES_BETWEEN_COUNTS === 0) trim(storage);
  };

  return {
    note: (record, database) =>
      attempt(undefined, (storage) => {
        const entry = entryOf(record);
        if (entry !== undefined) write(storage, entry, database);
      }),
    put: (entry, database) => attempt(undefined, (storage) => write(storage, entry, database)),
    drop: (identity, write = '') =>
      attempt(undefined, (storage) => {
        const key = prefix + identity;
        if (storage.getItem(key)?.includes(write)) storage.removeItem(key);
      }),
    items: () => attempt([], (storage) => texts(storage).map(([key, text]) => itemOf(text, key.slice(prefix.length)))),
  };
}

/** Runs `work` on the storage; where there is none, or it fails, the result is `otherwise`. */
function attempt<T>(otherwise: T, work: (storage: Storage) => T): T {
  try {
    const storage: Storage | null | undefined = globalThis.localStorage;
    return storage === undefined || storage === null ? otherwise : work(storage);
  } catch {
    return otherwise;
  }
}

/** An item's text begins with its place in the order of dropping, then names its database: neither takes parsing. Finished operations go first: one that
 *  is forgotten is refused, one that is under way would be sent with another key. */
function textOf(entry: Entry, database: string): string {
  const { fixed, state } = entry.record;
  const rank = isUnfinished(entry) ? 2 : fixed.kind === 'key' ? 1 : 0;
  const since = String(state?.finishedAt ?? fixed.createdAt).padStart(16, '0');
  return `${rank} ${since} ${database} ${JSON.stringify(entry)}`;
}

function itemOf(text: string, identity: string): MirrorItem {
  const [rank = '', since = '', database = ''] = text.split(' ', 3);
  return {
    database,
    entry() {
      try {
        return parseEntry(JSON.parse(text.slice(`${rank} ${since} ${database} `.length)), identity);
      } catch {
        return undefined;
      }
    },
  };
}
