import type { JournalRecord } from '../../core/record.ts';
import { type Entry, isUnfinished, possiblySent, revive } from './mirror-entry.ts';
import { ABOUT, LOSS, type Loss, RECORDS } from './open-database.ts';
import { find, place } from './record-keys.ts';
import { remainsIn, type StoredRecord, type StoredRemains } from './stored-record.ts';

/** What can be put back into a database that took the place of a lost one. */
export interface Lost {
  /** Whole records, as this page last saw them. */
  readonly held: Iterable<JournalRecord>;
  readonly mirrored: Iterable<Entry>;
}

/** Puts back what the database lacks, with the keys it had, and notes the loss: one strict transaction, so that two tabs that both see it agree.
 *  Resolves when it is on the disk; rejects with the browser's own error. */
export function putBack(database: IDBDatabase, lost: Lost): Promise<void> {
  const transaction = database.transaction([RECORDS, ABOUT], 'readwrite', { durability: 'strict' });
  const about = transaction.objectStore(ABOUT);
  const noted: IDBRequest<unknown> = about.get(LOSS);
  noted.onsuccess = () => {
    if (noted.result === undefined) about.put({ at: Date.now() } satisfies Loss, LOSS);
  };
  const records = transaction.objectStore(RECORDS);
  for (const [identity, stored] of together(lost)) {
    find(records, identity, ({ value, at }) => {
      const remains = remainsIn(value, identity);
      const isMore = remains !== undefined && 'record' in stored && isSameRound(remains.record, stored.record);
      if (at === undefined || isMore) place(records, identity, stored, at);
    });
  }
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () =>
      reject(transaction.error ?? new DOMException('The transaction was aborted.', 'AbortError'));
  });
}

/** One value per name. Where both know it, whichever was written last; the request, which the mirror lacks, from what was held. */
function together({ held, mirrored }: Lost): ReadonlyMap<string, StoredRecord | StoredRemains> {
  const values = new Map<string, StoredRecord | StoredRemains>();
  const whole = new Map<string, JournalRecord>();
  for (const record of held) {
    whole.set(record.identity, record);
    values.set(record.identity, { record: asPossiblySent(record) });
  }
  for (const entry of mirrored) {
    const { identity, revision } = entry.record;
    const known = whole.get(identity);
    if (known !== undefined && known.revision >= revision) continue;
    const revived = known === undefined && isUnfinished(entry) ? undefined : revive(entry, known ?? entry.record);
    values.set(identity, revived?.whole ? { record: revived.record } : { remains: entry });
  }
  return values;
}

function asPossiblySent(record: JournalRecord): JournalRecord {
  if (record.state === undefined) return record;
  return { ...record, state: possiblySent(record.state, record.fixed.createdAt) };
}

function isSameRound({ fixed: a }: JournalRecord, { fixed: b }: JournalRecord): boolean {
  return a.kind === 'operation' && b.kind === 'operation' && a.key === b.key;
}
