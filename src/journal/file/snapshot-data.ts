import { crc32 } from 'node:zlib';
import type { LinePlace } from './stored.ts';

/** Bytes that are read at least: whoever lists records asks for its neighbours next. */
const WINDOW = 64 * 1024;

/** The texts of the records in a snapshot. A start does not read them; each is checked when it is. */
export class SnapshotData {
  readonly #read: (from: number, to: number) => Buffer;
  #from = 0;
  #bytes: Buffer = Buffer.alloc(0);

  /** @param read the bytes between two offsets of the file; fewer where it ends */
  constructor(read: (from: number, to: number) => Buffer) {
    this.#read = read;
  }

  /** The texts of one record, and whether they are what was stored. */
  read({ from, to, checksum }: LinePlace): { readonly bytes: Buffer; readonly whole: boolean } {
    if (from < this.#from || to > this.#from + this.#bytes.length) {
      this.#bytes = this.#read(from, Math.max(to, from + WINDOW));
      this.#from = from;
    }
    const bytes = this.#bytes.subarray(from - this.#from, to - this.#from);
    return { bytes, whole: bytes.length === to - from && crc32(bytes) === checksum };
  }
}
