import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JournalRecord } from '../../core/record.ts';
import { collected, type Retention } from '../../core/retention.ts';
import { decodeText, encodeHeader, entriesOf } from './batch.ts';
import { BLOCK, encodeBlock, type Packed } from './block.ts';
import { encodePut, encodeRawPut, isNewer, markOf } from './entry.ts';
import { encodeLine, encodeLineOf, NEWLINE } from './line.ts';
import type { Log } from './log.ts';
import type { LogIo } from './log-io.ts';
import type { Mark, Stored } from './stored.ts';

/** How much is gathered before it is written and others get their turn. */
const SLICE = 1024 * 1024;

/** Room behind the snapshot for what others write in the moment before the log is sealed: after that nothing may need space. */
const SLACK = 1024 * 1024;

/** How often others are overtaken before they are let go on. */
const MOST_ROUNDS = 5;

export interface SnapshotOptions {
  readonly io: LogIo;
  readonly path: string;
  readonly generation: number;
  readonly retention: Retention;
  readonly now: number;
}

/** The next generation's file under a temporary name, on the device before the present one is sealed: a seal whose snapshot does not fit on the
 *  disk would stop every process. */
export class Snapshot {
  readonly #log: Log;
  readonly #options: SnapshotOptions;
  readonly #fd: number;
  readonly #start: number;
  /** Of these something is left out. */
  readonly #collected = new Set<string>();
  #length = 0;
  /** Up to here the log is in it. */
  #reached = 0;

  private constructor(log: Log, options: SnapshotOptions) {
    this.#log = log;
    this.#options = options;
    this.#fd = options.io.create(options.path);
    this.#start = encodeLine(encodeHeader(options.generation)).length;
  }

  /** Writes what the log holds. Nothing may be folded into it meanwhile. @throws what the file system throws */
  static async write(log: Log, options: SnapshotOptions): Promise<Snapshot> {
    const snapshot = new Snapshot(log, options);
    try {
      await snapshot.#records();
      snapshot.#put(Buffer.alloc(SLACK, NEWLINE), snapshot.#end);
      await options.io.sync(snapshot.#fd);
    } catch (error) {
      snapshot.close();
      options.io.remove(options.path);
      throw error;
    }
    return snapshot;
  }

  /** Before the seal: takes in what was written to the log meanwhile, until that is little, and has room again for as much. @throws where others
   *  write faster than this: the log stays as it is */
  async overtake(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      this.#log.refresh();
      if (this.#log.sealed || this.#log.fold.end - this.#reached <= SLACK / 2) return;
      this.#takeIn();
      this.#put(Buffer.alloc(SLACK, NEWLINE), this.#end);
      await this.#options.io.sync(this.#fd);
    }
    throw Object.assign(new Error('others write faster than this can follow'), { code: 'EBUSY' });
  }

  /** Behind the seal: takes in what was written before it, and makes all of it durable. */
  async finish(): Promise<void> {
    const { io, generation } = this.#options;
    this.#takeIn();
    this.#put(encodeLine(encodeHeader(generation, this.#length)), 0);
    io.truncate(this.#fd, this.#end);
    await io.sync(this.#fd);
  }

  /** Lines mean the same in any file; only what they say about offsets does not. */
  #takeIn(): void {
    const { fold, reader } = this.#log;
    const end = fold.seal?.from ?? fold.end;
    if (end <= this.#reached) return;
    for (const text of reader.linesBetween(this.#reached, end)) {
      const entries = entriesOf(text);
      if (entries === undefined) continue;
      this.#restore(text);
      this.#append(encodeLine(`{"w":"","s":0,"d":0}\t${entries}`));
    }
    this.#reached = end;
  }

  /** What this snapshot has collected was still whole for whoever wrote to it since: it goes on as it is now, and the write is in it. */
  #restore(text: Buffer): void {
    const line = decodeText(text);
    if (line.kind !== 'batch') return;
    for (const { identity } of line.entries) {
      if (!this.#collected.delete(identity)) continue;
      const stored = this.#log.fold.stored(identity);
      if (stored === undefined) continue;
      const put = Buffer.from(encodeRawPut(identity, stored, this.#log.reader.texts(stored)));
      this.#append(encodeLineOf(encodeBlock([{ identity, mark: listedMark(stored), put }])));
    }
  }

  close(): void {
    this.#options.io.close(this.#fd);
  }

  async #records(): Promise<void> {
    this.#put(encodeLine(encodeHeader(this.#options.generation)), 0);
    this.#reached = this.#log.fold.seal?.from ?? this.#log.fold.end;
    let block: Packed[] = [];
    let size = 0;
    let unshared = 0;
    for (const [identity, indexed] of this.#log.fold.index) {
      const packed = typeof indexed === 'number' ? this.#again(identity, indexed) : this.#pack(identity, indexed);
      block.push(packed);
      size += packed.put.length;
      if (size < BLOCK) continue;
      unshared += size;
      this.#append(encodeLineOf(encodeBlock(block)));
      block = [];
      size = 0;
      if (unshared < SLICE) continue;
      unshared = 0;
      await nextTurn();
    }
    if (block.length > 0) this.#append(encodeLineOf(encodeBlock(block)));
  }

  /** A record of the present snapshot: nearly always the same bytes again. Tombstones stay as they are for ever; so do the unfinished. */
  #again(identity: string, offset: number): Packed {
    const { stored, bytes } = this.#log.reader.put(offset);
    if (stored.mark === 'a' || stored.mark === 's') return this.#pack(identity, stored);
    // A copy: what it was cut out of is much larger.
    return { identity, mark: listedMark(stored), put: Buffer.from(bytes) };
  }

  #pack(identity: string, stored: Stored): Packed {
    const { retention, now } = this.#options;
    const age = now - stored.since;
    const expired =
      (stored.mark === 'a' && age >= retention.response) || (stored.mark === 's' && age >= retention.record);
    if (expired && !isNewer(stored)) {
      const kept = collected(this.#log.reader.record(identity, stored), retention, now);
      const mark = markAfter(kept);
      this.#collected.add(identity);
      return { identity, mark, put: Buffer.from(encodePut(kept, mark)) };
    }
    const texts = this.#log.reader.texts(stored);
    const fixed = stored.bodyless && !isNewer(stored) ? withoutRequestBody(texts.fixed) : texts.fixed;
    const put = encodeRawPut(identity, stored, { ...texts, fixed });
    return { identity, mark: listedMark(stored), put: Buffer.from(put) };
  }

  #append(bytes: Buffer): void {
    this.#put(bytes, this.#end);
    this.#length += bytes.length;
  }

  get #end(): number {
    return this.#start + this.#length;
  }

  #put(bytes: Buffer, position: number): void {
    if (bytes.length === 0 || this.#options.io.write(this.#fd, bytes, position) === bytes.length) return;
    throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
  }
}

function listedMark(stored: Stored): Mark {
  return isNewer(stored) ? 'o' : stored.mark;
}

/** Of a record that went through `collected`: what it still waits for. */
function markAfter(record: JournalRecord): Mark {
  const mark = markOf(record);
  return mark === 'a' ? 's' : mark;
}

/** It has ended, and is never sent again. */
function withoutRequestBody(fixed: string): string {
  if (!fixed.includes('"body":')) return fixed;
  const { request, ...rest } = JSON.parse(fixed) as { request?: { body?: unknown } };
  if (request === undefined) return fixed;
  const { body: _, ...kept } = request;
  return JSON.stringify({ ...rest, request: kept });
}
