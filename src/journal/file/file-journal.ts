import { resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { milliseconds } from '../../core/duration.ts';
import { JournalError } from '../../core/errors/journal-error.ts';
import { UsageError } from '../../core/errors/usage-error.ts';
import type { Journal, Unreadable } from '../../core/journal.ts';
import { type Change, isOpen, type JournalRecord, type NewRecord } from '../../core/record.ts';
import { parseChange, parseRecord } from '../../core/record-schema.ts';
import { DEFAULT_RETENTION, type Retention } from '../../core/retention.ts';
import type { Duration } from '../../core/types.ts';
import { type ChangeHints, changeHints } from '../change-hints.ts';
import { type CompactionOptions, openUnsealed } from './compaction.ts';
import { prepareDirectory } from './directory.ts';
import { asFailure, type LogFailure } from './failure.ts';
import { GroupCommit } from './group-commit.ts';
import { claimJob, removeJob, updateJob } from './jobs.ts';
import type { Log } from './log.ts';
import { type LogIo, nodeLogIo } from './log-io.ts';
import { LogWatch } from './log-watch.ts';
import { holdReserve } from './reserve.ts';
import type { Answer, Job } from './waiting.ts';

export interface FileJournalOptions {
  /** Use a network, FUSE or 9p file system all the same. Then nobody can say whether what is stored survives a power cut, and two machines
   *  may both win a claim. @default false */
  readonly allowUnsafeFileSystem?: boolean;
  /** How long a finished and acknowledged operation keeps the body of its answer, and everything but its tombstone. What has expired goes when
   *  the log is compacted. @default response '24h', record '400d' */
  readonly retention?: { readonly response?: Duration; readonly record?: Duration };
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
  const { allowUnsafeFileSystem = false, retention = {}, ...unknown } = options;
  const [name] = Object.keys(unknown);
  if (name !== undefined) {
    throw invalid(`fileJournal knows no option '${name}'; there are allowUnsafeFileSystem and retention.`);
  }
  return new FileJournal(path, allowUnsafeFileSystem, { directory: path, io, retention: toRetention(retention) });
}

/** Begins a new generation of the log now: without what has expired, and as small as it can be.
 *  @throws JournalError; UsageError where `journal` is no file journal */
export async function compactFileJournal(journal: Journal): Promise<void> {
  if (!(journal instanceof FileJournal)) throw invalid('Only a file journal can be compacted.');
  await journal.compact();
}

type Listed = { records: JournalRecord[]; unreadable: Unreadable[] };

/** Records that are read in one go before others get their turn. */
const READS_AT_ONCE = 500;

class FileJournal implements Journal {
  readonly kind = 'file';
  readonly durability = 'device';
  readonly #allowUnsafeFileSystem: boolean;
  readonly #options: Omit<CompactionOptions, 'onChange'>;
  readonly #hints: ChangeHints = changeHints();
  readonly #calls = new Set<Promise<unknown>>();
  readonly #watch: LogWatch;
  #session: Promise<GroupCommit> | undefined;
  /** Of the session, once it is open. */
  #commits: GroupCommit | undefined;
  #failure: JournalError | undefined;

  constructor(directory: string, allowUnsafeFileSystem: boolean, options: Omit<CompactionOptions, 'onChange'>) {
    this.#allowUnsafeFileSystem = allowUnsafeFileSystem;
    this.#options = options;
    this.#watch = new LogWatch(directory, () => void this.#notice());
  }

  async open(): Promise<void> {
    await this.#use(async () => {});
  }

  async claim(record: NewRecord): Promise<{ created: boolean; record: JournalRecord }> {
    // Checked before it is written: a record that could not be read back would block its name for ever.
    const job = claimJob(parseRecord(record, record.identity));
    const { done, record: stored } = await this.#write(job);
    return { created: done, record: stored ?? record };
  }

  async update(
    identity: string,
    change: Change,
    options: { readonly relaxed?: boolean } = {},
  ): Promise<{ won: boolean; record: JournalRecord | undefined }> {
    const job = updateJob(identity, parseChange(change, identity), options.relaxed === true);
    const { done, record } = await this.#write(job);
    return { won: done, record };
  }

  async remove(identity: string, revision: number): Promise<boolean> {
    return (await this.#write(removeJob(identity, revision))).done;
  }

  async get(identity: string): Promise<JournalRecord | undefined> {
    return this.#use((commits) =>
      commits.read(async (log) => {
        const stored = log.fold.stored(identity);
        const record = stored && log.reader.record(identity, stored);
        await durable(commits, log, stored?.end ?? 0);
        return record;
      }),
    );
  }

  async list(prefix: string, options: { readonly open?: boolean } = {}): Promise<Listed> {
    return this.#use((commits) =>
      commits.read((log) => readAll(commits, log, { prefix, open: options.open === true })),
    );
  }

  watch(listener: (identity: string | undefined) => void): () => void {
    const end = this.#hints.watch(listener);
    const stop = this.#watch.start();
    return () => {
      stop();
      end();
    };
  }

  async compact(): Promise<void> {
    await this.#use((commits) => commits.compact());
  }

  async close(): Promise<void> {
    this.#watch.pause();
    const session = this.#session;
    this.#session = undefined;
    this.#commits = undefined;
    if (session === undefined) return;
    // Those under way now; later ones open the log again.
    await Promise.allSettled([...this.#calls]);
    const opened = await session.catch(() => undefined);
    await opened?.close();
  }

  /** Something was written to the directory: what others wrote is told to whoever watches. */
  async #notice(): Promise<void> {
    if (this.#session === undefined) return;
    await this.#use((commits) => commits.read(() => undefined)).catch(() => undefined);
  }

  /** Straight into the queue where there is one: it is closed only behind what is in it. */
  #write(job: Job): Promise<Answer> {
    return this.#commits?.write(job) ?? this.#use((commits) => commits.write(job));
  }

  #use<T>(work: (commits: GroupCommit) => Promise<T>): Promise<T> {
    const call = this.#opened().then(work);
    this.#calls.add(call);
    const done = () => void this.#calls.delete(call);
    call.then(done, done);
    return call;
  }

  #opened(): Promise<GroupCommit> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#session !== undefined) return this.#session;
    const opening = this.#open(() => this.#drop(opening));
    this.#session = opening;
    // A failed open is not cached: the next call may find the disk mounted, or its directory mended.
    opening.then(
      (commits) => {
        if (this.#session === opening) this.#commits = commits;
      },
      () => this.#drop(opening),
    );
    return opening;
  }

  async #open(drop: () => void): Promise<GroupCommit> {
    const { directory, io } = this.#options;
    try {
      await prepareDirectory(directory, { io, allowUnsafeFileSystem: this.#allowUnsafeFileSystem });
      let loaded = false;
      const options = { ...this.#options, onChange: (identity: string) => loaded && this.#hints.tell(identity) };
      const log = await openUnsealed(options);
      loaded = true;
      await holdReserve(directory, io);
      this.#watch.resume();
      return new GroupCommit(log, options, (failure) => {
        this.#remember(failure);
        drop();
      });
    } catch (error) {
      if (error instanceof JournalError) throw error;
      const failure = asFailure(error, `The journal in ${directory} cannot be opened`);
      this.#remember(failure);
      throw failure.error;
    }
  }

  #drop(session: Promise<GroupCommit>): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    this.#commits = undefined;
  }

  #remember(failure: LogFailure): void {
    if (failure.final) this.#failure = failure.error;
  }
}

/** What a process killed before its flush has written is in the page cache only: an answer that rests on it waits for a flush of ours. */
async function durable(commits: GroupCommit, log: Log, end: number): Promise<void> {
  if (end > log.durable) await commits.flush();
}

async function readAll(
  commits: GroupCommit,
  log: Log,
  { prefix, open }: { readonly prefix: string; readonly open: boolean },
): Promise<Listed> {
  const { index } = log.fold;
  // As they are now: what is written while others have their turn must not mix with it.
  const all = open ? [...log.fold.open].map((identity) => [identity, index.get(identity)] as const) : [...index];
  const found = all.filter(([identity]) => identity.startsWith(prefix));
  const listed: Listed = { records: [], unreadable: [] };
  let end = 0;
  for (const [at, [identity, indexed]] of found.entries()) {
    if (at % READS_AT_ONCE === READS_AT_ONCE - 1) await nextTurn();
    if (indexed === undefined) continue;
    const stored = typeof indexed === 'number' ? log.reader.listed(indexed) : indexed;
    end = Math.max(end, stored.end);
    try {
      const record = log.reader.record(identity, stored);
      if (!open || isOpen(record)) listed.records.push(record);
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      listed.unreadable.push({ identity, reason: error.reason as Unreadable['reason'] });
    }
  }
  await durable(commits, log, end);
  return listed;
}

function toRetention({ response, record, ...unknown }: NonNullable<FileJournalOptions['retention']>): Retention {
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw invalid(`retention knows no member '${name}'; there are response and record.`);
  return {
    response: response === undefined ? DEFAULT_RETENTION.response : milliseconds(response, 'retention.response'),
    record: record === undefined ? DEFAULT_RETENTION.record : milliseconds(record, 'retention.record'),
  };
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
