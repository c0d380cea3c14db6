import {
  type Brief,
  type Change,
  isFinished,
  type JournalRecord,
  judgeUpdate,
  type NewRecord,
  RECORD_VERSION,
  type StatePart,
} from '../../core/record.ts';
import { encodeFixed, encodeState } from '../codec.ts';
import { isFinishedMark, type Mark, type Part, type Stored } from './stored.ts';

/** Stands between the texts of a line. JSON text never holds a raw one. */
export const TAB = 9;

/** Digits in front of the text of a line. */
export const CHECKSUM = 8;

const KINDS = { c: 'claim', u: 'update', r: 'remove', p: 'put' } as const;
type Letter = keyof typeof KINDS;

/** Kind, version of the record, mark: `u1f`. */
const HEAD = /^([curp])(\d{1,9})([ofastk-])$/;

/** How many texts an entry has, tabs between them: head, identity, revision; then when it finished, write token, fixed part, state part. */
const TEXTS: Readonly<Record<Letter, number>> = { c: 7, p: 7, u: 7, r: 3 };

/** One write, as a line holds it. The parts of its record stay text. */
export interface Entry {
  readonly kind: (typeof KINDS)[Letter];
  readonly identity: string;
  /** Of an update and of a remove: the one it was made for. */
  readonly revision: number;
  readonly write: string;
  readonly version: number;
  readonly mark: Mark;
  readonly since: number;
  /** Where the parts stand in the text of the line; absent where the entry has none. */
  readonly fixed: Place | undefined;
  readonly state: Place | undefined;
}
export interface Place {
  readonly from: number;
  readonly to: number;
}

/** What became of an entry. */
export interface Applied {
  /** Created, won, removed. */
  readonly done: boolean;
  /** What is stored now. */
  readonly stored: Stored | undefined;
  /** What was stored before. */
  readonly before: Stored | undefined;
}

/** Of a newer version: left as it is, whatever comes later. */
export function isNewer(stored: Stored): boolean {
  return stored.version > RECORD_VERSION;
}

/** The one rule of claims and compare-and-sets (`core/record.ts`). It never looks into the records: what cannot be read is told to whoever
 *  reads it. `again` is a write that has won already. */
export function judgeEntry(existing: Stored | undefined, entry: Entry): 'kept' | 'again' | 'written' | 'removed' {
  if (entry.kind === 'put') return 'written';
  if (existing !== undefined && isNewer(existing)) return 'kept';
  if (entry.kind === 'remove') return existing?.revision === entry.revision ? 'removed' : 'kept';
  if (entry.kind === 'claim') {
    if (existing === undefined) return 'written';
    return existing.write === entry.write ? 'again' : 'kept';
  }
  const brief = existing && { revision: existing.revision, write: existing.write, kind: kindOf(existing.mark) };
  const judged = judgeUpdate(brief, {
    revision: entry.revision,
    write: entry.write,
    begins: entry.fixed !== undefined,
  });
  return judged === 'won' ? 'written' : judged === 'again' ? 'again' : 'kept';
}

function kindOf(mark: Mark): Brief['kind'] {
  return mark === 'k' ? 'key' : mark === 't' ? 'tombstone' : 'operation';
}

/** Applies an entry of `line`, whose places are counted from the `shift`th character of its text. */
export function applyEntry(existing: Stored | undefined, entry: Entry, line: Part['line'], shift = 0): Applied {
  const judged = judgeEntry(existing, entry);
  if (judged === 'removed') return { done: true, stored: undefined, before: existing };
  if (judged !== 'written') return { done: judged === 'again', stored: existing, before: existing };
  const stored = made(entry, entry.kind === 'update' ? existing : undefined, line, shift);
  return { done: true, stored, before: existing };
}

function made(entry: Entry, before: Stored | undefined, line: Part['line'], shift: number): Stored {
  const { mark, version, write, since, fixed, state } = entry;
  const start = line.from + CHECKSUM + shift;
  const inherited = fixed === undefined ? before : undefined;
  return {
    mark,
    version,
    revision: before === undefined ? entry.revision : before.revision + 1,
    write,
    since,
    fixed: inherited?.fixed ?? { line, from: start + (fixed?.from ?? 0), to: start + (fixed?.to ?? 0) },
    bodyless: inherited?.bodyless === true || isFinishedMark(mark),
    state: state && { line, from: start + state.from, to: start + state.to },
    end: line.to + 1,
    value: undefined,
  };
}

/** A claim as it stands in a line: the whole record. */
export function encodeClaim(record: NewRecord, parts: Texts = textsOf(record)): string {
  return whole('c', record, markOf(record), parts);
}

/** A record as it is, whatever was there before. */
export function encodeRawPut(
  identity: string,
  stored: Omit<Stored, 'fixed' | 'bodyless' | 'state' | 'end' | 'value'>,
  parts: Texts,
): string {
  const { mark, version, revision, write, since } = stored;
  return texts(`p${version}${mark}`, identity, revision, since, write, parts);
}

/** An update as it stands in a line: the state alone, so that a body of a megabyte is written once; the fixed part only where a round begins. */
export function encodeUpdate(identity: string, change: Change, parts: Texts = textsOfChange(change)): string {
  const { revision, write, state } = change;
  const head = `u${RECORD_VERSION}${markOfState(state)}`;
  return texts(head, identity, revision, state.finishedAt ?? 0, write, parts);
}

export function encodeRemove(identity: string, revision: number): string {
  return `r${RECORD_VERSION}-\t${JSON.stringify(identity)}\t${revision}`;
}

/** Where the parts of a record stand in the text of an entry that ends with them. */
export function placesIn(text: string, parts: Texts): Pick<Entry, 'fixed' | 'state'> {
  const state = { from: text.length - parts.state.length, to: text.length };
  const fixed = { from: state.from - 1 - parts.fixed.length, to: state.from - 1 };
  return { fixed: unlessEmpty(fixed), state: unlessEmpty(state) };
}

export function textsOf({ fixed, state }: JournalRecord): Texts {
  return { fixed: encodeFixed(fixed), state: state === undefined ? '' : encodeState(state) };
}

export function textsOfChange({ round, state }: Change): Texts {
  return { fixed: round === undefined ? '' : encodeFixed(round), state: encodeState(state) };
}

export interface Texts {
  readonly fixed: string;
  readonly state: string;
}

export function markOf(record: JournalRecord): Mark {
  return record.state === undefined ? 'k' : markOfState(record.state);
}

export function markOfState(state: StatePart): Mark {
  if (!isFinished(state)) return 'o';
  if (state.acknowledgedAt === undefined) return 'f';
  return state.tombstone ? 't' : 'a';
}

function whole(kind: 'c' | 'p', record: JournalRecord, mark: Mark, parts: Texts): string {
  const { identity, version, revision, write, state } = record;
  return texts(`${kind}${version}${mark}`, identity, revision, state?.finishedAt ?? 0, write, parts);
}

/** JSON text never holds a raw tab. */
function texts(
  ...[head, identity, revision, since, write, parts]: [string, string, number, number, string, Texts]
): string {
  return `${head}\t${JSON.stringify(identity)}\t${revision}\t${since}\t${JSON.stringify(write)}\t${parts.fixed}\t${parts.state}`;
}

/** The entries in the text of a line, from `start`; undefined where one is not of this version's forms. */
export function decodeEntries(text: Buffer, start: number): readonly Entry[] | undefined {
  // One byte a character, so that places in it are places in the file; and one copy for all of its fields.
  const characters = text.toString('latin1');
  const entries: Entry[] = [];
  for (let at = start; at <= characters.length; ) {
    const fields = splitEntry(characters, at);
    const entry = fields && decodeEntry(text, characters, fields);
    if (fields === undefined || entry === undefined) return undefined;
    entries.push(entry);
    at = (fields.at(-1) ?? 0) + 1;
  }
  return entries;
}

/** Where the texts of the entry at `at` begin, and behind the last one: text `n` ends before the beginning of the next. */
function splitEntry(characters: string, at: number): readonly number[] | undefined {
  const count = TEXTS[characters[at] as Letter] as number | undefined;
  if (count === undefined) return undefined;
  const starts = [at];
  for (let from = at; starts.length <= count; ) {
    const tab = characters.indexOf('\t', from);
    if (tab < 0 && starts.length < count) return undefined;
    from = (tab < 0 ? characters.length : tab) + 1;
    starts.push(from);
  }
  // The last one is where the text of the last field ends.
  starts[count] = (starts[count] ?? 0) - 1;
  return starts;
}

function decodeEntry(text: Buffer, characters: string, starts: readonly number[]): Entry | undefined {
  const last = starts.length - 2;
  const place = (field: number): Place => {
    const from = starts[field] ?? 0;
    const next = starts[field + 1] ?? 0;
    return { from, to: field === last ? next : next - 1 };
  };
  const head = HEAD.exec(slice(characters, place(0)));
  const identity = head === null ? undefined : textAt(text, characters, place(1));
  const revision = Number(slice(characters, place(2)));
  if (head === null || identity === undefined || !Number.isSafeInteger(revision)) return undefined;
  const kind = KINDS[head[1] as Letter];
  const version = Number(head[2]);
  const mark = head[3] as Mark;
  const bare = { kind, identity, revision, version, mark };
  if (kind === 'remove') return { ...bare, write: '', since: 0, fixed: undefined, state: undefined };
  const write = textAt(text, characters, place(4));
  const since = Number(slice(characters, place(3)));
  if (write === undefined || !Number.isFinite(since)) return undefined;
  return { ...bare, write, since, fixed: unlessEmpty(place(5)), state: unlessEmpty(place(6)) };
}

function unlessEmpty(place: Place): Place | undefined {
  return place.from === place.to ? undefined : place;
}

function slice(characters: string, { from, to }: Place): string {
  return characters.slice(from, to);
}

/** Names that stand for themselves in JSON, as identities and tokens nearly always do. */
const PLAIN = /^"[^"\\\x80-\xff]*"$/;

/** The text in a JSON string. Copied out of the buffer: a slice of `characters` would keep all of them in memory. */
function textAt(text: Buffer, characters: string, place: Place): string | undefined {
  const quoted = slice(characters, place);
  if (PLAIN.test(quoted)) return text.toString('latin1', place.from + 1, place.to - 1);
  try {
    const value: unknown = JSON.parse(text.toString('utf8', place.from, place.to));
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
