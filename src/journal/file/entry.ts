import { JournalError } from '../../core/errors/journal-error.ts';
import {
  applyClaim,
  applyUpdate,
  type Change,
  type JournalRecord,
  type NewRecord,
  RECORD_VERSION,
} from '../../core/record.ts';
import { parseRecord } from '../../core/record-schema.ts';
import { encodeJson, encodeRecord, reviveBodies, reviveRecord } from '../codec.ts';
import { isUnusable, type Stored, type Unusable } from './stored.ts';

/** One write. A record or a change that cannot be used says why. */
export type Entry =
  | {
      readonly kind: 'claim';
      readonly identity: string;
      readonly write: string;
      readonly value: JournalRecord | Unusable;
    }
  | { readonly kind: 'update'; readonly identity: string; readonly change: Change | Unusable }
  | { readonly kind: 'remove'; readonly identity: string; readonly revision: number };

/** What became of an entry. */
export interface Applied {
  /** Created, won, removed. */
  readonly done: boolean;
  /** What is stored now. */
  readonly stored: Stored | undefined;
}

/** The one rule of claims and compare-and-sets (`core/record.ts`), for the entries of a line that ends at `end`. What cannot be used stays
 *  so, whatever is written into it later: it is left to a version that understands it. */
export function applyEntry(existing: Stored | undefined, entry: Entry, end: number): Applied {
  if (existing !== undefined && isUnusable(existing.value)) return { done: false, stored: existing };
  const present = existing?.value as JournalRecord | undefined;
  const kept = { done: false, stored: existing };
  if (entry.kind === 'remove') return present?.revision === entry.revision ? { done: true, stored: undefined } : kept;
  if (entry.kind === 'claim') {
    if (present === undefined) return { done: true, stored: { value: entry.value, end } };
    // Of the offered record the rule reads the write token alone.
    return { done: applyClaim(present, { write: entry.write } as NewRecord).created, stored: existing };
  }
  const { change } = entry;
  if ('unusable' in change) return present === undefined ? kept : { done: false, stored: { value: change, end } };
  let changed = false;
  const value = orUnusable(() => {
    const { won, record } = applyUpdate(present, change);
    changed = won && record !== present;
    return changed ? parseRecord(record, entry.identity) : record;
  });
  if (value === present) return { done: present?.write === change.write, stored: existing };
  return value === undefined ? kept : { done: changed, stored: { value, end } };
}

/** A claim as it stands in a line: the whole record. */
export function encodeClaim(record: NewRecord): string {
  return `{"k":"claim","r":${encodeRecord(record)}}`;
}

/** An update as it stands in a line: the state alone, so that a body of a megabyte is written once; the fixed part only where a round
 *  begins. `v` is the version of the record it makes. */
export function encodeUpdate(identity: string, change: Change): string {
  const { revision, write, state, round } = change;
  return encodeJson({ k: 'update', v: RECORD_VERSION, i: identity, n: revision, write, state, fixed: round });
}

export function encodeRemove(identity: string, revision: number): string {
  return JSON.stringify({ k: 'remove', i: identity, n: revision });
}

/** The entry in parsed JSON, which is used up; undefined for one that this version does not know. */
export function decodeEntry(raw: unknown): Entry | undefined {
  if (!isObject(raw)) return undefined;
  const { k: kind, i: identity, n: revision } = raw;
  if (kind === 'claim') return decodeClaim(raw['r']);
  if (typeof identity !== 'string' || typeof revision !== 'number') return undefined;
  if (kind === 'update') return { kind, identity, change: decodeChange(raw, revision) };
  if (kind === 'remove') return { kind, identity, revision };
  return undefined;
}

function decodeClaim(raw: unknown): Entry | undefined {
  if (!isObject(raw)) return undefined;
  const { identity, write } = raw;
  if (typeof identity !== 'string' || typeof write !== 'string') return undefined;
  return { kind: 'claim', identity, write, value: orUnusable(() => reviveRecord(raw, identity)) };
}

function decodeChange(raw: Record<string, unknown>, revision: number): Change | Unusable {
  const { v: version, write, state, fixed: round } = raw;
  // A newer version may have changed what a state means: the record it makes is no longer ours to read.
  if (version !== RECORD_VERSION) return { unusable: 'newer-version' };
  // The schema checks whole records: the rest is checked where it is applied.
  return orUnusable(() => {
    reviveBodies(raw);
    return { revision, write, state, ...(round === undefined ? {} : { round }) } as Change;
  });
}

/** Whatever the schema, the rule or the codec cannot make sense of is damage: it must not end the fold of all other records. */
function orUnusable<T>(read: () => T): T | Unusable {
  try {
    return read();
  } catch (error) {
    const newer = error instanceof JournalError && error.reason === 'newer-version';
    return { unusable: newer ? 'newer-version' : 'corrupt' };
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
