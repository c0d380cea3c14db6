import { randomUUID } from 'node:crypto';
import { closeSync, constants, fchmodSync, fstatSync, openSync } from 'node:fs';
import { link, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { JournalError } from '../../core/errors/journal-error.ts';
import { encodeHeader } from './batch.ts';
import { refuseForeign, unfit } from './directory.ts';
import { codeOf, fileSystemError, LogFailure } from './failure.ts';
import { encodeLine } from './line.ts';
import { Log, type LogOptions } from './log.ts';

const NAME = /^(\d{8})\.log$/;
const FIRST = 1;

/** Whoever lists the directory next sees what was linked: more rounds than this mean that something deletes the log as it comes. */
const MOST_ROUNDS = 50;

/** Opens the log of a directory that is fit for one, and reads it; makes it where there is none.
 *  @throws JournalError, LogFailure */
export async function openLog(directory: string, options: Pick<LogOptions, 'io' | 'onChange'>): Promise<Log> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const latest = await latestGeneration(directory);
    if (latest === undefined) {
      await makeFirst(directory);
      continue;
    }
    if (latest > FIRST) throw compacted(directory);
    const path = join(directory, fileName(latest));
    const fd = openFile(path);
    const log = new Log({ ...options, fd, path });
    try {
      await log.load();
      // Whoever linked the log may have died before its name was durable.
      syncNames(directory, options);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return log;
  }
  throw unfit(directory, 'loses its log as soon as it is made', 'Find out what deletes files there');
}

function fileName(generation: number): string {
  return `${String(generation).padStart(8, '0')}.log`;
}

async function latestGeneration(directory: string): Promise<number | undefined> {
  try {
    const generations = (await readdir(directory)).flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
    return generations.length === 0 ? undefined : Math.max(...generations);
  } catch (cause) {
    throw fileSystemError(`The journal directory ${directory} cannot be read`, cause);
  }
}

function openFile(path: string): number {
  let fd: number;
  try {
    // Absent on Windows, where a symbolic link takes a privilege to make.
    const noFollow: number | undefined = constants.O_NOFOLLOW;
    fd = openSync(path, constants.O_RDWR | constants.O_APPEND | (noFollow ?? 0));
  } catch (cause) {
    if (codeOf(cause) === 'ELOOP') throw unfit(path, 'is a symbolic link', 'Remove it');
    if (codeOf(cause) === 'EISDIR') throw unfit(path, 'is a directory', 'Remove it');
    throw fileSystemError(`The journal ${path} cannot be opened`, cause);
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw unfit(path, 'is not a file', 'Remove it');
    refuseForeign(path, stats);
    // A copy put back by hand: it holds what was sent and answered, for its owner alone.
    if ((stats.mode & 0o077) !== 0) fchmodSync(fd, 0o600);
    return fd;
  } catch (cause) {
    closeSync(fd);
    throw cause instanceof JournalError ? cause : fileSystemError(`The journal ${path} cannot be opened`, cause);
  }
}

function syncNames(directory: string, { io }: Pick<LogOptions, 'io'>): void {
  try {
    io.syncDirectory(directory);
  } catch (cause) {
    throw new LogFailure(fileSystemError(`The names in ${directory} could not be made durable`, cause), true);
  }
}

/** Whole and durable before it has its name: nobody ever reads half a header. Of several processes one links, the others find its log. */
async function makeFirst(directory: string): Promise<void> {
  const temporary = join(directory, `tmp-${randomUUID()}`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(encodeLine(encodeHeader(FIRST)));
      await file.sync();
    } finally {
      await file.close();
    }
    await link(temporary, join(directory, fileName(FIRST)));
  } catch (cause) {
    // ENOENT: another process swept it as a leftover. The next round tells.
    const code = codeOf(cause);
    if (code !== 'EEXIST' && code !== 'ENOENT') {
      throw fileSystemError(`The journal in ${directory} cannot be created`, cause);
    }
  } finally {
    await rm(temporary, { force: true });
  }
}

function compacted(directory: string): JournalError {
  return new JournalError(
    'newer-version',
    `The journal in ${directory} was compacted by a newer version of onceward. It is left as it is: update this program.`,
  );
}
