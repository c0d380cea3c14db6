import { closeSync, fdatasync, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { statfs } from 'node:fs/promises';

/** What the journal asks of the operating system where an answer can be hard to come by in a test. */
export interface LogIo {
  /** One write(2) at the end of the file. Returns how many bytes it took; must never write "the rest": others may be in between. */
  append(fd: number, bytes: Buffer): number;
  /** Resolves when everything written to the file before is on the device. */
  flush(fd: number): Promise<void>;
  stat(fd: number): { readonly size: number; readonly nlink: number };
  /** Returns how many bytes it read. */
  read(fd: number, into: Buffer, position: number): number;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): void;
  /** `f_type` of statfs(2). */
  fileSystemType(path: string): Promise<number>;
}

/** Windows cannot flush a directory (NTFS journals names by itself), and some file systems answer that there is nothing to flush. */
const CANNOT_SYNC_DIRECTORIES: ReadonlySet<string> = new Set(['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/** Synchronous where the page cache answers in microseconds (a trip to the thread pool costs more), asynchronous for the flush. */
export const nodeLogIo: LogIo = {
  append: (fd, bytes) => writeSync(fd, bytes),
  flush: (fd) =>
    new Promise((resolve, reject) => {
      fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
    }),
  stat: (fd) => fstatSync(fd),
  read: (fd, into, position) => readSync(fd, into, 0, into.length, position),
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
};
