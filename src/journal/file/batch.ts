import { type Block, decodeBlock } from './block.ts';
import { decodeEntries, type Entry, TAB } from './entry.ts';

/** The format of the log's lines. A log of a higher one is refused ('newer-version'). */
const FORMAT = 1;

/** The digits of the largest offset, 2^53: the header of a snapshot is written again once its length is known, and must not move it. */
const LENGTH_DIGITS = 16;

/** A piece of the file that is no whole line: from its first byte to the newline behind it. */
export type Piece = readonly [from: number, to: number];

/** One line of the log, understood. */
export type Line =
  /** The first line of a generation. The `length` bytes behind it are its snapshot, durable before the file had its name. The first `data` of
   *  them are the texts of its records, which a start leaves alone; then come the lines that list them. `at`: when it began. */
  | ({ readonly kind: 'header'; readonly generation: number } & Beginning)
  | Batch
  /** The last line of a generation: what comes behind it counts for nothing, and the next generation goes on. */
  | (Preamble & { readonly kind: 'seal'; readonly at: number })
  /** Records of the snapshot. */
  | (Block & { readonly kind: 'block' })
  /** What only a newer version writes: nothing behind it can be trusted to mean what it meant. */
  | { readonly kind: 'beyond'; readonly what: string };

/** What a header says beside its number. */
export interface Beginning {
  readonly at: number;
  readonly length: number;
  readonly data: number;
}

/** What one writer wrote with one call: all of it counts, or nothing. */
export interface Batch extends Preamble {
  readonly kind: 'batch';
  readonly entries: readonly Entry[];
}

/** Writer, sequence, durable offset and torn pieces of a line. */
export interface Preamble {
  readonly writer: string;
  readonly sequence: number;
  /** Up to here the writer knew the log to be durable. */
  readonly durable: number;
  /** The torn pieces it knew of: not damage, whatever becomes durable behind them. */
  readonly torn: readonly Piece[];
}

/** The text of a batch: who wrote it, as JSON, then its entries (`encodeClaim` and so on), tabs between them. */
export function encodeBatch(preamble: Preamble, entries: readonly string[]): string {
  return textsOfBatch(preamble, entries).join('\t');
}

/** The same in pieces. */
export function textsOfBatch(preamble: Preamble, entries: readonly string[]): readonly string[] {
  return [`{${members(preamble)}}`, ...entries];
}

/** Where each text but the first begins, in characters. */
export function shiftsIn([head = '', ...entries]: readonly string[]): readonly number[] {
  let at = head.length + 1;
  return entries.map((entry) => {
    const shift = at;
    at += entry.length + 1;
    return shift;
  });
}

export function encodeSeal(preamble: Preamble, at: number): string {
  return `{${members(preamble)},"seal":{"at":${at}}}`;
}

/** Of the same length whatever it says. */
export function encodeHeader(generation: number, { at = 0, length = 0, data = 0 }: Partial<Beginning> = {}): string {
  const padded = (number: number) => String(number).padEnd(LENGTH_DIGITS);
  return `{"format":${FORMAT},"generation":${generation},"at":${padded(at)},"length":${padded(length)},"data":${padded(data)}}`;
}

function members({ writer, sequence, durable, torn }: Preamble): string {
  const list = torn.length === 0 ? '' : `,"t":${JSON.stringify(torn)}`;
  return `"w":${JSON.stringify(writer)},"s":${sequence},"d":${durable}${list}`;
}

/** Reads the text of a line whose checksum was right. */
export function decodeText(text: Buffer): Line {
  const tab = text.indexOf(TAB);
  const end = tab < 0 ? text.length : tab;
  const line = parseObject(text.toString('utf8', 0, end));
  if (line === undefined) return { kind: 'beyond', what: 'a line of unknown form' };
  if ('generation' in line) return decodeHeader(line);
  if ('i' in line) {
    const block = decodeBlock(line, text, tab);
    return block === undefined ? { kind: 'beyond', what: 'records of unknown form' } : { kind: 'block', ...block };
  }
  const { w: writer, s: sequence, d: durable, t: torn = [], seal } = line;
  if (typeof writer !== 'string' || !isCount(sequence) || !isCount(durable) || !isPieces(torn)) {
    return { kind: 'beyond', what: 'a line of unknown form' };
  }
  const preamble = { writer, sequence, durable, torn };
  if (seal !== undefined) return decodeSeal(preamble, seal);
  const entries = tab < 0 ? [] : decodeEntries(text, tab + 1);
  if (entries === undefined) return { kind: 'beyond', what: 'an entry of unknown form' };
  return { kind: 'batch', ...preamble, entries };
}

/** The entries of a batch as they stand in its line; undefined where it has none. They mean the same in any line. */
export function entriesOf(text: Buffer): string | undefined {
  const tab = text.indexOf(TAB);
  return tab < 0 ? undefined : text.toString('utf8', tab + 1);
}

function decodeSeal(preamble: Preamble, seal: unknown): Line {
  const at: unknown = typeof seal === 'object' && seal !== null ? (seal as { at?: unknown }).at : undefined;
  return typeof at === 'number'
    ? { kind: 'seal', ...preamble, at }
    : { kind: 'beyond', what: 'a seal of unknown form' };
}

function decodeHeader({ format = FORMAT, generation, at, length, data }: Record<string, unknown>): Line {
  const known = format === FORMAT && isCount(generation) && isCount(at) && isCount(length) && isCount(data);
  if (!known || data > length) return { kind: 'beyond', what: `format ${JSON.stringify(format)}` };
  return { kind: 'header', generation, at, length, data };
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPieces(value: unknown): value is Piece[] {
  return (
    Array.isArray(value) && value.every((piece) => Array.isArray(piece) && piece.length === 2 && piece.every(isCount))
  );
}
