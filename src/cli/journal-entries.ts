import { lstat, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UsageError } from '../core/errors/usage-error.ts';
import { identityLabel } from '../core/identity.ts';
import type { Journal, Unreadable } from '../core/journal.ts';
import { toOperation } from '../core/operation.ts';
import { operationName } from '../core/operation-id.ts';
import type { JournalRecord, OperationRecord } from '../core/record.ts';
import { fileJournal } from '../journal/file/file-journal.ts';
import type { Narrowed } from './journal-options.ts';
import { count, safe, tell } from './plain-text.ts';

/** An operation, and the client it belongs to. */
export interface Entry {
  readonly client: string;
  readonly record: OperationRecord;
}

/** All that a journal holds. */
export interface Content {
  /** By client and owner, the newest last. */
  readonly entries: readonly Entry[];
  /** Handed-in keys. */
  readonly keys: number;
  readonly unreadable: readonly Unreadable[];
}

/** No journal can be told to keep anything longer. */
const LONGEST = { response: '400d', record: '400d' } as const;

/** Opens the journal that is there, and releases it at the end. Nothing is created: a directory without a log is a mistyped one.
 *  @throws UsageError, JournalError */
export async function withJournal<T>(directory: string, work: (journal: Journal) => Promise<T>): Promise<T> {
  await requireLog(directory);
  const journal = fileJournal(directory, {
    // If the application was allowed to keep it there, it can be read there. `doctor` says what that means.
    allowUnsafeFileSystem: true,
    // Whoever opens a log may have to compact it: nothing goes then that the application still keeps.
    retention: LONGEST,
  });
  try {
    return await work(journal);
  } finally {
    await journal.close();
  }
}

/** @throws UsageError where the directory is not that of a file journal */
export async function requireLog(directory: string): Promise<void> {
  const path = resolve(directory);
  const names = await namesIn(path);
  if (names.some((name) => /^\d{8}\.log$/.test(name))) return;
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    `There is no journal in ${path}: no file like 00000001.log. Name the directory that the application gives to fileJournal().`,
  );
}

async function namesIn(path: string): Promise<readonly string[]> {
  try {
    if ((await lstat(path)).isDirectory()) return await readdir(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const what = code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be read (${code})`;
    const advice = code === 'EACCES' ? ' Run this as the user whose journal it is.' : '';
    throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `The directory ${path} ${what}.${advice}`);
  }
  throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `${path} is not a directory. Name the journal directory itself.`);
}

export async function readAll(journal: Journal): Promise<Content> {
  const { records, unreadable } = await journal.list('');
  const entries = records.flatMap((record) => (isOperation(record) ? [{ client: clientOf(record), record }] : []));
  return {
    entries: entries.toSorted(
      (a, b) =>
        compare(a.client, b.client) ||
        compare(a.record.fixed.owner, b.record.fixed.owner) ||
        a.record.fixed.createdAt - b.record.fixed.createdAt,
    ),
    keys: records.length - entries.length,
    unreadable,
  };
}

export function narrow(entries: readonly Entry[], narrowed: Narrowed): readonly Entry[] {
  const { statuses, since, owner, client } = narrowed;
  return entries.filter(
    (entry) =>
      (statuses === undefined || statuses.has(toOperation(entry.record).status)) &&
      (since === undefined || entry.record.fixed.createdAt >= since) &&
      (owner === undefined || entry.record.fixed.owner === owner) &&
      (client === undefined || entry.client === client),
  );
}

/** The operations of that id: as it is stored; as a JSON array of its parts; with parts that are still to be encoded. The first that is there. */
export function named(entries: readonly Entry[], typed: string): readonly Entry[] {
  return ofId(entries, typed, ({ record }) => record.fixed.id);
}

/** The same among those that cannot be read: their names are known. */
export function unreadableNamed(unreadable: readonly Unreadable[], typed: string): readonly Unreadable[] {
  return ofId(unreadable, typed, ({ identity }) => decoded(identity.split('/')[2] ?? ''));
}

function ofId<T>(all: readonly T[], typed: string, idOf: (one: T) => string): readonly T[] {
  for (const id of [typed, ...joined(typed)]) {
    const found = all.filter((one) => idOf(one) === id);
    if (found.length > 0) return found;
  }
  return [];
}

function joined(typed: string): readonly string[] {
  try {
    const parts = typed.startsWith('[') ? (JSON.parse(typed) as string[]) : typed.split('/');
    return [operationName(parts)];
  } catch {
    return [];
  }
}

/** Says what is there and cannot be read; whether there is any. */
export function tellUnreadable({ unreadable }: Content): boolean {
  if (unreadable.length === 0) return false;
  tell(`onceward: ${count(unreadable.length, 'record')} cannot be read. Run 'onceward journal doctor'.`);
  for (const { identity, reason } of unreadable) tell(`  ${safe(identityLabel(identity))}: ${reason}`);
  return true;
}

function isOperation(record: JournalRecord): record is OperationRecord {
  return record.fixed.kind === 'operation';
}

/** The first part of its identity. */
function clientOf({ identity }: OperationRecord): string {
  return decoded(identity.split('/')[0] ?? '');
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
