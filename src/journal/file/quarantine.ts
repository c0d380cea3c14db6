import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { codeOf } from './failure.ts';
import type { LogIo } from './log-io.ts';

const SLICE = 4 * 1024 * 1024;

export function quarantinePath(directory: string): string {
  return join(directory, 'quarantine');
}

/** Keeps a copy of a damaged log, for whoever repairs or replaces it: evidence must not depend on what is done next. Once per log and size, and
 *  best effort: the log itself is left as it is, and the journal is refused either way. */
export async function quarantine(directory: string, path: string, io: LogIo): Promise<void> {
  try {
    const size = io.look(path)?.size ?? 0;
    const copy = join(quarantinePath(directory), `${basename(path, '.log')}-${size}.log`);
    if (io.look(copy) !== undefined) return;
    mkdirSync(quarantinePath(directory), { recursive: true, mode: 0o700 });
    await copyFile(path, copy, io);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

async function copyFile(path: string, copy: string, io: LogIo): Promise<void> {
  const from = io.open(path);
  try {
    const to = io.create(copy);
    try {
      const slice = Buffer.allocUnsafe(SLICE);
      for (let at = 0; ; ) {
        const got = io.read(from, slice, at);
        if (got === 0) break;
        at += io.write(to, slice.subarray(0, got), at);
      }
      await io.sync(to);
    } finally {
      io.close(to);
    }
  } finally {
    io.close(from);
  }
}
