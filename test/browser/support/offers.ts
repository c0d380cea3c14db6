import { onTestFinished } from 'vitest';
import { fingerprintOf } from '../../../src/core/fingerprint.ts';
import type { Journal } from '../../../src/core/journal.ts';
import type { Change, NewRecord, OperationPart, OperationRecord, StatePart } from '../../../src/core/record.ts';
import { indexedDBJournal } from '../../../src/journal/indexed-db/indexed-db-journal.ts';
import { samples, utf8 } from '../../../src/testing/journal-contract/sample-record.ts';
import { deleteDatabase } from './raw-database.ts';

/** A request that has everything that must not be mirrored. */
export function requestWith(body: string): OperationPart['request'] {
  return {
    method: 'POST',
    url: 'https://api.example/charges?token=hidden',
    headers: [['content-type', 'application/json']],
    body: utf8(body),
  };
}

/** What a call of `id` with this body offers: key, salt and write token are its own, as those of every call. */
export function offer(
  id: string,
  body = '{}',
  fixed: Partial<OperationPart> = {},
): Omit<OperationRecord, 'state'> & { readonly state: StatePart } & NewRecord {
  const salt = fixed.salt ?? crypto.randomUUID();
  const record = samples().operation(id, {
    key: crypto.randomUUID(),
    request: requestWith(body),
    salt,
    fingerprint: fingerprintOf(requestWith(body), undefined, salt),
    ...fixed,
  });
  return { ...record, write: crypto.randomUUID() };
}

/** A compare-and-set on `record` as it was claimed. */
export function changeOf({ revision }: { readonly revision: number }, state: StatePart, round?: OperationPart): Change {
  return { revision, write: crypto.randomUUID(), state, ...(round !== undefined && { round }) };
}

export function sentAt(at: number): StatePart {
  return { state: 'dispatched', attempts: 1, lastSeenAt: at, dispatchedAt: at };
}

export function endedAt(at: number, state: 'succeeded' | 'rejected' = 'succeeded', body = '{"id":1}'): StatePart {
  const response = { status: 201, headers: { 'x-request-id': 'r-1' }, body: utf8(body) };
  return { state, attempts: 1, lastSeenAt: at, dispatchedAt: 1, finishedAt: at, source: 'network', response };
}

/** A journal that is closed when the test ends. */
export function openJournal(name: string): Journal {
  const journal = indexedDBJournal(name);
  onTestFinished(() => journal.close());
  return journal;
}

/** A journal claims `records`, does what `then` says, is closed, and its database is deleted. */
export async function lose(
  name: string,
  records: readonly NewRecord[],
  then?: (journal: Journal) => Promise<unknown>,
): Promise<void> {
  const before = indexedDBJournal(name);
  for (const record of records) await before.claim(record);
  await then?.(before);
  await before.close();
  await deleteDatabase(name);
}

/** The mirror's items of one database: other test files share this origin's storage. */
export function mirrorOf(name: string, storage: Storage = localStorage): Record<string, string> {
  const items = Object.entries(storage as unknown as Record<string, string>);
  return Object.fromEntries(items.filter(([key]) => key.includes(JSON.stringify(name))));
}

export function clearMirror(name: string): void {
  for (const key of Object.keys(mirrorOf(name))) localStorage.removeItem(key);
}
