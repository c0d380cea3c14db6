/** Bytes of a name's hash in the line that lists it. */
export const HASH_BYTES = 8;

const EMPTY = -1;

/** Two numbers of 32 bits for a name, written where `into` says. */
export type HashName = (name: string, seed: number, into: Uint32Array, at: number) => void;

/** Which record of the snapshot has a name. A start takes the hashes over as they are listed: a tombstone costs it a few bytes and no string. */
export class SnapshotIndex {
  readonly #nameOf: (ordinal: number) => string;
  readonly #hash: HashName;
  #seed = 0;
  #hashes = new Uint32Array(1024);
  #count = 0;
  /** Ordinals by hash, each in the first free place behind where its hash points; at most half full. Made at the first question. */
  #places: Int32Array | undefined;
  readonly #asked = new Uint32Array(2);

  /** @param nameOf the name of a record in the snapshot, from the file: equal hashes alone are no answer */
  constructor(nameOf: (ordinal: number) => string, hash: HashName = hashName) {
    this.#nameOf = nameOf;
    this.#hash = hash;
  }

  get size(): number {
    return this.#count;
  }

  /** Adds the records that follow. */
  add(hashes: Buffer, seed: number): void {
    this.#seed = seed;
    this.#places = undefined;
    const needed = 2 * this.#count + hashes.length / 4;
    if (needed > this.#hashes.length) {
      const larger = new Uint32Array(2 * needed);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    let to = 2 * this.#count;
    for (let at = 0; at < hashes.length; at += 4) this.#hashes[to++] = hashes.readUInt32LE(at);
    this.#count = to / 2;
  }

  /** How many records stand before the one of this name. */
  find(name: string): number | undefined {
    if (this.#count === 0) return undefined;
    this.#places ??= this.#placed();
    const places = this.#places;
    this.#hash(name, this.#seed, this.#asked, 0);
    const [first = 0, second = 0] = this.#asked;
    const mask = places.length - 1;
    for (let at = first & mask; ; at = (at + 1) & mask) {
      const ordinal = places[at] ?? EMPTY;
      if (ordinal === EMPTY) return undefined;
      if (this.#hashes[2 * ordinal] !== first || this.#hashes[2 * ordinal + 1] !== second) continue;
      if (this.#nameOf(ordinal) === name) return ordinal;
    }
  }

  #placed(): Int32Array {
    let length = 1024;
    while (length < 2 * this.#count) length *= 2;
    const places = new Int32Array(length).fill(EMPTY);
    const mask = length - 1;
    for (let ordinal = 0; ordinal < this.#count; ordinal++) {
      let at = (this.#hashes[2 * ordinal] ?? 0) & mask;
      while (places[at] !== EMPTY) at = (at + 1) & mask;
      places[at] = ordinal;
    }
    return places;
  }
}

/** The hashes of names, as a line lists them. */
export function hashesOf(names: readonly string[], seed: number, hash: HashName = hashName): Buffer {
  const pair = new Uint32Array(2);
  const bytes = Buffer.alloc(names.length * HASH_BYTES);
  for (const [at, name] of names.entries()) {
    hash(name, seed, pair, 0);
    bytes.writeUInt32LE(pair[0] ?? 0, at * HASH_BYTES);
    bytes.writeUInt32LE(pair[1] ?? 0, at * HASH_BYTES + 4);
  }
  return bytes;
}

/** Two multiplicative hashes that stir each other at the end. Names come from outside: the seed, another in each snapshot, keeps anybody from
 *  choosing names that collide. */
export function hashName(name: string, seed: number, into: Uint32Array, at: number): void {
  let one = seed ^ 0x9e3779b9;
  let other = seed ^ 0x41c6ce57;
  for (let index = 0; index < name.length; index++) {
    const unit = name.charCodeAt(index);
    one = Math.imul(one ^ unit, 0x9e3779b1);
    other = Math.imul(other ^ unit, 0x5f356495);
    one ^= one >>> 15;
    other ^= other >>> 13;
  }
  into[at] = mixed(one, other);
  into[at + 1] = mixed(other, one);
}

function mixed(one: number, other: number): number {
  const half = Math.imul(one ^ (one >>> 16), 0x85ebca6b) ^ Math.imul(other ^ (other >>> 13), 0xc2b2ae35);
  return half ^ (half >>> 16);
}
