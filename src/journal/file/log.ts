import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { JournalError } from '../../core/errors/journal-error.ts';
import { type Batch, encodeSeal, type Preamble, shiftsIn, textsOfBatch } from './batch.ts';
import type { Applied, Entry } from './entry.ts';
import { corrupt, Divided, fileSystemError, LogFailure, unknown, unusable } from './failure.ts';
import { type BlockPlace, Fold } from './fold.ts';
import { encodeLineOfTexts, wholeLines } from './line.ts';
import type { LogIo } from './log-io.ts';
import { LogReader } from './log-reader.ts';
import { Unflushed } from './unflushed.ts';

/** How much is read at a time; twice as much while a line is longer. */
const SLICE = 1024 * 1024;
/** Of a log that nobody has looked at: behind its first line comes what a start leaves alone. */
const FIRST_SLICE = 4096;
const NOTHING = Buffer.alloc(0);

/** A batch that was written whole and cannot be read back: the file was changed by something that is no journal. */
const MOST_WRITES = 3;

/** A line that was just written, and what became of it. */
interface Own {
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly plain: boolean;
  batch?: Batch;
  shifts?: readonly number[];
  applied?: readonly Applied[];
}

export interface LogOptions {
  readonly fd: number;
  readonly io: LogIo;
  /** For messages. */
  readonly path: string;
  /** Told of every record that a write, of this process or another, may have changed. */
  readonly onChange: (identity: string) => void;
}

/** One generation of the log, open: what is in it, and how more gets in. Knows nothing of callers and queues. */
export class Log {
  readonly fold: Fold;
  readonly reader: LogReader;
  readonly #options: LogOptions;
  readonly #writer: string = randomUUID();
  readonly #unflushed = new Unflushed();
  #sequence = 0;
  #flushed = 0;
  #own: Own | undefined;
  #pins = 0;
  #closed = false;

  constructor(options: LogOptions) {
    this.#options = options;
    const blocks: BlockPlace[] = [];
    this.reader = new LogReader(options, this.#unflushed, blocks);
    this.fold = new Fold(this.reader, blocks);
  }

  get fd(): number {
    return this.#options.fd;
  }

  get path(): string {
    return this.#options.path;
  }

  /** Everything before it is on the device, by our own flushes or by what the log says of others'. */
  get durable(): number {
    return Math.max(this.#flushed, this.fold.named);
  }

  get sealed(): boolean {
    return this.fold.seal !== undefined;
  }

  /** Writes one batch and reads it back: what became of each entry is for the order of the log to say. Undefined where the generation was
   *  sealed first: then it counts for nothing, and belongs into the next one.
   *  @throws JournalError where it was refused, and the log can go on @throws LogFailure where it cannot */
  write(texts: readonly string[], entries: readonly Entry[] = []): readonly Applied[] | undefined {
    for (let writes = 0; writes < MOST_WRITES; writes++) {
      const preamble = this.#preamble();
      const pieces = textsOfBatch(preamble, texts);
      const own = this.#append(preamble, pieces);
      // One byte a character, or nobody knows where things stand in it.
      if (own.plain && entries.length === texts.length) {
        own.batch = { kind: 'batch', ...preamble, entries };
        own.shifts = shiftsIn(pieces);
      }
      this.#own = own;
      this.#readBack();
      const { applied } = own;
      this.#own = undefined;
      if (applied !== undefined || this.sealed) return applied;
    }
    throw unknown(this.#final('what was written to it cannot be read back'));
  }

  /** Ends the generation, unless another process did. @throws JournalError, LogFailure */
  seal(at: number): void {
    for (let writes = 0; !this.sealed; writes++) {
      if (writes === MOST_WRITES) throw this.#final('what was written to it cannot be read back');
      const preamble = this.#preamble();
      this.#append(preamble, [encodeSeal(preamble, at)]);
      this.#readBack();
    }
  }

  /** Behind the seal, before a successor is made of what this process has read. @throws LogFailure */
  compare(): void {
    this.#compare(this.fold.end);
  }

  /** Up to `to` the file still shows what is in memory. Where a flush has failed and the page cache has let go of it, others have read older bytes,
   *  may have answered by them, and mean those when they say what is durable. */
  #compare(to: number): void {
    const { fd, io } = this.#options;
    const from = this.#unflushed.from ?? to;
    if (from >= to) return;
    const held = this.#unflushed.read(from, to);
    const shown = Buffer.alloc(to - from);
    io.read(fd, shown, from);
    if (held?.equals(shown)) return;
    throw new Divided(this.#options.path);
  }

  /** Before a pause: says in the log itself what is durable. From then on a change to it is known from a torn piece. */
  sayDurable(): void {
    if (this.fold.written <= this.fold.named || this.fold.written > this.durable || this.sealed) return;
    try {
      this.write([]);
    } catch {
      // Nothing depends on it.
    }
  }

  /** Folds what was appended meanwhile, by anybody. What it reads is not durable by that. @throws LogFailure */
  refresh(): void {
    const reading = this.#read();
    while (!reading.next().done);
    this.#judge();
  }

  /** What fails from here on fails behind a write that may well be in the log. */
  #readBack(): void {
    try {
      this.refresh();
    } catch (error) {
      throw error instanceof LogFailure ? unknown(error) : error;
    }
  }

  /** The first read, in slices: a long log must not stop everything else. Not judged: `verify` does. @throws LogFailure */
  async load(): Promise<void> {
    const reading = this.#read();
    while (!reading.next().done) await nextTurn();
  }

  /** What was loaded is a log of this version, and whole. @throws LogFailure */
  verify(): void {
    this.#judge();
  }

  /** Writes once more, byte for byte, what no line says is durable. The flush of whoever wrote it may have failed before we opened the file: then
   *  the kernel calls those pages clean, our flush would succeed without them, and nobody tells us (errseq_t). Whoever saw the failure may have
   *  died of it, so no word of theirs can be waited for. Whole lines only: they never change, and readers see no difference; what cannot be read may
   *  be on its way. @throws what the file system throws */
  renew(): void {
    const { io, path, fd } = this.#options;
    const { named, end } = this.fold;
    if (named >= end) return;
    const bytes = this.#unflushed.read(named, end);
    if (bytes === undefined) throw this.#final('what was read of it is not in memory');
    const again = io.openToOverwrite(path);
    try {
      // Retired meanwhile: its successor was written from what was read, and flushed.
      if (io.stat(again).ino !== io.stat(fd).ino) return;
      for (const [from, to] of wholeLines(bytes)) {
        if (io.write(again, bytes.subarray(from, to), named + from) === to - from) continue;
        throw Object.assign(new Error('short write'), { code: 'ENOSPC' });
      }
    } finally {
      io.close(again);
    }
  }

  /** Makes everything that is folded durable. @throws LogFailure. A flush that failed must not be tried again: the kernel reports lost pages
   *  once, and the next flush "succeeds" over them. */
  async flush(): Promise<void> {
    const { fd, io, path } = this.#options;
    const reached = this.fold.end;
    this.#inUse();
    const release = this.pin();
    try {
      await io.flush(fd);
    } catch (cause) {
      throw unusable(path, cause);
    } finally {
      release();
    }
    if (reached > this.#flushed) this.#flushed = reached;
    this.#unflushed.drop(this.durable);
  }

  /** Keeps the file open until the returned function is called, whatever happens to the log meanwhile. */
  pin(): () => void {
    this.#pins++;
    return () => {
      this.#pins--;
      this.#release();
    };
  }

  /** Never under a flush or a read: its file descriptor could be another file's by the time they run. */
  close(): void {
    this.#closed = true;
    this.#release();
  }

  #release(): void {
    if (!this.#closed || this.#pins > 0) return;
    this.#pins = Number.POSITIVE_INFINITY;
    this.#options.io.close(this.#options.fd);
  }

  #preamble(): Preamble {
    const { durable } = this;
    return { writer: this.#writer, sequence: ++this.#sequence, durable, torn: this.fold.torn(durable) };
  }

  /** A file descriptor that was given back may be somebody else's file by now. */
  #inUse(): void {
    if (this.#pins !== Number.POSITIVE_INFINITY) return;
    throw new LogFailure(
      new JournalError('unavailable', `The journal ${this.#options.path} was closed. Ask again.`),
      false,
    );
  }

  #append({ sequence }: Preamble, texts: readonly string[]): Own {
    const { fd, io, path } = this.#options;
    this.#inUse();
    const { bytes, plain } = encodeLineOfTexts(texts);
    let written: number;
    try {
      written = io.append(fd, bytes);
    } catch (cause) {
      throw fileSystemError(`The journal ${path} cannot grow`, cause);
    }
    // "The rest" is never written: others may have written in between. The next line ends the torn piece.
    if (written !== bytes.length) {
      throw fileSystemError(
        `The journal ${path} cannot grow`,
        Object.assign(new Error('short write'), { code: 'ENOSPC' }),
      );
    }
    return { sequence, bytes, plain };
  }

  /** Reads and folds slice by slice up to the end of the file. */
  *#read(): Generator<undefined, void> {
    const { fd, io, path } = this.#options;
    this.#inUse();
    try {
      const { size, nlink } = io.stat(fd);
      if (size < this.fold.end) throw this.#final('it became shorter while in use');
      this.#takeOwn(size);
      const known = this.fold.end;
      let shared = NOTHING;
      for (let length = this.fold.end === 0 ? FIRST_SLICE : SLICE; this.fold.end < size && !this.fold.ended; ) {
        const from = this.fold.end;
        const ofSnapshot = from < this.fold.snapshotEnd;
        const most = (ofSnapshot ? Math.min(size, this.fold.snapshotEnd) : size) - from;
        const wanted = Math.min(length, most);
        if (!ofSnapshot || shared.length < wanted) shared = Buffer.allocUnsafe(wanted);
        const slice = shared.subarray(0, wanted);
        const got = io.read(fd, slice, from);
        // What is durable need not be kept: one piece of memory does for all of it.
        if (ofSnapshot) this.fold.feed(slice.subarray(0, got), this.#onBatch);
        else this.#feed(slice.subarray(0, got), known);
        if (this.fold.end > from) length = SLICE;
        else if (wanted < most && got === wanted) length *= 2;
        else break;
        if (this.fold.end < size) yield;
      }
      // A sealed one is replaced: the next has what was in it.
      if (nlink === 0 && !this.sealed) {
        throw this.#final('it was deleted or replaced while in use. Names in it may be unknown elsewhere now');
      }
    } catch (cause) {
      if (cause instanceof LogFailure) throw cause;
      throw new LogFailure(fileSystemError(`The journal ${path} cannot be read`, cause), false);
    }
  }

  /** Where the file has grown by our own line and nothing else, what is in there need not be read: every write appends, so it stands where the
   *  fold ended. */
  #takeOwn(size: number): void {
    const { batch, shifts, bytes } = this.#own ?? {};
    const from = this.fold.end;
    if (bytes === undefined || size !== from + bytes.length || this.fold.ended) return;
    if (batch === undefined || shifts === undefined) {
      this.#feed(bytes, from);
      return;
    }
    this.#unflushed.add(from, bytes);
    this.#onBatch(batch, this.fold.own(batch, shifts, bytes.length));
    this.#unflushed.drop(this.durable);
  }

  /** @param known what has been read before: the rest needs no other look */
  #feed(bytes: Buffer, known: number): void {
    // First: an entry may concern a record of a line before it in these bytes.
    this.#unflushed.add(this.fold.end, bytes);
    this.fold.feed(bytes, this.#onBatch);
    this.#unflushed.cut(this.fold.end);
    this.#compare(Math.min(this.durable, known));
    this.#unflushed.drop(this.durable);
  }

  readonly #onBatch = (batch: Batch, applied: readonly Applied[]): void => {
    if (batch.writer === this.#writer && batch.sequence === this.#own?.sequence) this.#own.applied = applied;
    for (const { identity } of batch.entries) this.#options.onChange(identity);
  };

  #judge(): void {
    const { path } = this.#options;
    if (this.fold.beyond !== undefined) {
      const what = `The journal ${path} holds ${this.fold.beyond}, written by a newer version of onceward`;
      throw new LogFailure(
        new JournalError('newer-version', `${what}. It is left as it is: update this program.`),
        false,
      );
    }
    const [piece] = this.fold.damage;
    if (piece !== undefined) throw corrupt(path, `bytes ${piece[0]} to ${piece[1]} are not what was stored`);
    if (this.fold.generation === 0) throw corrupt(path, 'it has no header');
    if (this.fold.end < this.fold.named) throw corrupt(path, 'it is shorter than what was stored');
  }

  #final(what: string): LogFailure {
    const { path } = this.#options;
    return new LogFailure(
      new JournalError(
        'unavailable',
        `The journal ${path}: ${what}, so nothing more is stored or sent through it. Find out what touches the directory, then start again.`,
      ),
      true,
    );
  }
}
