import { JournalError } from '../../core/errors/journal-error.ts';
import { identityLabel } from '../../core/identity.ts';
import { type JournalRecord, withoutBody } from '../../core/record.ts';
import { parseRecord } from '../../core/record-schema.ts';
import { reviveBodies } from '../codec.ts';
import { applyEntry, CHECKSUM, decodeEntryAt, isNewer, type Texts } from './entry.ts';
import { corrupt, fileSystemError, LogFailure } from './failure.ts';
import { decodeLine, NEWLINE } from './line.ts';
import { LineCache } from './line-cache.ts';
import type { LogIo } from './log-io.ts';
import { Recent } from './recent.ts';
import { isOpenMark, type Part, type Stored } from './stored.ts';
import type { Unflushed } from './unflushed.ts';

interface File {
  readonly fd: number;
  readonly io: LogIo;
  readonly path: string;
}

/** Reads records where they stand in the file. What it reads is checked again: a disk may give another answer than the first time. */
export class LogReader {
  readonly #file: File;
  readonly #blocks: readonly Part['line'][];
  readonly #unflushed: Unflushed;
  readonly #recent = new Recent();
  readonly #lines = new LineCache();

  /** @param blocks the lines of the snapshot, in order; more are added as they are folded */
  constructor(file: File, unflushed: Unflushed, blocks: readonly Part['line'][]) {
    this.#file = file;
    this.#unflushed = unflushed;
    this.#blocks = blocks;
  }

  /** The record, as a copy: what a caller writes into it must not change what the next one reads.
   *  @throws JournalError where it cannot be used @throws LogFailure where the file cannot be read */
  record(identity: string, stored: Stored): JournalRecord {
    const record = this.peek(identity, stored);
    return stored.value === undefined ? record : copyOf(record);
  }

  /** The record, to look at. */
  peek(identity: string, stored: Stored): JournalRecord {
    if (stored.value !== undefined) return stored.value;
    if (isNewer(stored)) throw unusableRecord(identity, 'newer-version');
    const record = this.#parse(identity, stored);
    this.keep(stored, record);
    return record;
  }

  /** Keeps in memory what is likely to be asked for again. The record must be nobody else's. */
  keep(stored: Stored, record: JournalRecord): void {
    if (isOpenMark(stored.mark)) this.#recent.keep(stored, record);
  }

  /** A line that this process has just written, checksum and all. */
  know(from: number, bytes: Buffer): void {
    this.#lines.set(from, bytes);
  }

  /** Another version has taken its place. */
  drop(stored: Stored): void {
    this.#recent.drop(stored);
  }

  /** The record of the snapshot that begins at `offset`, as it stands there. */
  put(offset: number): { readonly stored: Stored; readonly bytes: Buffer } {
    const line = this.#blockAt(offset);
    const start = offset - line.from;
    const bytes = this.#line(line);
    const found = decodeEntryAt(bytes, start);
    // Its places are counted from where it begins.
    const stored = found && applyEntry(undefined, found.entry, line, start - CHECKSUM).stored;
    if (stored === undefined || found === undefined) throw this.#changed(line);
    return { stored, bytes: bytes.subarray(start, found.end) };
  }

  /** The texts of the parts of a record. */
  texts({ fixed, state }: Stored): Texts {
    return { fixed: this.#text(fixed), state: state === undefined ? '' : this.#text(state) };
  }

  /** The texts of the whole lines between two offsets; torn pieces are left out. */
  *linesBetween(from: number, to: number): Generator<Buffer> {
    const bytes = this.#unflushed.read(from, to) ?? this.#read(from, to);
    if (bytes.length < to - from) throw this.#changed({ from, to });
    for (let start = 0; start < bytes.length; ) {
      const stop = bytes.indexOf(NEWLINE, start);
      const end = stop < 0 ? bytes.length : stop;
      const text = decodeLine(bytes.subarray(start, end));
      if (text !== undefined) yield text;
      start = end + 1;
    }
  }

  #parse(identity: string, stored: Stored): JournalRecord {
    const { version, revision, write } = stored;
    const texts = this.texts(stored);
    let record: JournalRecord;
    try {
      const fixed: unknown = texts.fixed === '' ? undefined : JSON.parse(texts.fixed);
      const parts = { fixed, ...(texts.state !== '' && { state: JSON.parse(texts.state) as unknown }) };
      reviveBodies(parts);
      record = parseRecord({ version, identity, revision, write, ...parts }, identity);
    } catch {
      // No cause: the message of a JSON error quotes what it could not read, and that may be a body.
      throw unusableRecord(identity, 'corrupt');
    }
    if (record.state === undefined || !stored.bodyless) return record;
    return { ...record, fixed: withoutBody(record.fixed) };
  }

  #text({ line, from, to }: Part): string {
    return this.#line(line).toString('utf8', from - line.from, to - line.from);
  }

  /** The bytes of a line, checksum and all. */
  #line(line: Part['line']): Buffer {
    const kept = this.#lines.get(line.from);
    if (kept !== undefined) return kept;
    const bytes = this.#unflushed.read(line.from, line.to) ?? this.#read(line.from, line.to);
    if (bytes.length < line.to - line.from || decodeLine(bytes) === undefined) throw this.#changed(line);
    this.#lines.set(line.from, bytes);
    return bytes;
  }

  /** The line of the snapshot around `offset`. */
  #blockAt(offset: number): Part['line'] {
    let low = 0;
    for (let high = this.#blocks.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((this.#blocks[middle]?.from ?? 0) <= offset) low = middle;
      else high = middle;
    }
    const line = this.#blocks[low];
    if (line === undefined || offset < line.from || offset > line.to) throw this.#changed({ from: offset, to: offset });
    return line;
  }

  #read(from: number, to: number): Buffer {
    const { fd, io, path } = this.#file;
    const bytes = Buffer.allocUnsafe(to - from);
    try {
      return bytes.subarray(0, io.read(fd, bytes, from));
    } catch (cause) {
      throw new LogFailure(fileSystemError(`The journal ${path} cannot be read`, cause), false);
    }
  }

  #changed({ from, to }: { readonly from: number; readonly to: number }): LogFailure {
    return corrupt(this.#file.path, `bytes ${from} to ${to} are not what they were when it was opened`);
  }
}

function unusableRecord(identity: string, reason: 'corrupt' | 'newer-version'): JournalError {
  const why =
    reason === 'corrupt'
      ? 'is damaged. It is left as it is, and nothing is sent in its name'
      : 'was written by a newer version of onceward. It is left as it is: update this program';
  return new JournalError(reason, `The record ${identityLabel(identity)} ${why}.`);
}

/** Faster than structuredClone and Object.fromEntries; a stored record has no member named `__proto__`. */
export function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.slice() as T;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) copy[name] = copyOf((value as Record<string, unknown>)[name]);
  return copy as T;
}
