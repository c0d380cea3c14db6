import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  HASH_BYTES,
  type HashName,
  hashesOf,
  hashName,
  SnapshotIndex,
} from '../../../src/journal/file/snapshot-index.ts';

/** As a bad hash, or a very patient enemy, would have it. */
const CRIPPLED: readonly (readonly [string, HashName])[] = [
  ['as it is', hashName],
  ['all equal', (_, __, into, at) => into.fill(7, at, at + 2)],
  ['one of four', (name, _, into, at) => into.fill(name.length % 4, at, at + 2)],
  ['equal places, different hashes', (name, _, into, at) => into.set([0xffff_ffff, name.charCodeAt(0) || 0], at)],
];

describe.each(CRIPPLED)('names by their hashes, %s', (_, hash) => {
  test('every name is found where it is listed, and no other name is', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 60 }),
        fc.array(fc.string()),
        fc.integer(),
        (names, others, seed) => {
          const index = new SnapshotIndex((ordinal) => names[ordinal] ?? '', hash);
          const half = names.length >> 1;
          for (const part of [names.slice(0, half), names.slice(half)]) index.add(hashesOf(part, seed, hash), seed);
          expect(index.size).toBe(names.length);
          expect(names.map((name) => index.find(name))).toEqual([...names.keys()]);
          for (const name of others) if (!names.includes(name)) expect(index.find(name)).toBeUndefined();
        },
      ),
    );
  });
});

test('a hundred thousand names have as many hashes, and others with another seed', () => {
  const names = Array.from({ length: 100_000 }, (_, at) => `shop/u-${at % 10}/cart%2F${at}`);
  const hashes = (seed: number): Set<string> => {
    const bytes = hashesOf(names, seed);
    return new Set(names.map((_, at) => bytes.toString('hex', at * HASH_BYTES, (at + 1) * HASH_BYTES)));
  };
  const [one, other] = [hashes(1), hashes(2)];
  expect([one.size, other.size]).toEqual([names.length, names.length]);
  expect([...one].some((hash) => other.has(hash))).toBe(false);
  expect(Buffer.from([...one][0] ?? '', 'hex')).toHaveLength(HASH_BYTES);
});
