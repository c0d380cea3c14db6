import { JournalError } from '../../core/errors/journal-error.ts';
import { identityLabel } from '../../core/identity.ts';
import { type JournalRecord, withoutBody } from '../../core/record.ts';
import { parseRecord } from '../../core/record-schema.ts';
import { reviveBodies } from '../codec.ts';
import { decodeRows, type Rows } from './block.ts';
import { CHECKSUM, isNewer, type Texts } from './entry.ts';
import { corrupt, fileSystemError, LogFailure } from './failure.ts';
import type { BlockPlace } from './fold.ts';
import { decodeLine, NEWLINE } from './line.ts';
import { LineCache } from './line-cache.ts';
import type { LogIo } from './log-io.ts';
import { Recent } from './recent.ts';
import { SnapshotData } from './snapshot-data.ts';
import { isOpenMark, type LinePlace, type Part, type Stored } from './stored.ts';
import type { Unflushed } from './unflushed.ts';

interface File {
  readonly fd: number;
  readonly io: LogIo;
  readonly path: string;
}

/** Blocks of the snapshot that stay in memory, about 50 kB each. */
const BLOCKS_KEPT = 64;

/** Reads records where they stand in the file. What it reads is checked again: a disk may give another answer than the first time. */
export class LogReader {
  readonly #file: File;
  readonly #blocks: readonly BlockPlace[];
  readonly #unflushed: Unflushed;
  readonly #data: SnapshotData;
  /** The blocks that were asked last, in pieces. */
  readonly #rows = new Map<BlockPlace, Rows>();
  readonly #recent = new Recent();
  readonly #lines = new LineCache();

  /** @param blocks the lines that list the snapshot, in order; more are added as they are folded */
  constructor(file: File, unflushed: Unflushed, blocks: readonly BlockPlace[]) {
    this.#file = file;
    this.#data = new SnapshotData((from, to) => this.#read(from, to));
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

  /** Another version has taken its place. */
  drop(stored: Stored): void {
    this.#recent.drop(stored);
  }

  /** The record of the snapshot before which `ordinal` others are listed. Its texts are not looked at. */
  listed(ordinal: number): Stored {
    const block = this.#blockOf(ordinal);
    return this.#rowsOf(block).stored(ordinal - block.first);
  }

  /** Its name. */
  nameOf(ordinal: number): string {
    const block = this.#blockOf(ordinal);
    return this.#rowsOf(block).names[ordinal - block.first] ?? '';
  }

  /** The texts of the parts of a record. @throws JournalError where they are damaged and nothing else is */
  texts(identity: string, { fixed, state }: Stored): Texts {
    const text = (part: Part) => {
      const { bytes, whole } = this.bytes(part);
      if (!whole) throw unusableRecord(identity, 'corrupt');
      return bytes.toString('utf8');
    };
    return { fixed: text(fixed), state: state === undefined ? '' : text(state) };
  }

  /** A part as it stands in the file. Of a record in the snapshot it may be damaged: which one it is was listed elsewhere, so this says so and
   *  leaves the others alone. */
  bytes({ line, from, to }: Part): { readonly bytes: Buffer; readonly whole: boolean } {
    if (line.checksum === undefined) {
      return { bytes: this.#line(line).subarray(from - line.from, to - line.from), whole: true };
    }
    const { bytes, whole } = this.#data.read(line);
    return { bytes: bytes.subarray(from - line.from, to - line.from), whole };
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
    const texts = this.texts(identity, stored);
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

  /** The bytes of a line, checksum and all. */
  #line(line: LinePlace): Buffer {
    const kept = this.#lines.get(line.from);
    if (kept !== undefined) return kept;
    const bytes = this.#unflushed.read(line.from, line.to) ?? this.#read(line.from, line.to);
    if (bytes.length < line.to - line.from || decodeLine(bytes) === undefined) throw this.#changed(line);
    this.#lines.set(line.from, bytes);
    return bytes;
  }

  #rowsOf(block: BlockPlace): Rows {
    const kept = this.#rows.get(block);
    if (kept !== undefined) return kept;
    const rows = decodeRows(this.#line(block.line).subarray(CHECKSUM), block.at);
    if (rows === undefined) throw this.#changed(block.line);
    for (const oldest of this.#rows.keys()) {
      if (this.#rows.size < BLOCKS_KEPT) break;
      this.#rows.delete(oldest);
    }
    this.#rows.set(block, rows);
    return rows;
  }

  #blockOf(ordinal: number): BlockPlace {
    let low = 0;
    for (let high = this.#blocks.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((this.#blocks[middle]?.first ?? 0) <= ordinal) low = middle;
      else high = middle;
    }
    const block = this.#blocks[low];
    if (block === undefined) throw new Error(`The snapshot lists no record ${ordinal}.`);
    return block;
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
