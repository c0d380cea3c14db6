import type { JournalRecord } from '../../core/record.ts';

/** What a record is, without reading it:
 *  `o` unfinished, `f` finished and nobody was told, `a` finished and acknowledged, `s` the same whose response was collected,
 *  `t` a tombstone, `k` a handed-in key. */
export type Mark = 'o' | 'f' | 'a' | 's' | 't' | 'k';

/** Finished, whoever was told. */
export function isFinishedMark(mark: Mark): boolean {
  return mark !== 'o' && mark !== 'k';
}

/** Those that a start has to look at (`isOpen`). */
export function isOpenMark(mark: Mark): boolean {
  return mark === 'o' || mark === 'f';
}

/** A line of the file, without its newlines. */
export interface LinePlace {
  readonly from: number;
  readonly to: number;
  /** Of a record in the data of a snapshot, where the line that lists it has its checksum; elsewhere the line begins with its own. */
  readonly checksum?: number;
}

/** Bytes of the file, within one of its lines. */
export interface Part {
  /** Whoever reads the part checks the line's checksum again. Of a record in a snapshot it is checked then for the first time. */
  readonly line: LinePlace;
  readonly from: number;
  readonly to: number;
}

/** What the log holds of one identity. Its text stays in the file: a finished operation, however large its answer, takes no memory but this. */
export interface Stored {
  readonly mark: Mark;
  readonly version: number;
  readonly revision: number;
  readonly write: string;
  /** When it finished; 0 while it has not. */
  readonly since: number;
  readonly fixed: Part;
  /** It has finished since its fixed part was written: the body in there is sent no more, and not shown either. */
  readonly bodyless: boolean;
  /** Absent: a handed-in key has none. */
  readonly state: Part | undefined;
  /** The offset behind the line that wrote it: durable once the log is durable up to there. */
  readonly end: number;
  /** The record, while it is open and was used lately. Never handed out: callers get copies. */
  value: JournalRecord | undefined;
}

/** In the index: what is known of it, or, of a record in the snapshot that nobody has needed yet, how many are listed before it there. A
 *  tombstone takes its name and a number. */
export type Indexed = Stored | number;
