import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JournalError } from '../../core/errors/journal-error.ts';
import { UsageError } from '../../core/errors/usage-error.ts';
import type { Journal, Unreadable } from '../../core/journal.ts';
import { type Change, isOpen, type JournalRecord, type NewRecord } from '../../core/record.ts';
import { parseRecord } from '../../core/record-schema.ts';
import { type ChangeHints, changeHints } from '../change-hints.ts';
import { prepareDirectory } from './directory.ts';
import { encodeClaim, encodeRemove, encodeUpdate } from './entry.ts';
import { asFailure, type LogFailure } from './failure.ts';
import { openLog } from './generation.ts';
import { GroupCommit } from './group-commit.ts';
import type { Log } from './log.ts';
import { type LogIo, nodeLogIo } from './log-io.ts';
import { isUnusable, readRecord, type Stored } from './stored.ts';

export interface FileJournalOptions {
  /** Use a network, FUSE or 9p file system all the same. Then nobody can say whether what is stored survives a power cut, and two machines
   *  may both win a claim. @default false */
  readonly allowUnsafeFileSystem?: boolean;
}

/** A journal in a directory of its own on a local disk: one append-only log, shared by any number of clients and processes, without locks.
 *  A claim resolves when it is on the device.
 *
 *  The directory is created (readable by this user alone) where it is absent; a relative one is resolved at the call. Nothing is opened before
 *  the first use. Every method throws JournalError where the directory is not fit (a file, a symbolic link, another user's, writable by
 *  others, read-only, on a network file system), where the disk is full, and where the log is damaged.
 *
 *  @example
 *  const client = createClient({ journal: fileJournal('/var/lib/shop/onceward'), ... });
 *  @throws UsageError for anything that is not a directory name
 */
export function fileJournal(directory: string | URL, options: FileJournalOptions = {}): Journal {
  return fileJournalWith(nodeLogIo, directory, options);
}

/** `fileJournal` over another operating system: for tests that need a disk which fails on command. */
export function fileJournalWith(io: LogIo, directory: string | URL, options: FileJournalOptions = {}): Journal {
  const path = toPath(directory);
  const { allowUnsafeFileSystem = false, ...unknown } = options;
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw invalid(`fileJournal knows no option '${name}'; there is allowUnsafeFileSystem.`);
  return new FileJournal(path, allowUnsafeFileSystem, io);
}

/** What is open: the log, and the queue in front of it. */
interface Session {
  readonly log: Log;
  readonly commits: GroupCommit;
}

class FileJournal implements Journal {
  readonly kind = 'file';
  readonly durability = 'device';
  readonly watch: ChangeHints['watch'];
  readonly #directory: string;
  readonly #allowUnsafeFileSystem: boolean;
  readonly #io: LogIo;
  readonly #hints: ChangeHints = changeHints();
  readonly #calls = new Set<Promise<unknown>>();
  #session: Promise<Session> | undefined;
  #failure: JournalError | undefined;

  constructor(directory: string, allowUnsafeFileSystem: boolean, io: LogIo) {
    this.#directory = directory;
    this.#allowUnsafeFileSystem = allowUnsafeFileSystem;
    this.#io = io;
    this.watch = this.#hints.watch;
  }

  async open(): Promise<void> {
    await this.#use(async () => {});
  }

  async claim(record: NewRecord): Promise<{ created: boolean; record: JournalRecord }> {
    const { identity, write } = record;
    // Checked before it is written: a record that could not be read back would block its name for ever.
    const value = parseRecord(record, identity);
    const job = {
      entry: { kind: 'claim', identity, write, value } as const,
      text: encodeClaim(record),
      relaxed: false,
    };
    const { done, stored } = await this.#use(({ commits }) => commits.write(job));
    return { created: done, record: readRecord(stored, identity) ?? record };
  }

  async update(
    identity: string,
    change: Change,
    options: { readonly relaxed?: boolean } = {},
  ): Promise<{ won: boolean; record: JournalRecord | undefined }> {
    const text = encodeUpdate(identity, change);
    const job = { entry: { kind: 'update', identity, change } as const, text, relaxed: options.relaxed === true };
    const { done, stored } = await this.#use(({ commits }) => commits.write(job));
    return { won: done, record: readRecord(stored, identity) };
  }

  async remove(identity: string, revision: number): Promise<boolean> {
    const text = encodeRemove(identity, revision);
    const job = { entry: { kind: 'remove', identity, revision } as const, text, relaxed: false };
    const { done, stored } = await this.#use(({ commits }) => commits.write(job));
    readRecord(stored, identity);
    return done;
  }

  async get(identity: string): Promise<JournalRecord | undefined> {
    return this.#read((log) => {
      const stored = log.fold.index.get(identity);
      return { answer: () => readRecord(stored, identity), end: stored?.end ?? 0 };
    });
  }

  async list(
    prefix: string,
    options: { readonly open?: boolean } = {},
  ): Promise<{ records: JournalRecord[]; unreadable: Unreadable[] }> {
    return this.#read((log) => {
      const found = [...log.fold.index].filter(
        ([identity, { value }]) =>
          identity.startsWith(prefix) && (options.open !== true || isUnusable(value) || isOpen(value)),
      );
      const end = found.reduce((highest, [, stored]) => Math.max(highest, stored.end), 0);
      return { answer: () => split(found), end };
    });
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    // Those under way now; later ones open the log again.
    await Promise.allSettled([...this.#calls]);
    const opened = await session.catch(() => undefined);
    await opened?.commits.close();
  }

  /** What a process killed before its flush has written is in the page cache only: an answer that rests on it waits for a flush of ours. */
  #read<T>(look: (log: Log) => { readonly answer: () => T; readonly end: number }): Promise<T> {
    return this.#use(async ({ log, commits }) => {
      commits.refresh();
      const { answer, end } = look(log);
      if (end > log.durable) await commits.flush();
      return answer();
    });
  }

  #use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const call = this.#opened().then(work);
    this.#calls.add(call);
    const done = () => void this.#calls.delete(call);
    call.then(done, done);
    return call;
  }

  #opened(): Promise<Session> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#session !== undefined) return this.#session;
    const opening = this.#open(() => this.#drop(opening));
    this.#session = opening;
    // A failed open is not cached: the next call may find the disk mounted, or its directory mended.
    opening.catch(() => this.#drop(opening));
    return opening;
  }

  async #open(drop: () => void): Promise<Session> {
    const io = this.#io;
    try {
      await prepareDirectory(this.#directory, { io, allowUnsafeFileSystem: this.#allowUnsafeFileSystem });
      let loaded = false;
      const onChange = (identity: string) => loaded && this.#hints.tell(identity);
      const log = await openLog(this.#directory, { io, onChange });
      loaded = true;
      const commits = new GroupCommit(log, (failure) => {
        this.#remember(failure);
        drop();
      });
      return { log, commits };
    } catch (error) {
      if (error instanceof JournalError) throw error;
      const failure = asFailure(error, `The journal in ${this.#directory} cannot be opened`);
      this.#remember(failure);
      throw failure.error;
    }
  }

  #drop(session: Promise<Session>): void {
    if (this.#session === session) this.#session = undefined;
  }

  #remember(failure: LogFailure): void {
    if (failure.final) this.#failure = failure.error;
  }
}

function split(found: readonly (readonly [string, Stored])[]): { records: JournalRecord[]; unreadable: Unreadable[] } {
  const records: JournalRecord[] = [];
  const unreadable: Unreadable[] = [];
  for (const [identity, stored] of found) {
    if (isUnusable(stored.value)) {
      unreadable.push({ identity, reason: stored.value.unusable });
    } else {
      const record = readRecord(stored, identity);
      if (record !== undefined) records.push(record);
    }
  }
  return { records, unreadable };
}

function toPath(directory: unknown): string {
  if (directory instanceof URL && directory.protocol === 'file:') {
    try {
      return resolve(fileURLToPath(directory));
    } catch {
      throw invalid(`fileJournal needs the URL of a directory on this machine.`);
    }
  }
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw invalid(
      `fileJournal needs a directory name (or a file: URL), such as fileJournal('/var/lib/shop/onceward').`,
    );
  }
  return resolve(directory);
}

function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
