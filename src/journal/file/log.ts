import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { JournalError } from '../../core/errors/journal-error.ts';
import { encodeBatch } from './batch.ts';
import type { Applied } from './entry.ts';
import { fileSystemError, LogFailure } from './failure.ts';
import { Fold, type OnBatch } from './fold.ts';
import { encodeLine } from './line.ts';
import type { LogIo } from './log-io.ts';

/** How much is read at a time; twice as much while a line is longer. */
const SLICE = 4 * 1024 * 1024;

/** A batch that was written whole and cannot be read back: the file was changed by something that is no journal. */
const MOST_WRITES = 3;

export interface LogOptions {
  readonly fd: number;
  readonly io: LogIo;
  /** For messages. */
  readonly path: string;
  /** Told of every record that a write, of this process or another, may have changed. */
  readonly onChange: (identity: string) => void;
}

/** One open log: what is in it, and how more gets in. Knows nothing of callers and queues. */
export class Log {
  readonly fold: Fold = new Fold();
  readonly #options: LogOptions;
  readonly #writer: string = randomUUID();
  #sequence = 0;
  #flushed = 0;
  #own: { readonly sequence: number; applied?: readonly Applied[] } | undefined;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  /** Everything before it is on the device, by our own flushes or by what the log says of others'. */
  get durable(): number {
    return Math.max(this.#flushed, this.fold.named);
  }

  /** Writes one batch and reads it back: what became of each entry is for the order of the log to say.
   *  @throws JournalError where it was refused, and the log can go on @throws LogFailure where it cannot */
  write(entries: readonly string[]): readonly Applied[] {
    for (let writes = 0; writes < MOST_WRITES; writes++) {
      this.#append(entries);
      this.refresh();
      const applied = this.#own?.applied;
      this.#own = undefined;
      if (applied !== undefined) return applied;
    }
    throw this.#final('what was written to it cannot be read back');
  }

  /** Before the end: makes what was written durable and says so in the log itself. From then on a change to it is known from a torn piece.
   *  @throws LogFailure */
  async settle(): Promise<void> {
    if (this.fold.written > this.durable) await this.flush();
    if (this.fold.written <= this.fold.named) return;
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
  }

  /** The first read, in slices: a long log must not stop everything else. @throws LogFailure */
  async load(): Promise<void> {
    const reading = this.#read();
    while (!reading.next().done) await nextTurn();
  }

  /** Makes everything that is folded durable. @throws LogFailure, final: a flush that failed must not be tried again. The kernel reports
   *  lost pages once, and the next flush "succeeds" over them. */
  async flush(): Promise<void> {
    const { fd, io, path } = this.#options;
    const reached = this.fold.end;
    try {
      await io.flush(fd);
    } catch (cause) {
      const what = `The journal ${path} could not be flushed to the device`;
      throw new LogFailure(
        new JournalError(
          'unavailable',
          `${what}, so nothing more is stored or sent. Whether the last writes are stored is unknown; the same names join them. Check the disk, then start again.`,
          { cause },
        ),
        true,
      );
    }
    if (reached > this.#flushed) this.#flushed = reached;
  }

  close(): void {
    closeSync(this.#options.fd);
  }

  #append(entries: readonly string[]): void {
    const { fd, io, path } = this.#options;
    const sequence = ++this.#sequence;
    const { durable } = this;
    const preamble = { writer: this.#writer, sequence, durable, torn: this.fold.torn(durable) };
    const bytes = encodeLine(encodeBatch(preamble, entries));
    let written: number;
    try {
      written = io.append(fd, bytes);
      // All but the newline is a whole line as soon as anybody writes the next one: it must not be refused.
      if (written === bytes.length - 1) written += io.append(fd, bytes.subarray(-1));
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
    this.#own = { sequence };
  }

  /** Reads and folds slice by slice up to the end of the file, then judges what it found. */
  *#read(): Generator<undefined, void> {
    const { fd, io } = this.#options;
    try {
      const { size, nlink } = io.stat(fd);
      if (nlink === 0)
        throw this.#final('it was deleted or replaced while in use. Names in it may be unknown elsewhere now');
      if (size < this.fold.end) throw this.#final('it became shorter while in use');
      for (let length = SLICE; this.fold.end < size && this.fold.beyond === undefined; ) {
        const from = this.fold.end;
        const wanted = Math.min(length, size - from);
        const slice = Buffer.allocUnsafe(wanted);
        const got = io.read(fd, slice, from);
        this.fold.feed(slice.subarray(0, got), this.#onBatch);
        if (this.fold.end > from) length = SLICE;
        else if (wanted < size - from && got === wanted) length *= 2;
        else break;
        if (this.fold.end < size) yield;
      }
    } catch (cause) {
      if (cause instanceof LogFailure) throw cause;
      throw new LogFailure(fileSystemError(`The journal ${this.#options.path} cannot be read`, cause), false);
    }
    this.#judge();
  }

  readonly #onBatch: OnBatch = (batch, applied) => {
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

/** Which names were in the damaged part is unknowable, so none can be claimed. */
function corrupt(path: string, what: string): LogFailure {
  return new LogFailure(
    new JournalError(
      'corrupt',
      `The journal ${path} is damaged: ${what}. Nothing is sent, for a name in the damaged part could be charged twice. It is left as it is: restore it, or keep a copy and reconcile with the server before starting with an empty directory.`,
    ),
    false,
  );
}
