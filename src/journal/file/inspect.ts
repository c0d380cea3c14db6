import { readdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { JournalError } from '../../core/errors/journal-error.ts';
import { asFailure, fileSystemError } from './failure.ts';
import { Log } from './log.ts';
import { nodeLogIo } from './log-io.ts';
import { generationPath, generationsIn, isTemporary } from './names.ts';
import { networkFileSystem } from './network-file-system.ts';
import { quarantinePath } from './quarantine.ts';
import { reservePath } from './reserve.ts';

/** The state of a log and of the directory around it. */
export interface LogReport {
  readonly directory: string;
  /** The name of the network file system it is on; undefined where it is local, or where that cannot be told. */
  readonly fileSystem: string | undefined;
  /** On such a file system, or open to others. */
  readonly unsafe: boolean;
  /** Permission bits of the directory. */
  readonly mode: number;
  /** User id of the directory's owner. */
  readonly owner: number;
  readonly generation: number;
  /** Bytes of the log, and of them the snapshot it began with. */
  readonly size: number;
  readonly snapshot: number;
  readonly records: number;
  /** Unfinished, or not acknowledged. */
  readonly open: number;
  /** Pieces that a dead writer left: no harm. */
  readonly tornPieces: number;
  /** Bytes that are not what was stored, of those that a start reads. A damaged text in the snapshot is told of its record, by whoever reads it. */
  readonly damaged: readonly { readonly from: number; readonly to: number }[];
  /** Files of compactions that did not end. */
  readonly leftovers: readonly string[];
  /** Copies of damaged logs. */
  readonly quarantined: readonly string[];
  /** Whether space is put aside for a full disk. */
  readonly reserve: boolean;
  readonly freeBytes: number | undefined;
  /** Why the journal cannot be used. */
  readonly problem: JournalError | undefined;
}

/** Looks at the log in a directory without changing anything: safe while others use it.
 *  @throws JournalError where there is no journal to look at */
export async function inspectLog(directory: string): Promise<LogReport> {
  const io = nodeLogIo;
  const stats = io.look(directory);
  const names = namesIn(directory);
  const generation = generationsIn(names).at(-1);
  if (stats === undefined || generation === undefined) {
    throw new JournalError(
      'unavailable',
      `There is no journal in ${directory}. Name the directory given to fileJournal.`,
    );
  }
  const fileSystem = await networkFileSystem(directory, io);
  const { log, problem } = await readLog(generationPath(directory, generation));
  const shared = (stats.mode & 0o022) !== 0;
  return {
    directory,
    fileSystem,
    unsafe: fileSystem !== undefined || shared,
    mode: stats.mode & 0o777,
    owner: stats.uid,
    generation,
    size: io.look(generationPath(directory, generation))?.size ?? 0,
    snapshot: log?.fold.snapshotEnd ?? 0,
    records: log?.fold.index.size ?? 0,
    open: log?.fold.open.size ?? 0,
    tornPieces: log?.fold.torn(0).length ?? 0,
    damaged: (log?.fold.damage ?? []).map(([from, to]) => ({ from, to })),
    leftovers: names.filter(isTemporary),
    quarantined: namesIn(quarantinePath(directory)).map((name) => join('quarantine', name)),
    reserve: io.look(reservePath(directory)) !== undefined,
    freeBytes: await freeBytes(directory),
    problem,
  };
}

async function readLog(path: string): Promise<{ log?: Log; problem: JournalError | undefined }> {
  let fd: number;
  try {
    fd = nodeLogIo.open(path);
  } catch (cause) {
    return { problem: fileSystemError(`The journal ${path} cannot be opened`, cause) };
  }
  const log = new Log({ fd, io: nodeLogIo, path, onChange: () => {} });
  try {
    await log.load();
    log.verify();
    return { log, problem: undefined };
  } catch (error) {
    return { log, problem: asFailure(error, `The journal ${path} cannot be read`).error };
  } finally {
    log.close();
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

async function freeBytes(directory: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
