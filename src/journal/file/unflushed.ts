/** The bytes of the log that are not known to be durable, in memory. After a flush that failed they are the only copy that can be believed:
 *  the kernel marks lost pages as clean, and may read back from the disk what was there before. */
export class Unflushed {
  #pieces: { readonly from: number; readonly bytes: Buffer }[] = [];

  /** Where they begin. */
  get from(): number | undefined {
    return this.#pieces[0]?.from;
  }

  /** Bytes that follow those added before. */
  add(from: number, bytes: Buffer): void {
    if (bytes.length > 0) this.#pieces.push({ from, bytes });
  }

  /** What was added behind `end` was no whole line yet. */
  cut(end: number): void {
    for (let last = this.#pieces.pop(); last !== undefined; last = this.#pieces.pop()) {
      if (last.from >= end) continue;
      this.#pieces.push({ from: last.from, bytes: last.bytes.subarray(0, end - last.from) });
      return;
    }
  }

  /** Everything before `durable` is on the device. */
  drop(durable: number): void {
    const kept = this.#pieces.findIndex(({ from, bytes }) => from + bytes.length > durable);
    if (kept !== 0) this.#pieces = kept < 0 ? [] : this.#pieces.slice(kept);
  }

  /** The bytes between two offsets, where they are held whole. */
  read(from: number, to: number): Buffer | undefined {
    const parts = this.#pieces
      .filter((held) => held.from < to && from < held.from + held.bytes.length)
      .map((held) => held.bytes.subarray(Math.max(0, from - held.from), Math.min(held.bytes.length, to - held.from)));
    const [only] = parts;
    const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    return bytes.length === to - from ? bytes : undefined;
  }
}
