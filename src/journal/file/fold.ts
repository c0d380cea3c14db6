import { type Batch, decodeBatch, type Piece } from './batch.ts';
import { type Applied, applyEntry } from './entry.ts';
import { decodeLine, NEWLINE } from './line.ts';
import type { Stored } from './stored.ts';

/** Called for every batch, in log order, with what became of its entries and the offset behind its line. */
export type OnBatch = (batch: Batch, applied: readonly Applied[], end: number) => void;

/** Bytes in log order become records. The same bytes give the same records in every process: that is how log order decides. */
export class Fold {
  /** In the order of first claims. */
  readonly index: Map<string, Stored> = new Map();
  /** Everything before it is folded. Behind it: nothing, or a line that is being written, or a torn piece. */
  end = 0;
  /** The highest offset that a line names as durable. It alone may convict a piece of being damage: what this process itself knows to be
   *  durable may reach beyond a piece that another process tore (SIGKILL alone does that) and did not live to list. */
  named = 0;
  /** Behind the last line that wrote something: a line without entries only says what is durable. */
  written = 0;
  /** From the header; 0 until it was read. */
  generation = 0;
  /** What only a newer version writes was met: the fold ends there for ever. */
  beyond: string | undefined;
  #pieces: { readonly piece: Piece /** Behind the first line that lists it. */; listed: number | undefined }[] = [];

  /** Folds the whole lines of `bytes`, which start at `end`. */
  feed(bytes: Buffer, onBatch?: OnBatch): void {
    let start = 0;
    while (this.beyond === undefined) {
      const stop = bytes.indexOf(NEWLINE, start);
      // Another process is writing, or tore its line: only a newline tells. Its bytes become visible page by page.
      if (stop < 0) break;
      if (stop > start) this.#line(bytes.subarray(start, stop), this.end + start, onBatch);
      start = stop + 1;
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
    const json = decodeLine(bytes);
    const line = json === undefined ? undefined : decodeBatch(json);
    if (line === undefined) {
      this.#pieces.push({ piece: [from, to], listed: undefined });
    } else if (line.kind === 'beyond') {
      this.beyond = line.what;
    } else if (line.kind === 'header') {
      this.generation = line.generation;
      this.#name(to + 1 + line.length);
    } else {
      this.#batch(line, to + 1, onBatch);
    }
  }

  #batch(batch: Batch, end: number, onBatch: OnBatch | undefined): void {
    this.#name(batch.durable);
    for (const [from, to] of batch.torn) {
      const found = this.#pieces.find(({ piece }) => piece[0] === from && piece[1] === to);
      if (found !== undefined) found.listed ??= end;
    }
    // What a durable line lists needs no more attention.
    this.#pieces = this.#pieces.filter(({ listed }) => listed === undefined || listed > this.named);
    if (batch.entries.length > 0) this.written = end;
    const applied = batch.entries.map((entry) => {
      const result = applyEntry(this.index.get(entry.identity), entry, end);
      if (result.stored === undefined) this.index.delete(entry.identity);
      else this.index.set(entry.identity, result.stored);
      return result;
    });
    onBatch?.(batch, applied, end);
  }

  #name(durable: number): void {
    if (durable > this.named) this.named = durable;
  }
}
