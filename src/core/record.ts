import type { DriverMark } from './driver-mark.ts';
import type { Accepted } from './profile.ts';
import type { Target } from './target.ts';
import type { Effect, InDoubtReason, Json, Source, Waiting } from './types.ts';

/** The format of stored records. A record with a higher number is left untouched and refused (`newer-version`). */
export const RECORD_VERSION = 1;

/** The request as it goes out on every attempt: promise I4. */
export interface StoredRequest {
  readonly method: string;
  readonly url: string;
  /** Lower-case names, sorted; the idempotency key is not among them. */
  readonly headers: readonly (readonly [string, string])[];
  /** Absent: no body. Dropped when the operation finishes. */
  readonly body?: Uint8Array<ArrayBuffer>;
}

/** What a claim or a new round writes and no update can change: I4 cannot be broken by a state write. */
export interface OperationPart {
  readonly kind: 'operation';
  readonly id: string;
  readonly owner: string;
  readonly scope?: string;
  readonly round: number;
  readonly key: string;
  readonly request: StoredRequest;
  /** Salted hash of what "same request" means; survives the body, and says nothing about it. */
  readonly fingerprint: string;
  readonly salt: string;
  readonly createdAt: number;
  readonly meta?: Json;
  readonly deadline?: number;
  readonly accepted?: Accepted;
  readonly anonymous?: true;
}

/** A handed-in key, claimed under an identity of its own, so that no two operations or rounds share it (I9). */
export interface KeyPart {
  readonly kind: 'key';
  /** Identity of the operation the key belongs to. */
  readonly operation: string;
  readonly round: number;
  readonly createdAt: number;
}

/** A response as it is kept. */
export interface RecordedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: larger than 1 MiB, or collected. */
  readonly body?: Uint8Array<ArrayBuffer>;
}

export type State = 'claimed' | 'dispatched' | 'in-doubt' | 'succeeded' | 'rejected' | 'not-sent' | 'discarded';

/** What an update writes. */
export interface StatePart {
  readonly state: State;
  /** Absent: nothing was sent, the key's age is 0. Present: effect possible, the key's age counts from here. */
  readonly dispatchedAt?: number;
  /** Exchanges begun in this round, over all processes. */
  readonly attempts: number;
  /** High-water mark of the wall clock for this operation: a clock behind it by more than 60 s went back. */
  readonly lastSeenAt: number;
  /** When the last known attempt left; in doubt, the latest time at which any can have left. */
  readonly lastSentAt?: number;
  readonly dueAt?: number;
  /** Until then the server has asked not to be asked: "try now" skips our own backoff, never this. */
  readonly notBefore?: number;
  readonly waiting?: Waiting;
  readonly reason?: InDoubtReason;
  readonly response?: RecordedResponse;
  readonly source?: Source;
  /** Of a discarded operation: what was known when it was discarded. */
  readonly effect?: Effect;
  readonly finishedAt?: number;
  readonly acknowledgedAt?: number;
  readonly driver?: DriverMark;
  /** Equal answers in a row, by digest: a stored 500, a 202 that never changes, a body that never parses. */
  readonly streak?: { readonly digest: string; readonly count: number };
  /** Answers in a row that could not be read (HTML, 206, 207). */
  readonly unreadable?: number;
  /** Since when the server has said "in progress". */
  readonly inProgressSince?: number;
  /** Where the next exchange goes. Dropped when the operation ends: its URL may be a capability. */
  readonly target?: Target;
  /** Questions asked there so far. */
  readonly polls?: number;
  /** Redirects followed in this round. */
  readonly redirects?: number;
  /** A monitor was lost, and the request was asked again for it: once. */
  readonly reasked?: true;
  /** What the monitor last told. */
  readonly progress?: { readonly percent?: number; readonly data?: Json };
  /** Where a 301 or 302 pointed. */
  readonly redirectedTo?: string;
  /** The body and headers were collected: only the fact remains. */
  readonly tombstone?: true;
}

/** A stored record. `write` is the random token of the write that made it: a re-run recognises its own. */
export interface OperationRecord {
  readonly version: typeof RECORD_VERSION;
  readonly identity: string;
  readonly revision: number;
  readonly write: string;
  readonly fixed: OperationPart;
  readonly state: StatePart;
}
export interface KeyRecord {
  readonly version: typeof RECORD_VERSION;
  readonly identity: string;
  readonly revision: number;
  readonly write: string;
  readonly fixed: KeyPart;
  readonly state?: undefined;
}
export type JournalRecord = OperationRecord | KeyRecord;

/** What `claim` is given: the journal adds nothing to it. */
export type NewRecord = JournalRecord;

/** A compare-and-set of the state part, or, with `round`, of both parts. */
export interface Change {
  readonly revision: number;
  readonly write: string;
  readonly state: StatePart;
  /** A new round begins: the fixed part is replaced with it. */
  readonly round?: OperationPart;
}

const FINISHED: ReadonlySet<State> = new Set<State>(['succeeded', 'rejected', 'not-sent', 'discarded']);

/** Finished: the outcome never changes again (a discard with 'possible' may still learn its true outcome). */
export function isFinished(state: StatePart): boolean {
  return FINISHED.has(state.state);
}

/** Worth reading at a start: unfinished, in doubt, or finished without anybody having been told. */
export function isOpen(record: JournalRecord): boolean {
  if (record.fixed.kind === 'key' || record.state === undefined) return false;
  return !isFinished(record.state) || record.state.acknowledgedAt === undefined;
}

/** The rule of every journal's `claim`: create if absent; a re-run of the same write recognises itself. */
export function applyClaim(
  existing: JournalRecord | undefined,
  offered: NewRecord,
): { readonly created: boolean; readonly record: JournalRecord } {
  if (existing === undefined) return { created: true, record: offered };
  return { created: existing.write === offered.write, record: existing };
}

/** The little of a record that decides a compare-and-set. */
export interface Brief {
  readonly revision: number;
  readonly write: string;
  readonly kind: 'operation' | 'key' | 'tombstone';
}

/** What a compare-and-set comes to, from the little that decides it: `again` is a re-run of a write that has won already. */
export function judgeUpdate(
  existing: Brief | undefined,
  change: { readonly revision: number; readonly write: string; readonly begins: boolean },
): 'lost' | 'again' | 'won' {
  if (existing === undefined || existing.kind === 'key') return 'lost';
  if (existing.write === change.write) return 'again';
  // What the change was made from is gone: of a tombstone and a state there is no whole record. A new round brings all of it.
  if (existing.kind === 'tombstone' && !change.begins) return 'lost';
  return existing.revision === change.revision ? 'won' : 'lost';
}

/** The rule of every journal's `update`: won only at the revision it was made for; a re-run recognises its own write.
 *  A finished operation no longer needs its request body: it is never sent again. */
export function applyUpdate(
  existing: JournalRecord | undefined,
  change: Change,
): { readonly won: boolean; readonly record: JournalRecord | undefined } {
  const judged = judgeUpdate(existing && briefOf(existing), { ...change, begins: change.round !== undefined });
  if (judged !== 'won' || existing?.fixed.kind !== 'operation') return { won: judged === 'again', record: existing };
  const fixed = change.round ?? existing.fixed;
  return {
    won: true,
    record: {
      version: RECORD_VERSION,
      identity: existing.identity,
      revision: existing.revision + 1,
      write: change.write,
      fixed: isFinished(change.state) ? withoutBody(fixed) : fixed,
      state: isFinished(change.state) ? withoutTarget(change.state) : change.state,
    },
  };
}

/** Where it went is nobody's business once it has ended. */
export function withoutTarget(state: StatePart): StatePart {
  if (state.target === undefined) return state;
  const { target: _, polls: __, ...rest } = state;
  return rest;
}

function briefOf({ revision, write, fixed, state }: JournalRecord): Brief {
  return { revision, write, kind: state?.tombstone === true ? 'tombstone' : fixed.kind };
}

/** The request body of what has ended is dropped. */
export function withoutBody(part: OperationPart): OperationPart {
  if (part.request.body === undefined) return part;
  const { body: _, ...request } = part.request;
  return { ...part, request };
}
