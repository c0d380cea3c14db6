import { decodeEntry, type Entry } from './entry.ts';

/** The format of the log's lines. A log of a higher one is refused ('newer-version'). */
const FORMAT = 1;

/** A piece of the file that is no whole line: from its first byte to the newline behind it. */
export type Piece = readonly [from: number, to: number];

/** One line of the log, understood. */
export type Line =
  /** The first line of a generation. The `length` bytes behind it are its snapshot, durable before the file had its name. */
  | { readonly kind: 'header'; readonly generation: number; readonly length: number }
  | Batch
  /** What only a newer version writes: nothing behind it can be trusted to mean what it meant. */
  | { readonly kind: 'beyond'; readonly what: string };

/** What one writer wrote with one call: all of it counts, or nothing. */
export interface Batch {
  readonly kind: 'batch';
  readonly writer: string;
  readonly sequence: number;
  /** Up to here the writer knew the log to be durable. */
  readonly durable: number;
  /** The torn pieces it knew of: not damage, whatever becomes durable behind them. */
  readonly torn: readonly Piece[];
  readonly entries: readonly Entry[];
}

/** Writer, sequence, durable offset and torn pieces of a line about to be written. */
export type Preamble = Pick<Batch, 'writer' | 'sequence' | 'durable' | 'torn'>;

/** The JSON of a line. `entries` are encoded already. */
export function encodeBatch({ writer, sequence, durable, torn }: Preamble, entries: readonly string[]): string {
  const list = torn.length === 0 ? '' : `,"t":${JSON.stringify(torn)}`;
  return `{"w":${JSON.stringify(writer)},"s":${sequence},"d":${durable}${list},"r":[${entries.join(',')}]}`;
}

export function encodeHeader(generation: number): string {
  return JSON.stringify({ format: FORMAT, generation, length: 0 });
}

/** Reads the JSON of a line whose checksum was right; undefined where it is no JSON, which no version writes. */
export function decodeBatch(json: string): Line | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof raw !== 'object' || raw === null) return { kind: 'beyond', what: 'a line that is no object' };
  const line = raw as Record<string, unknown>;
  if ('generation' in line) return decodeHeader(line);
  // Compaction seals a generation and goes on in the next one, which this version cannot read.
  if ('seal' in line) return { kind: 'beyond', what: 'a sealed generation' };
  const { w: writer, s: sequence, d: durable, t: torn = [], r } = line;
  if (typeof writer !== 'string' || !isCount(sequence) || !isCount(durable) || !isPieces(torn) || !Array.isArray(r)) {
    return { kind: 'beyond', what: 'a line of unknown form' };
  }
  const entries = r.map(decodeEntry);
  if (!entries.every((entry) => entry !== undefined)) return { kind: 'beyond', what: 'an entry of unknown form' };
  return { kind: 'batch', writer, sequence, durable, torn, entries };
}

function decodeHeader({ format = FORMAT, generation, length }: Record<string, unknown>): Line {
  if (format !== FORMAT || !isCount(generation) || !isCount(length)) {
    return { kind: 'beyond', what: `format ${JSON.stringify(format)}` };
  }
  return { kind: 'header', generation, length };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPieces(value: unknown): value is Piece[] {
  return (
    Array.isArray(value) && value.every((piece) => Array.isArray(piece) && piece.length === 2 && piece.every(isCount))
  );
}
