import { Buffer } from 'node:buffer';
import {
  closeSync,
  constants,
  fdatasync,
  fsyncSync,
  ftruncate,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  write,
  writeSync,
} from 'node:fs';
import { resolve as absolute, join } from 'node:path';
import { platform } from 'node:process';
import { promisify } from 'node:util';
import type { LedgerChange, LedgerStore } from './ledger-store.ts';
import { decodeLedger, encodeChange, FIRST_LINE } from './node-ledger-line.ts';
import { takeDirectory } from './node-ledger-owner.ts';

const writeTo = promisify(write);
const syncTo = promisify(fdatasync);
const cutTo = promisify(ftruncate);

interface Job {
  /** What is to be added; undefined: everything before is to be forgotten. */
  readonly line: Buffer | undefined;
  resolve(): void;
  reject(error: Error): void;
}

/** Ledgers of this process by their directory: who opens one again takes it over, as after a crash. */
const OPEN = new Map<string, FileLedger>();

/** A ledger in a directory, which is made where it is missing: what the mock has acknowledged survives the end of its process, SIGKILL included. One
 *  file to which lines are added, each flushed to the disk before anybody hears of it.
 *
 *  @throws Error where the directory belongs to a mock that lives, or holds something that cannot be read
 *  @example createMock({ ledger: fileLedger('./mock-ledger') })
 */
export function fileLedger(directory: string): LedgerStore {
  const path = absolute(directory);
  OPEN.get(path)?.supersede();
  const ledger = new FileLedger(path);
  OPEN.set(path, ledger);
  return ledger;
}

class FileLedger implements LedgerStore {
  readonly #path: string;
  readonly #fd: number;
  readonly #giveUp: () => void;
  #loaded: readonly LedgerChange[];
  #jobs: Job[] = [];
  #working: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(path: string) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    this.#path = path;
    this.#giveUp = takeDirectory(path);
    const file = join(path, 'ledger.log');
    try {
      // Not through a link: what stands there may be somebody else's.
      this.#fd = openSync(
        file,
        constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW,
        0o600,
      );
      this.#loaded = loadFrom(this.#fd, file, path);
    } catch (error) {
      this.#giveUp();
      throw error;
    }
  }

  load(): readonly LedgerChange[] {
    return this.#loaded;
  }

  append(change: LedgerChange): Promise<void> {
    // They are in the mock's own books by now.
    this.#loaded = [];
    return this.#add(encodeChange(change));
  }

  clear(): void {
    this.#loaded = [];
    // What comes before it is not worth writing any more.
    for (const { resolve } of this.#jobs.splice(0)) resolve();
    this.#add(undefined).catch(() => {});
  }

  async close(): Promise<void> {
    if (this.#failure === undefined) this.#failure = new Error(`The ledger in ${this.#path} is closed.`);
    await this.#working;
    if (OPEN.get(this.#path) !== this) return;
    OPEN.delete(this.#path);
    closeSync(this.#fd);
    this.#giveUp();
  }

  /** Another ledger of this process takes the directory: nothing more is written from here.
   *  @throws Error while something is being written */
  supersede(): void {
    if (this.#working !== undefined) {
      throw new Error(
        `The ledger in ${this.#path} is still being written; await mock.crash() or ledger.close() first.`,
      );
    }
    this.#failure ??= new Error(`The ledger in ${this.#path} was opened again; this one is out of use.`);
    closeSync(this.#fd);
  }

  #add(line: Buffer | undefined): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#jobs.push({ line, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** One flush for all that has arrived during the one before. */
  async #work(): Promise<void> {
    // Not at once: what arrives in the same step goes together.
    await Promise.resolve();
    while (this.#jobs.length > 0) {
      const jobs = this.#jobs.splice(0);
      try {
        await this.#write(jobs);
        for (const { resolve } of jobs) resolve();
      } catch (error) {
        // Nobody knows what of it is on the disk (after a failed flush the kernel drops the pages): nothing is added to that.
        this.#failure = new Error(`The ledger in ${this.#path} cannot be written: ${(error as Error).message}`, {
          cause: error,
        });
        for (const { reject } of [...jobs, ...this.#jobs.splice(0)]) reject(this.#failure);
      }
    }
    this.#working = undefined;
  }

  async #write(jobs: readonly Job[]): Promise<void> {
    if (jobs.some(({ line }) => line === undefined)) await cutTo(this.#fd, FIRST_LINE.length);
    const bytes = Buffer.concat(jobs.flatMap(({ line }) => line ?? []));
    for (let done = 0; done < bytes.length; ) done += (await writeTo(this.#fd, bytes, done)).bytesWritten;
    await syncTo(this.#fd);
  }
}

/** Reads what is there; of a process that died it takes away what was still being written. */
function loadFrom(fd: number, file: string, directory: string): readonly LedgerChange[] {
  const { changes, whole } = decodeLedger(readFileSync(fd), file);
  ftruncateSync(fd, whole);
  if (whole === 0) writeSync(fd, FIRST_LINE);
  fsyncSync(fd);
  syncDirectory(directory);
  return changes;
}

/** So that the name of the file is durable, too. Windows cannot, and need not. */
function syncDirectory(directory: string): void {
  if (platform === 'win32') return;
  const fd = openSync(directory, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
