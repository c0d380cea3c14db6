import { randomInt } from 'node:crypto';
import { RECORD_VERSION } from '../../core/record.ts';
import { encodeBlock, type Listed } from './block.ts';
import { encodeLine } from './line.ts';
import { isOpenMark } from './stored.ts';

/** So many records of a snapshot are listed in one line: enough that a start reads few lines, few enough that one record is found quickly. */
const BLOCK = 256;

/** A record on its way into a snapshot. */
export interface Row extends Omit<Listed, 'fixed'> {
  /** Its texts (`dataOf`). */
  readonly data: Buffer;
}

/** The lines that list a snapshot, while the texts of its records are written. They come behind them: how long they are is not known before. */
export class Listing {
  readonly #lines: Buffer[] = [];
  #rows: Listed[] = [];
  #open: string[] = [];
  readonly #seed = randomInt(2 ** 31);
  #first: number;
  #at: number;

  /** @param at where the text of the first record begins */
  constructor(at: number) {
    this.#first = at;
    this.#at = at;
  }

  add({ data, ...row }: Row): void {
    // What only a newer version can read may well be open.
    if (isOpenMark(row.mark) || row.version > RECORD_VERSION) this.#open.push(row.identity);
    this.#rows.push({ ...row, fixed: data.length - row.state - SEPARATORS });
    this.#at += data.length;
    if (this.#rows.length === BLOCK) this.#line();
  }

  /** All of them. */
  end(): Buffer {
    if (this.#rows.length > 0) this.#line();
    return Buffer.concat(this.#lines);
  }

  #line(): void {
    this.#lines.push(encodeLine(encodeBlock(this.#rows, { open: this.#open, at: this.#first, seed: this.#seed })));
    this.#rows = [];
    this.#open = [];
    this.#first = this.#at;
  }
}

/** A tab between the parts, a newline behind them. */
const SEPARATORS = 2;
