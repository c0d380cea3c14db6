import { setImmediate as nextTurn } from 'node:timers/promises';
import { JournalError } from '../../core/errors/journal-error.ts';
import type { JournalRecord } from '../../core/record.ts';
import { collected, type Retention } from '../../core/retention.ts';
import { decodeText, encodeHeader, entriesOf } from './batch.ts';
import { checksumOf, dataOf } from './block.ts';
import { encodeRawPut, isNewer, markOf, textsOf } from './entry.ts';
import { encodeLine, NEWLINE } from './line.ts';
import { Listing, type Row } from './listing.ts';
import type { Log } from './log.ts';
import type { LogIo } from './log-io.ts';
import type { Mark, Part, Stored } from './stored.ts';

/** How much is gathered before it is written and others get their turn. */
const SLICE = 1024 * 1024;

/** Room behind the snapshot for what others write in the moment before the log is sealed: after that nothing may need space. */
const SLACK = 1024 * 1024;

/** How often others are overtaken before they are let go on. */
const MOST_ROUNDS = 5;

const NOTHING = { bytes: Buffer.alloc(0), whole: true } as const;

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
  /** Bytes of the texts. */
  #data = 0;
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
    const { io, generation, now: at } = this.#options;
    this.#takeIn();
    this.#put(encodeLine(encodeHeader(generation, { at, length: this.#length, data: this.#data })), 0);
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
      const put = encodeRawPut(identity, stored, this.#log.reader.texts(identity, stored));
      this.#append(encodeLine(`{"w":"","s":0,"d":0}\t${put}`));
    }
  }

  close(): void {
    this.#options.io.close(this.#fd);
  }

  async #records(): Promise<void> {
    this.#put(encodeLine(encodeHeader(this.#options.generation)), 0);
    this.#reached = this.#log.fold.seal?.from ?? this.#log.fold.end;
    const listing = new Listing(this.#start);
    let texts: Buffer[] = [];
    let size = 0;
    for (const [identity, indexed] of this.#log.fold.index) {
      const stored = typeof indexed === 'number' ? this.#log.reader.listed(indexed) : indexed;
      const row = this.#expired(identity, stored) ?? this.#row(identity, stored);
      listing.add(row);
      texts.push(row.data);
      size += row.data.length;
      if (size < SLICE) continue;
      this.#append(Buffer.concat(texts));
      texts = [];
      size = 0;
      await nextTurn();
    }
    this.#append(Buffer.concat(texts));
    this.#data = this.#length;
    this.#append(listing.end());
  }

  /** The record as it is to be kept, where something of it goes. */
  #expired(identity: string, stored: Stored): Row | undefined {
    const { retention, now } = this.#options;
    const age = now - stored.since;
    const expired =
      (stored.mark === 'a' && age >= retention.response) || (stored.mark === 's' && age >= retention.record);
    if (!expired || isNewer(stored)) return undefined;
    try {
      const record = collected(this.#log.reader.record(identity, stored), retention, now);
      const { version, revision, write, state } = record;
      const texts = textsOf(record);
      const data = dataOf(Buffer.from(texts.fixed), Buffer.from(texts.state));
      this.#collected.add(identity);
      const brief = { identity, mark: markAfter(record), version, revision, write, since: state?.finishedAt ?? 0 };
      return { ...brief, data, state: Buffer.byteLength(texts.state), checksum: checksumOf(data) };
    } catch (error) {
      if (error instanceof JournalError) return undefined;
      throw error;
    }
  }

  /** The record as it is. What is damaged stays damaged: it goes on under a checksum that is not its own. */
  #row(identity: string, stored: Stored): Row {
    const { reader } = this.#log;
    const { mark, version, revision, write, since, fixed, state } = stored;
    const brief = { identity, mark, version, revision, write, since };
    const { line } = fixed;
    // Of the present snapshot: nearly always the same bytes again. Tombstones stay as they are for ever; so do the unfinished.
    if (line.checksum !== undefined && (state === undefined || state.line === line)) {
      const { bytes } = reader.bytes({ line, from: line.from, to: line.to });
      return { ...brief, data: dataOf(bytes), state: lengthOf(state), checksum: line.checksum };
    }
    const first = reader.bytes(fixed);
    const second = state === undefined ? NOTHING : reader.bytes(state);
    const shed = stored.bodyless && first.whole && !isNewer(stored);
    const data = dataOf(shed ? withoutRequestBody(first.bytes) : first.bytes, second.bytes);
    const checksum = checksumOf(data);
    const whole = first.whole && second.whole;
    return { ...brief, data, state: lengthOf(state), checksum: whole ? checksum : checksum ^ 1 };
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

/** Of a record that went through `collected`: what it still waits for. */
function markAfter(record: JournalRecord): Mark {
  const mark = markOf(record);
  return mark === 'a' ? 's' : mark;
}

/** It has ended, and is never sent again. */
function withoutRequestBody(fixed: Buffer): Buffer {
  if (!fixed.includes('"body":')) return fixed;
  const { request, ...rest } = JSON.parse(fixed.toString('utf8')) as { request?: { body?: unknown } };
  if (request === undefined) return fixed;
  const { body: _, ...kept } = request;
  return Buffer.from(JSON.stringify({ ...rest, request: kept }));
}

function lengthOf(part: Part | undefined): number {
  return part === undefined ? 0 : part.to - part.from;
}
