import type { JournalRecord } from '../../core/record.ts';
import { type Entry, entryOf, parseEntry } from './mirror-entry.ts';

/** The storage belongs to the page, which gets 2.5 to 5 million characters for its whole origin. */
const MOST_ENTRIES = 500;
const MOST_CHARACTERS = 256 * 1024;
/** Counting takes a look at every entry. Between two counts each tab can exceed the limit by so many. */
const NOTES_BETWEEN_COUNTS = 50;
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
  put(entry: Entry): void;
  drop(identity: string): void;
  entries(): readonly Entry[];
}

export function mirrorOf(name: string): Mirror {
  // Quoted, so that no database's prefix begins another's.
  const prefix = `onceward${JSON.stringify(name)}`;
  let notes = 0;

  const read = (storage: Storage, identity: string): Entry | undefined =>
    parseText(storage.getItem(prefix + identity), identity);
  const entries = (storage: Storage): readonly Entry[] =>
    Object.keys(storage).flatMap((key) => {
      const entry = key.startsWith(prefix) ? read(storage, key.slice(prefix.length)) : undefined;
      return entry === undefined ? [] : [entry];
    });

  /** Finished operations go first: one that is forgotten is refused, one that is under way would be sent with another key. */
  const trim = (storage: Storage, mostEntries: number): void => {
    const items = entries(storage)
      .map((entry) => ({ entry, size: 2 * prefix.length + JSON.stringify(entry).length }))
      .sort((a, b) => rank(a.entry) - rank(b.entry) || since(a.entry) - since(b.entry));
    let size = items.reduce((sum, item) => sum + item.size, 0);
    for (const [at, item] of items.entries()) {
      if (items.length - at <= mostEntries && size <= MOST_CHARACTERS) return;
      size -= item.size;
      storage.removeItem(prefix + item.entry.record.identity);
    }
  };

  const write = (storage: Storage, entry: Entry): void => {
    const key = prefix + entry.record.identity;
    const text = JSON.stringify(entry);
    if (storage.getItem(key) === text) return;
    try {
      storage.setItem(key, text);
    } catch {
      // An older state is worse than none: of an earlier round it would have the earlier key.
      storage.removeItem(key);
      trim(storage, Math.max(0, entries(storage).length - DROPPED_WHEN_FULL));
      storage.setItem(key, text);
    }
    if (++notes % NOTES_BETWEEN_COUNTS === 1) trim(storage, MOST_ENTRIES);
  };

  return {
    note: (record, database) =>
      attempt(undefined, (storage) => {
        const entry = entryOf(record, database, read(storage, record.identity));
        if (entry !== undefined) write(storage, entry);
      }),
    put: (entry) => attempt(undefined, (storage) => write(storage, entry)),
    drop: (identity) => attempt(undefined, (storage) => storage.removeItem(prefix + identity)),
    entries: () => attempt([], entries),
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

function parseText(text: string | null, identity: string): Entry | undefined {
  try {
    return text === null ? undefined : parseEntry(JSON.parse(text), identity);
  } catch {
    return undefined;
  }
}

function rank({ content, record }: Entry): number {
  if (content !== undefined) return 2;
  return record.fixed.kind === 'key' ? 1 : 0;
}

function since({ record }: Entry): number {
  return record.state?.finishedAt ?? record.fixed.createdAt;
}
