import {
  closeSync,
  constants,
  fchmodSync,
  fdatasync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';

/** All that the journal asks of the operating system once its directory is there. Replaced whole by a disk that loses what was not flushed, or
 *  by a process that dies between two calls. */
export interface LogIo {
  /** Opens a log that is there, to read and to append; never through a symbolic link. */
  open(path: string): number;
  /** Opens a log that is there, to write over bytes in it: to a descriptor that appends, Linux appends wherever it is told to write (pwrite(2),
   *  BUGS). */
  openToOverwrite(path: string): number;
  /** Makes a file that is not there (mode 0600), to read and to write. */
  create(path: string): number;
  close(fd: number): void;
  /** One write(2) at the end of the file. Returns how many bytes it took; must never write "the rest": others may be in between. */
  append(fd: number, bytes: Buffer): number;
  /** Returns how many bytes it took. For files that nobody else writes, and for bytes that stand there already. */
  write(fd: number, bytes: Buffer, position: number): number;
  truncate(fd: number, length: number): void;
  /** Resolves when everything written to the file before is on the device: fdatasync(2). */
  flush(fd: number): Promise<void>;
  /** The same with all that is known of the file: fsync(2). */
  sync(fd: number): Promise<void>;
  stat(fd: number): FileStats;
  /** The same without opening it; undefined where there is nothing of that name. */
  look(path: string): FileStats | undefined;
  /** Returns how many bytes it read. */
  read(fd: number, into: Buffer, position: number): number;
  makePrivate(fd: number): void;
  /** The names in a directory, in no order. */
  names(directory: string): readonly string[];
  /** A second name of a file. @throws EEXIST where the name is taken: that makes it a decision between processes */
  link(from: string, to: string): void;
  /** Replaces what has the name. */
  rename(from: string, to: string): void;
  /** Takes a name away; nothing happens where it is not there. */
  remove(path: string): void;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): void;
  /** `f_type` of statfs(2). */
  fileSystemType(path: string): Promise<number>;
  /** The wall clock, for what is kept for a time. */
  now(): number;
  /** Runs `run` in `ms`, if this process still lives then; the returned function takes it back. Keeps nothing alive. */
  later(ms: number, run: () => void): () => void;
}

export interface FileStats {
  /** Tells files apart, whatever their names. */
  readonly ino: number;
  readonly size: number;
  /** How many names it has: 0 where it was deleted under us. */
  readonly nlink: number;
  /** Owner; 0 on Windows. */
  readonly uid: number;
  readonly mode: number;
  readonly mtimeMs: number;
  isFile(): boolean;
}

/** Windows cannot flush a directory (NTFS journals names by itself), and some file systems answer that there is nothing to flush. */
const CANNOT_SYNC_DIRECTORIES: ReadonlySet<string> = new Set(['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/** Absent on Windows, where a symbolic link takes a privilege to make. */
const NO_FOLLOW: number = (constants.O_NOFOLLOW as number | undefined) ?? 0;

/** Synchronous where the page cache answers in microseconds (a trip to the thread pool costs more), asynchronous for the flush. */
export const nodeLogIo: LogIo = {
  open: (path) => openSync(path, constants.O_RDWR | constants.O_APPEND | NO_FOLLOW),
  openToOverwrite: (path) => openSync(path, constants.O_RDWR | NO_FOLLOW),
  create: (path) => openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW, 0o600),
  close: closeSync,
  append: (fd, bytes) => writeSync(fd, bytes),
  write: (fd, bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
  truncate: ftruncateSync,
  flush: (fd) => settled((done) => fdatasync(fd, done)),
  sync: (fd) => settled((done) => fsync(fd, done)),
  stat: (fd) => fstatSync(fd),
  look: (path) => lstatSync(path, { throwIfNoEntry: false }),
  read: (fd, into, position) => readSync(fd, into, 0, into.length, position),
  makePrivate: (fd) => fchmodSync(fd, 0o600),
  names: (directory) => readdirSync(directory),
  link: linkSync,
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
  syncDirectory(path) {
    try {
      const fd = openSync(path, 'r');
      try {
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      if (!CANNOT_SYNC_DIRECTORIES.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  },
  fileSystemType: async (path) => (await statfs(path)).type,
  later(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
  now: Date.now,
};

function settled(start: (done: (error: NodeJS.ErrnoException | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error === null ? resolve() : reject(error))));
}
