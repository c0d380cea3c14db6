import { type Batch, decodeText, type Piece, type Preamble } from './batch.ts';
import type { Block } from './block.ts';
import { type Applied, applyEntry, type Entry, isNewer } from './entry.ts';
import { decodeLine, isBlank, NEWLINE, SEPARATOR } from './line.ts';
import { NameIndex, type SnapshotRecords } from './name-index.ts';
import { isFinishedMark, isOpenMark, type LinePlace, type Part, type Stored } from './stored.ts';

/** Called for every batch, in log order, with what became of its entries and the offset behind its line. */
export type OnBatch = (batch: Batch, applied: readonly Applied[], end: number) => void;

/** A line that lists records of the snapshot. */
export interface BlockPlace {
  readonly line: LinePlace;
  /** So many are listed before it. */
  readonly first: number;
  /** Where the text of its first one begins. */
  readonly at: number;
}

/** Bytes in log order become records. The same bytes give the same records in every process: that is how log order decides. */
export class Fold {
  /** In the order of first claims. */
  readonly index: NameIndex;
  /** The identities of the open ones: a start reads those alone. */
  readonly open: Set<string> = new Set();
  /** Everything before it is folded. Behind it: nothing, or a line that is being written, or a torn piece; or, once it is sealed, what
   *  counts for nothing. */
  end = 0;
  /** The highest offset that a line names as durable. It alone may convict a piece of being damage: what this process itself knows to be
   *  durable may reach beyond a piece that another process tore (SIGKILL alone does that) and did not live to list. */
  named = 0;
  /** Behind the last line that wrote something: a line without entries only says what is durable. */
  written = 0;
  /** From the header; 0 until it was read. */
  generation = 0;
  /** When the generation began, by the clock of whoever wrote it. */
  begunAt = 0;
  /** Behind the snapshot. */
  snapshotEnd = 0;
  /** About how many bytes of the log a compaction leaves out. */
  superseded = 0;
  /** And how many more when the time of what has finished is over. */
  finished = 0;
  /** The first seal ends the generation for ever. */
  seal: { readonly from: number; readonly at: number } | undefined;
  /** What only a newer version writes was met: the fold ends there for ever. */
  beyond: string | undefined;
  readonly #snapshot: SnapshotRecords;
  readonly #blocks: BlockPlace[];
  /** Bytes behind the line just folded that are no lines. */
  #skip = 0;
  #pieces: { readonly piece: Piece /** Behind the first line that lists it. */; listed: number | undefined }[] = [];

  /** @param blocks where the lines that list the snapshot are put, in order */
  constructor(snapshot: SnapshotRecords, blocks: BlockPlace[] = []) {
    this.#snapshot = snapshot;
    this.#blocks = blocks;
    this.index = new NameIndex(snapshot);
  }

  get ended(): boolean {
    return this.seal !== undefined || this.beyond !== undefined;
  }

  /** What is known of a record; one of the snapshot is read for it. */
  stored(identity: string): Stored | undefined {
    const found = this.index.get(identity);
    if (typeof found !== 'number') return found;
    const stored = this.#snapshot.listed(found);
    // A tombstone stays a number, for good: it is asked for once in its life.
    if (isOpenMark(stored.mark)) this.index.set(identity, stored);
    return stored;
  }

  /** Folds the whole lines of `bytes`, which start at `end`. */
  feed(bytes: Buffer, onBatch?: OnBatch): void {
    let start = 0;
    while (!this.ended) {
      const stop = bytes.indexOf(NEWLINE, start);
      // Another process is writing, or tore its line: only a newline tells. Its bytes become visible page by page.
      if (stop < 0) break;
      if (!isBlank(bytes, start, stop)) this.#line(bytes.subarray(start, stop), this.end + start, onBatch);
      start = stop + 1 + this.#skip;
      this.#skip = 0;
    }
    this.end += start;
  }

  /** The pieces that a line which names `durable` has to list: those that no line below that offset lists. Listed further on is not enough:
   *  a power cut may keep the later line of the two, which then convicts a piece that nothing lists any more. */
  torn(durable: number): readonly Piece[] {
    return this.#pieces.filter(({ listed }) => listed === undefined || listed > durable).map(({ piece }) => piece);
  }

  /** Bytes that were durable and no longer are what they were. To be asked when all of the file has been fed. */
  get damage(): readonly Piece[] {
    return this.#pieces
      .filter(({ piece, listed }) => listed === undefined && piece[0] < this.named)
      .map(({ piece }) => piece);
  }

  #line(bytes: Buffer, from: number, onBatch: OnBatch | undefined): void {
    const to = from + bytes.length;
    const text = decodeLine(bytes);
    if (text === undefined) {
      this.#pieces.push({ piece: [from, to], listed: undefined });
      return;
    }
    const line = decodeText(text);
    switch (line.kind) {
      case 'beyond':
        this.beyond = line.what;
        break;
      case 'header':
        this.generation = line.generation;
        this.begunAt = line.at;
        this.snapshotEnd = to + 1 + line.length;
        this.#skip = line.data;
        this.#name(this.snapshotEnd);
        break;
      case 'block':
        if (from < this.snapshotEnd) this.#block(line, { from, to });
        // Without the header, which has been damaged then, nobody knows where the snapshot ends.
        else if (this.generation === 0) this.#pieces.push({ piece: [from, to], listed: undefined });
        else this.beyond = 'records outside a snapshot';
        break;
      case 'seal':
        this.#preamble(line, to + 1);
        this.seal = { from, at: line.at };
        break;
      default:
        this.#preamble(line, to + 1);
        if (line.entries.length > 0) this.written = to + 1;
        onBatch?.(line, this.#apply(line.entries, { from, to }), to + 1);
    }
  }

  #block({ hashes, seed, open, at }: Block, line: LinePlace): void {
    this.#blocks.push({ line, first: this.index.size, at });
    this.index.list(hashes, seed);
    for (const identity of open) this.open.add(identity);
  }

  /** A line that this process wrote and has found unchanged at `end`: what is in it need not be read out of it again. `shifts` says where each
   *  entry begins in its text. */
  own(batch: Batch, shifts: readonly number[], length: number): readonly Applied[] {
    const line = { from: this.end + SEPARATOR, to: this.end + length - 1 };
    this.end += length;
    this.#preamble(batch, this.end);
    if (batch.entries.length > 0) this.written = this.end;
    return this.#apply(batch.entries, line, shifts);
  }

  #preamble({ durable, torn }: Preamble, end: number): void {
    this.#name(durable);
    for (const [from, to] of torn) {
      const found = this.#pieces.find(({ piece }) => piece[0] === from && piece[1] === to);
      if (found !== undefined) found.listed ??= end;
    }
    // What a durable line lists needs no more attention.
    this.#pieces = this.#pieces.filter(({ listed }) => listed === undefined || listed > this.named);
  }

  #apply(entries: readonly Entry[], line: LinePlace, shifts?: readonly number[]): readonly Applied[] {
    return entries.map((entry, at) => {
      const { identity } = entry;
      const before = this.stored(identity);
      const result = applyEntry(before, entry, line, shifts?.[at]);
      const { stored } = result;
      if (result.done) this.#count(stored, before);
      if (stored === undefined) this.index.delete(identity);
      else if (result.done) this.index.set(identity, stored);
      // What only a newer version can read may well be open.
      if (stored !== undefined && (isOpenMark(stored.mark) || isNewer(stored))) this.open.add(identity);
      else this.open.delete(identity);
      return result;
    });
  }

  /** What a write makes of no use: the state before it, or all that is removed. What it ends stays for a while. */
  #count(stored: Stored | undefined, before: Stored | undefined): void {
    if (stored === before) return;
    this.superseded += size(before?.state) + (stored === undefined ? size(before?.fixed) : 0);
    if (stored !== undefined && isFinishedMark(stored.mark)) this.finished += size(stored.fixed) + size(stored.state);
  }

  #name(durable: number): void {
    if (durable > this.named) this.named = durable;
  }
}

function size(part: Part | undefined): number {
  return part === undefined ? 0 : part.to - part.from;
}
