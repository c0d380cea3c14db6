import { join } from 'node:path';
import { JournalError } from '../../core/errors/journal-error.ts';
import { encodeHeader } from './batch.ts';
import { refuseForeign, unfit } from './directory.ts';
import { codeOf, corrupt, fileSystemError, LogFailure } from './failure.ts';
import { encodeLine } from './line.ts';
import { Log } from './log.ts';
import type { LogIo } from './log-io.ts';
import { generationPath, generationsIn, isTemporary, RETIRED, temporaryPath } from './names.ts';
import { quarantine } from './quarantine.ts';

const FIRST = 1;

/** Whoever lists the directory next sees what was linked: more rounds than this mean that something deletes the log as it comes, or that the
 *  latest one has lost its first line. */
const MOST_ROUNDS = 50;

/** A process that wrote a snapshot is done with it by then, or dead. */
const LEFTOVER_AFTER = 3_600_000;

/** Names of so many retired generations are kept. None has slept through that many compactions and is still about to link its own. */
const NAMES_KEPT = 1000;

export interface GenerationOptions {
  readonly directory: string;
  readonly io: LogIo;
  readonly onChange: (identity: string) => void;
}

/** Opens the latest generation of a directory that is fit for one, and reads it; makes the first where there is none. It may be sealed.
 *  @throws JournalError, LogFailure */
export async function openLatest(options: GenerationOptions): Promise<Log> {
  const { directory, io } = options;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const latest = latestIn(options);
    if (latest === undefined) {
      await makeFirst(options);
      continue;
    }
    const log = await load(latest, options);
    if (log.fold.generation !== latest && log.fold.beyond === undefined) {
      // A stub: a listing is no snapshot of a directory, and may miss the newest name.
      const last = round === MOST_ROUNDS - 1 || io.stat(log.fd).size !== RETIRED.length;
      if (last) await refuse(log, options, corrupt(log.path, 'it has no header'));
      log.close();
      continue;
    }
    try {
      log.verify();
      // Whoever linked the log may have died before its name was durable.
      syncNames(options);
    } catch (error) {
      await refuse(log, options, error);
    }
    retire(latest, options);
    return log;
  }
  throw unfit(directory, 'loses its log as soon as it is made', 'Find out what deletes files there');
}

/** Whether the generation after `generation` is there. */
export function isLinked({ directory, io }: GenerationOptions, generation: number): boolean {
  return io.look(generationPath(directory, generation)) !== undefined;
}

async function refuse(log: Log, { directory, io }: GenerationOptions, error: unknown): Promise<never> {
  log.close();
  if (error instanceof LogFailure && error.error.reason === 'corrupt') await quarantine(directory, log.path, io);
  throw error;
}

async function load(generation: number, options: GenerationOptions): Promise<Log> {
  const path = generationPath(options.directory, generation);
  const log = new Log({ ...options, fd: openFile(path, options.io), path });
  try {
    await log.load();
    return log;
  } catch (error) {
    log.close();
    throw error;
  }
}

function latestIn({ directory, io }: GenerationOptions): number | undefined {
  try {
    return generationsIn(io.names(directory)).at(-1);
  } catch (cause) {
    throw fileSystemError(`The journal directory ${directory} cannot be read`, cause);
  }
}

function openFile(path: string, io: LogIo): number {
  let fd: number;
  try {
    fd = io.open(path);
  } catch (cause) {
    if (codeOf(cause) === 'ELOOP') throw unfit(path, 'is a symbolic link', 'Remove it');
    if (codeOf(cause) === 'EISDIR') throw unfit(path, 'is a directory', 'Remove it');
    throw fileSystemError(`The journal ${path} cannot be opened`, cause);
  }
  try {
    const stats = io.stat(fd);
    if (!stats.isFile()) throw unfit(path, 'is not a file', 'Remove it');
    refuseForeign(path, stats);
    // A copy put back by hand: it holds what was sent and answered, for its owner alone.
    if ((stats.mode & 0o077) !== 0) io.makePrivate(fd);
    return fd;
  } catch (cause) {
    io.close(fd);
    throw cause instanceof JournalError ? cause : fileSystemError(`The journal ${path} cannot be opened`, cause);
  }
}

function syncNames({ directory, io }: GenerationOptions): void {
  try {
    io.syncDirectory(directory);
  } catch (cause) {
    throw new LogFailure(fileSystemError(`The names in ${directory} could not be made durable`, cause), true);
  }
}

/** Only after the name of the latest is durable. Best effort: what could not be replaced now is replaced at the next opening (Windows refuses
 *  while another process has the file open). */
function retire(latest: number, { directory, io }: GenerationOptions): void {
  try {
    const names = io.names(directory);
    for (const generation of generationsIn(names)) {
      const path = generationPath(directory, generation);
      if (generation < latest - NAMES_KEPT) io.remove(path);
      else if (generation < latest && io.look(path)?.size !== RETIRED.length) replaceWithStub(path, directory, io);
    }
    for (const name of names.filter(isTemporary)) {
      const path = join(directory, name);
      if (io.now() - (io.look(path)?.mtimeMs ?? Number.POSITIVE_INFINITY) > LEFTOVER_AFTER) io.remove(path);
    }
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
  }
}

function replaceWithStub(path: string, directory: string, io: LogIo): void {
  const stub = temporaryPath(directory);
  try {
    const fd = io.create(stub);
    try {
      io.write(fd, RETIRED, 0);
    } finally {
      io.close(fd);
    }
    io.rename(stub, path);
  } catch (error) {
    io.remove(stub);
    throw error;
  }
}

/** Whole and durable before it has its name: nobody ever reads half a header. Of several processes one links, the others find its log. */
async function makeFirst({ directory, io }: GenerationOptions): Promise<void> {
  const temporary = temporaryPath(directory);
  try {
    const fd = io.create(temporary);
    try {
      const header = encodeLine(encodeHeader(FIRST, { at: io.now() }));
      if (io.write(fd, header, 0) < header.length) throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
      await io.sync(fd);
    } finally {
      io.close(fd);
    }
    linkAs(temporary, FIRST, { directory, io });
  } catch (cause) {
    throw fileSystemError(`The journal in ${directory} cannot be created`, cause);
  } finally {
    io.remove(temporary);
  }
}

/** Gives a finished file the name of a generation; false where another process was first. */
export function linkAs(
  temporary: string,
  generation: number,
  { directory, io }: Pick<GenerationOptions, 'directory' | 'io'>,
): boolean {
  try {
    io.link(temporary, generationPath(directory, generation));
    return true;
  } catch (cause) {
    // ENOENT: another process swept it as a leftover. The next round tells.
    const code = codeOf(cause);
    if (code !== 'EEXIST' && code !== 'ENOENT') throw cause;
    return false;
  }
}
