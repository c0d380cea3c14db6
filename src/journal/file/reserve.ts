import { join } from 'node:path';
import { codeOf } from './failure.ts';
import type { LogIo } from './log-io.ts';

/** As much as the largest answer that a record keeps. */
const SIZE = 1024 * 1024;

/** No space, or none for this user. */
export const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

export function reservePath(directory: string): string {
  return join(directory, 'reserve');
}

/** Space put aside, so that what was sent can be recorded as finished when the disk is full. While it is not there and cannot be made, nothing
 *  new is claimed: one must not begin what one may be unable to end. Returns whether it is there, or cannot be of use here. */
export async function holdReserve(directory: string, io: LogIo): Promise<boolean> {
  const path = reservePath(directory);
  if (hasReserve(directory, io)) return true;
  try {
    io.remove(path);
    const fd = io.create(path);
    try {
      // No zeros: some file systems would keep none.
      if (io.write(fd, Buffer.alloc(SIZE, '.'), 0) < SIZE)
        throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
      await io.sync(fd);
    } finally {
      io.close(fd);
    }
    return true;
  } catch (error) {
    // EEXIST: another process is making it. Limits of the process, missing rights: the log will say.
    if (!FULL.has(codeOf(error))) return true;
    io.remove(path);
    return false;
  }
}

export function hasReserve(directory: string, io: LogIo): boolean {
  return io.look(reservePath(directory))?.size === SIZE;
}

export function releaseReserve(directory: string, io: LogIo): void {
  io.remove(reservePath(directory));
}
