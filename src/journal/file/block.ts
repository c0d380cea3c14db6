import { TAB } from './entry.ts';
import type { Mark } from './stored.ts';

/** Records of a snapshot go into a line until it is about as long: one checksum for many, and little to read for one. */
export const BLOCK: number = 64 * 1024;

/** One record in a block. */
export interface Packed {
  readonly identity: string;
  /** `o` also for what only a newer version can read: it may well be open. */
  readonly mark: Mark;
  /** The record as an entry (`encodePut`). */
  readonly put: Buffer;
}

/** What a line of a snapshot holds: in front, for the index, the names, marks and lengths of its records; then the records. A start reads only
 *  the front, in one call of the JSON parser: that is what makes a hundred thousand tombstones cheap. */
export interface Block {
  readonly identities: readonly string[];
  readonly marks: string;
  /** Where each record begins in the text. */
  readonly starts: readonly number[];
}

/** The text of a block. */
export function encodeBlock(records: readonly Packed[]): Buffer {
  const front = JSON.stringify({
    i: records.map(({ identity }) => identity),
    m: records.map(({ mark }) => mark).join(''),
    n: records.map(({ put }) => put.length),
  });
  const separator = Buffer.from([TAB]);
  return Buffer.concat([Buffer.from(front), ...records.flatMap(({ put }) => [separator, put])]);
}

/** Reads the front of a block; undefined where it is none of this version's. */
export function decodeBlock({ i, m, n }: Record<string, unknown>, front: number): Block | undefined {
  if (!Array.isArray(i) || !Array.isArray(n) || typeof m !== 'string') return undefined;
  if (i.length !== n.length || m.length !== n.length) return undefined;
  const starts: number[] = [];
  let at = front;
  for (let record = 0; record < n.length; record++) {
    // Behind the tab.
    at += 1;
    starts.push(at);
    at += n[record] as number;
    if (!Number.isSafeInteger(at) || typeof i[record] !== 'string') return undefined;
  }
  return { identities: i as string[], marks: m, starts };
}
