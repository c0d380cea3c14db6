/** Bytes of lines that are kept. */
const MOST = 16 * 1024 * 1024;

/** The lines that were read last, by where they begin. A record has its parts in two lines, and its neighbours in the same two: without it,
 *  reading all records of a log would read and check each line as often as it has records. */
export class LineCache {
  /** In the order of their last use. */
  readonly #lines = new Map<number, Buffer>();
  #size = 0;

  get(from: number): Buffer | undefined {
    const bytes = this.#lines.get(from);
    if (bytes === undefined) return undefined;
    this.#lines.delete(from);
    this.#lines.set(from, bytes);
    return bytes;
  }

  set(from: number, bytes: Buffer): void {
    this.#lines.set(from, bytes);
    this.#size += bytes.length;
    for (const [oldest, { length }] of this.#lines) {
      if (this.#size <= MOST || oldest === from) return;
      this.#lines.delete(oldest);
      this.#size -= length;
    }
  }
}
