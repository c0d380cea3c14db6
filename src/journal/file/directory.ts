import type { Stats } from 'node:fs';
import { access, constants, lstat, mkdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import process from 'node:process';
import { JournalError } from '../../core/errors/journal-error.ts';
import { codeOf, fileSystemError, LogFailure } from './failure.ts';
import type { LogIo } from './log-io.ts';
import { networkFileSystem } from './network-file-system.ts';

const SHARED = 0o022;

interface DirectoryOptions {
  readonly io: LogIo;
  readonly allowUnsafeFileSystem: boolean;
}

/** Makes sure that `directory` is a directory of ours, on a file system that keeps its word; creates it (0700) where it is absent.
 *  @throws JournalError before anything is written @throws LogFailure where its own name could not be made durable */
export async function prepareDirectory(
  directory: string,
  { io, allowUnsafeFileSystem }: DirectoryOptions,
): Promise<void> {
  const found = await look(directory);
  if (!allowUnsafeFileSystem)
    await refuseNetwork(directory, io, found === undefined ? await nearest(directory) : directory);
  const first = found === undefined ? await create(directory) : undefined;
  const stats = found ?? (await look(directory));
  if (stats === undefined) throw unfit(directory, 'was deleted while it was being opened', 'Open it again');
  if (stats.isSymbolicLink()) throw unfit(directory, 'is a symbolic link', 'Name the directory itself');
  if (!stats.isDirectory())
    throw unfit(directory, 'is not a directory', 'Name a directory, or one that does not exist yet');
  refuseForeign(directory, stats);
  // Refused, never tightened: it may be a directory that others are meant to write to, such as /tmp.
  if (process.geteuid !== undefined && (stats.mode & SHARED) !== 0) {
    throw unfit(
      directory,
      `can be written to by others (mode ${(stats.mode & 0o777).toString(8)}), who could replace the journal`,
      'Name a new directory below it, which will be private, or chmod go-w it',
    );
  }
  try {
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw fileSystemError(`The journal directory ${directory} cannot be used`, cause);
  }
  syncParents(directory, first, io);
}

/** Only the user whose journal it is may own what is read as one. */
export function refuseForeign(path: string, stats: { readonly uid: number }): void {
  // Absent on Windows.
  const user = process.geteuid?.();
  if (user === undefined || stats.uid === user) return;
  throw unfit(
    path,
    `belongs to another user (uid ${stats.uid}, this process runs as ${user})`,
    'Name one of this user',
  );
}

/** @throws JournalError 'unavailable': `path` is not what a journal can be kept in */
export function unfit(path: string, what: string, advice: string): JournalError {
  return new JournalError('unavailable', `The journal cannot be opened: ${path} ${what}. ${advice}.`);
}

async function refuseNetwork(directory: string, io: LogIo, existing: string): Promise<void> {
  const name = await networkFileSystem(existing, io);
  if (name === undefined) return;
  throw new JournalError(
    'network-fs',
    `The journal directory ${directory} is on ${name}: there, two machines can both win a claim, and stored may not mean durable. Name a directory on a local disk; for several machines use storeJournal over a database. allowUnsafeFileSystem: true uses it all the same.`,
  );
}

async function look(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    if (codeOf(cause) === 'ENOTDIR') throw unfit(path, 'lies below a file', 'Name another directory');
    throw fileSystemError(`The journal directory ${path} cannot be looked at`, cause);
  }
}

/** The closest ancestor that exists: what is created below it is on its file system. */
async function nearest(directory: string): Promise<string> {
  const parent = dirname(directory);
  return parent === directory || (await look(parent)) !== undefined ? parent : nearest(parent);
}

/** Returns the first directory that did not exist before. */
async function create(directory: string): Promise<string | undefined> {
  try {
    return await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw fileSystemError(`The journal directory ${directory} cannot be created`, cause);
  }
}

/** A log whose directory's own name a power cut takes away is lost as a whole. The parent is flushed also where the directory was there:
 *  whoever created it may have died before that. */
function syncParents(directory: string, first: string | undefined, io: LogIo): void {
  const top = dirname(first ?? directory);
  const names = relative(top, dirname(directory)).split(sep).filter(Boolean);
  for (let at = 0; at <= names.length; at++) {
    const parent = join(top, ...names.slice(0, at));
    try {
      io.syncDirectory(parent);
    } catch (cause) {
      // A parent that may be passed through but not read cannot be flushed by this user.
      if (codeOf(cause) === 'EACCES') continue;
      throw new LogFailure(fileSystemError(`The name of ${directory} could not be made durable`, cause), true);
    }
  }
}
