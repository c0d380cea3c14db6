interface Entry<T> {
  readonly value: T;
  at: number;
}

/** A few things in no order, put in and taken out at every call. A Set that is filled and emptied again and again leaves an outgrown table every few
 *  turns, each of which keeps the next, and all that was in it, alive until the next major collection. */
export class Bag<T> {
  readonly #entries: Entry<T>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The returned function takes it out again. */
  put(value: T): () => void {
    const entry: Entry<T> = { value, at: this.#entries.length };
    this.#entries.push(entry);
    return () => this.#take(entry);
  }

  /** All that is in it at this moment. */
  values(): readonly T[] {
    return this.#entries.map(({ value }) => value);
  }

  /** Takes out whatever is wanted. */
  takeWhere(wanted: (value: T) => boolean): readonly T[] {
    const taken = this.#entries.filter(({ value }) => wanted(value));
    for (const entry of taken) this.#take(entry);
    return taken.map(({ value }) => value);
  }

  #take(entry: Entry<T>): void {
    if (this.#entries[entry.at] !== entry) return;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    this.#entries[entry.at] = last;
    last.at = entry.at;
  }
}
