import { setTimeout as sleep } from 'node:timers/promises';
import type { Retention } from '../../core/retention.ts';
import { type GenerationOptions, isLinked, linkAs, openLatest } from './generation.ts';
import type { Log } from './log.ts';
import { temporaryPath } from './names.ts';
import { Snapshot } from './snapshot.ts';

export interface CompactionOptions extends GenerationOptions {
  readonly retention: Retention;
}

/** Below it a log is not worth the work. */
const SMALLEST = 4 * 1024 * 1024;

/** Whoever sealed has its snapshot on the disk already, and links it within milliseconds: others need not write the same once more. */
const PATIENCE = { times: 20, ms: 5 } as const;

/** A log is worth compacting when it is more than twice its snapshot, and a good part of it could go: a log of nothing but the unfinished would
 *  else be written again and again for nothing. */
export function isDue({ fold }: Log): boolean {
  return fold.end > Math.max(SMALLEST, 2 * fold.snapshotEnd) && fold.superseded > fold.end / 4;
}

/** Begins the next generation with what the present one holds, less what has expired. Nothing may be folded meanwhile.
 *  @returns the latest generation, which may be another process's @throws what the file system throws, JournalError, LogFailure */
export async function compact(log: Log, options: CompactionOptions): Promise<Log> {
  if (log.sealed) return followSeal(log, options);
  const path = temporaryPath(options.directory);
  const snapshot = await Snapshot.write(log, snapshotOptions(log, path, options));
  try {
    log.seal(options.io.now());
    await snapshot.finish();
    linkAs(path, log.fold.generation + 1, options);
  } finally {
    snapshot.close();
    options.io.remove(path);
  }
  return latest(log, options);
}

/** Goes on behind a seal. Whoever wrote it may be dead: then its work is done here.
 *  @returns the latest generation, which is not sealed */
export async function followSeal(log: Log, options: CompactionOptions): Promise<Log> {
  const next = log.fold.generation + 1;
  for (let waited = 0; !isLinked(options, next) && waited < PATIENCE.times; waited++) await sleep(PATIENCE.ms);
  if (!isLinked(options, next)) {
    const path = temporaryPath(options.directory);
    const snapshot = await Snapshot.write(log, snapshotOptions(log, path, options));
    try {
      await snapshot.finish();
      linkAs(path, next, options);
    } finally {
      snapshot.close();
      options.io.remove(path);
    }
  }
  return latest(log, options);
}

/** Opens the latest generation of a directory, past every seal. */
export async function openUnsealed(options: CompactionOptions): Promise<Log> {
  const log = await openLatest(options);
  if (!log.sealed) return log;
  try {
    return await followSeal(log, options);
  } finally {
    log.close();
  }
}

/** By listing, never simply "the next": several may have passed. */
async function latest(log: Log, options: CompactionOptions): Promise<Log> {
  const found = await openUnsealed(options);
  log.close();
  return found;
}

function snapshotOptions(log: Log, path: string, { io, retention }: CompactionOptions) {
  return { io, path, generation: log.fold.generation + 1, retention, now: io.now() };
}
