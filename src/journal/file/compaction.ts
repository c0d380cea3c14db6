import { setTimeout as sleep } from 'node:timers/promises';
import type { Retention } from '../../core/retention.ts';
import { codeOf, Divided, fileSystemError } from './failure.ts';
import { type GenerationOptions, isLinked, linkAs, openLatest } from './generation.ts';
import type { Log } from './log.ts';
import { temporaryPath } from './names.ts';
import { FULL, hasReserve, releaseReserve } from './reserve.ts';
import { Snapshot } from './snapshot.ts';

export interface CompactionOptions extends GenerationOptions {
  readonly retention: Retention;
}

/** Below it a log is not worth the work. */
const SMALLEST = 4 * 1024 * 1024;

/** Whoever sealed has its snapshot on the disk already, and links it within milliseconds: others need not write the same once more. */
const PATIENCE = { times: 20, ms: 5 } as const;

/** A log is worth compacting when it is more than twice its snapshot, and a good part of it could go: a log of nothing but the unfinished, or of what
 *  has finished a moment ago and is kept for its time, would else be written again and again for nothing. */
export function isDue({ fold }: Log, { retention, io }: CompactionOptions): boolean {
  if (fold.end <= Math.max(SMALLEST, 2 * fold.snapshotEnd)) return false;
  // What is older stands in the snapshot.
  const goes = io.now() - fold.begunAt < retention.response ? 0 : fold.finished;
  return fold.superseded + goes > fold.end / 4;
}

/** The generation that follows. */
export interface Next {
  /** The latest one, not sealed. */
  readonly log: Log;
  /** What this process had folded is in it for sure: another process may have read something else. */
  readonly ours: boolean;
}

/** Begins the next generation with what the present one holds, less what has expired. Nothing may be folded meanwhile.
 *  @throws what the file system throws, JournalError, LogFailure */
export async function compact(log: Log, options: CompactionOptions): Promise<Next> {
  if (log.sealed) return followSeal(log, options);
  return succeeded(log, options, () =>
    replaced(log, options, async (snapshot) => {
      await snapshot.overtake();
      log.seal(options.io.now());
    }),
  );
}

/** Goes on behind a seal. Whoever wrote it may be dead: then its work is done here. */
export async function followSeal(log: Log, options: CompactionOptions): Promise<Next> {
  const next = log.fold.generation + 1;
  for (let waited = 0; !isLinked(options, next) && waited < PATIENCE.times; waited++) await sleep(PATIENCE.ms);
  return succeeded(
    log,
    options,
    async () => !isLinked(options, next) && (await withReserve(options, () => replaced(log, options))),
  );
}

/** @param replace returns whether the successor is made of what this process has read */
async function succeeded(log: Log, options: CompactionOptions, replace: () => Promise<boolean>): Promise<Next> {
  const ours = await replace().catch((error: unknown) => {
    // What others have read counts: it is read anew, and what waits is decided by that.
    if (error instanceof Divided) return false;
    throw error;
  });
  return { log: await latest(log, options), ours };
}

/** Opens the latest generation of a directory, past every seal. A flush of it makes all of it durable. */
export async function openUnsealed(options: CompactionOptions): Promise<Log> {
  const log = await openLatest(options);
  let kept = false;
  try {
    if (log.sealed) return (await followSeal(log, options)).log;
    await withReserve(options, async () => log.renew());
    kept = true;
    return log;
  } catch (cause) {
    throw codeOf(cause) === undefined ? cause : fileSystemError(`The journal ${log.path} cannot be written`, cause);
  } finally {
    if (!kept) log.close();
  }
}

/** Writes the next generation and gives it its name. `seal` is called when its space is secured.
 *  @returns false where another process was first */
async function replaced(
  log: Log,
  options: CompactionOptions,
  seal?: (snapshot: Snapshot) => Promise<void>,
): Promise<boolean> {
  const { io, retention, directory } = options;
  const generation = log.fold.generation + 1;
  const path = temporaryPath(directory);
  const snapshot = await Snapshot.write(log, { io, path, generation, retention, now: io.now() });
  try {
    await seal?.(snapshot);
    log.compare();
    await withReserve(options, () => snapshot.finish());
    return linkAs(path, generation, options);
  } finally {
    snapshot.close();
    io.remove(path);
  }
}

/** Behind a seal nobody can go on before the next generation is there: if anything is what the reserve is for, this is. */
async function withReserve<T>({ directory, io }: CompactionOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!FULL.has(codeOf(error)) || !hasReserve(directory, io)) throw error;
    releaseReserve(directory, io);
    return await work();
  }
}

/** By listing, never simply "the next": several may have passed. */
async function latest(log: Log, options: CompactionOptions): Promise<Log> {
  const found = await openUnsealed(options);
  log.close();
  return found;
}
