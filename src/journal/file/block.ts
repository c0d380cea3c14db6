import { crc32 } from 'node:zlib';
import { TAB } from './entry.ts';
import { NEWLINE } from './line.ts';
import { HASH_BYTES, hashesOf } from './snapshot-index.ts';
import { isFinishedMark, type Mark, type Stored } from './stored.ts';

const TABULATOR = Buffer.from([TAB]);
const END = Buffer.from([NEWLINE]);

/** What is said of a record in a snapshot, all that a fold needs: what it is judged by, how long its parts are, and their checksum. */
export interface Listed {
  readonly identity: string;
  readonly mark: Mark;
  readonly version: number;
  readonly revision: number;
  readonly since: number;
  readonly write: string;
  /** Bytes of its parts; no state where there is none. */
  readonly fixed: number;
  readonly state: number;
  readonly checksum: number;
}

/** A line of a snapshot: its records, without their texts. A start takes the hashes of their names over, and the names of the open ones; the other
 *  columns are parsed when one of its records is asked for. */
export interface Block {
  /** Of the names, in order (`hashesOf`). */
  readonly hashes: Buffer;
  readonly seed: number;
  /** Those that are open, or may be: what only a newer version can read. */
  readonly open: readonly string[];
  /** Where the text of the first one begins. */
  readonly at: number;
}

/** The records of a block by their place in it. */
export interface Rows {
  readonly names: readonly string[];
  stored(row: number): Stored;
}

/** The parts of a record in the data of a snapshot, or what stood there in another one: a line of their own, for whoever looks into the file. */
export function dataOf(fixed: Buffer, state?: Buffer): Buffer {
  return Buffer.concat(state === undefined ? [fixed, END] : [fixed, TABULATOR, state, END]);
}

/** Of what `dataOf` returns. The newline holds nothing. */
export function checksumOf(data: Buffer): number {
  return crc32(data.subarray(0, -1));
}

/** The text of the line that lists `records`, whose texts begin at `at`. */
export function encodeBlock(records: readonly Listed[], { open, at, seed }: Omit<Block, 'hashes'>): string {
  const names = records.map(({ identity }) => identity);
  const head = JSON.stringify({ i: names.length, at, seed, open });
  const hashes = hashesOf(names, seed).toString('base64');
  const columns: Columns = {
    m: records.map(({ mark }) => mark).join(''),
    v: records.map(({ version }) => version),
    r: records.map(({ revision }) => revision),
    t: records.map(({ since }) => since),
    w: records.map(({ write }) => write),
    f: records.map(({ fixed }) => fixed),
    s: records.map(({ state }) => state),
    c: records.map(({ checksum }) => checksum),
  };
  return [head, hashes, JSON.stringify(names), JSON.stringify(columns)].join('\t');
}

/** Reads what a start needs; undefined where it is none of this version's. */
export function decodeBlock(head: Record<string, unknown>, text: Buffer, tab: number): Block | undefined {
  const { i: length, at, seed, open } = head;
  const end = text.indexOf(TAB, tab + 1);
  if (tab < 0 || end < 0 || !isNumber(at) || !isNumber(seed) || !Array.isArray(open)) return undefined;
  const hashes = Buffer.from(text.toString('latin1', tab + 1, end), 'base64');
  return hashes.length / HASH_BYTES === length ? { hashes, seed, open: open as string[], at } : undefined;
}

/** Reads the rest of a block; undefined where it is none of this version's. */
export function decodeRows(text: Buffer, at: number): Rows | undefined {
  const last = text.lastIndexOf(TAB);
  const columns = parse(text, last + 1, text.length) as Columns | undefined;
  const names = parse(text, text.lastIndexOf(TAB, last - 1) + 1, last);
  if (columns === undefined || !Array.isArray(names) || !areWhole(columns, names.length)) return undefined;
  const { f: fixed, s: state } = columns;
  const starts = [at];
  for (const [row, length] of fixed.entries()) starts.push((starts[row] ?? 0) + length + 1 + (state[row] ?? 0) + 1);
  return { names: names as string[], stored: (row) => storedOf(columns, row, starts[row] ?? 0) };
}

function storedOf({ m, v, r, t, w, f, s, c }: Columns, row: number, from: number): Stored {
  const mark = m[row] as Mark;
  const behindFixed = from + (f[row] ?? 0);
  const to = behindFixed + 1 + (s[row] ?? 0);
  const line = { from, to, checksum: c[row] ?? 0 };
  return {
    mark,
    version: v[row] ?? 0,
    revision: r[row] ?? 0,
    write: w[row] ?? '',
    since: t[row] ?? 0,
    fixed: { line, from, to: behindFixed },
    bodyless: isFinishedMark(mark),
    state: s[row] === 0 ? undefined : { line, from: behindFixed + 1, to },
    end: to + 1,
    value: undefined,
  };
}

/** By first letters: mark, version, revision, time, write; bytes of fixed part and state; checksum. */
interface Columns {
  readonly m: string;
  readonly v: readonly number[];
  readonly r: readonly number[];
  readonly t: readonly number[];
  readonly w: readonly string[];
  readonly f: readonly number[];
  readonly s: readonly number[];
  readonly c: readonly number[];
}

function areWhole({ m, v, r, t, w, f, s, c }: Columns, length: number): boolean {
  return m.length === length && [v, r, t, w, f, s, c].every((column) => column.length === length);
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function parse(text: Buffer, from: number, to: number): unknown {
  try {
    return JSON.parse(text.toString('utf8', from, to));
  } catch {
    return undefined;
  }
}
