import type { Journal } from './journal.ts';
import { KeyAge, keyLifetime } from './key-age.ts';
import type { OriginTraffic, Slot } from './origin-traffic.ts';
import type { Presence } from './ports.ts';
import type { OperationRecord } from './record.ts';
import { honoursKey, routeFacts } from './route.ts';
import type { Settings } from './settings.ts';
import type { TimeLimits } from './time-limits.ts';
import type { Waiting } from './types.ts';

/** What driving needs beside the operation itself. */
export interface Driving {
  readonly settings: Settings;
  readonly journal: Journal;
  readonly presence: Presence;
  readonly traffic: OriginTraffic;
  readonly limits: TimeLimits;
  /** Aborted when the client closes: no further attempt begins. */
  readonly closing: AbortSignal;
  /** Aborted when the client no longer waits for attempts under way. */
  readonly stop: AbortSignal;
  online(): boolean;
  /** Sleeps until `ms` have passed, somebody hurries, or the client closes. Never rejects. */
  pause(ms: number): Promise<void>;
}

/** One operation as this process drives it: the record, and what only this run knows. */
export class Work {
  record: OperationRecord;
  /** Something may have been sent. False only in the run that wrote the mark and has not sent yet. */
  possible: boolean;
  /** Exchanges begun in this round, this one included; the record learns it at the next write. */
  attempts: number;
  /** Why nothing is being sent at this moment. */
  waiting: Waiting = 'queued';
  /** False once somebody else is known to have changed the record: the gate refuses, the record is read again. */
  current = true;
  /** The record is as it was read or written a moment ago: nothing has been waited for since. */
  seen = true;
  /** Skip a backoff, never a Retry-After. */
  hurried = false;
  /** When the last attempt of this run left. */
  sentAt: number | undefined;
  /** It timed out. */
  timedOut = false;
  /** Our place among the exchanges under way with the origin; given back in every case. */
  slot: Slot | undefined;
  /** The caller who claimed it cancelled. */
  cancelled = false;
  readonly resumed: boolean;
  readonly #halt = new AbortController();
  #age: KeyAge | undefined;

  constructor(record: OperationRecord, { fresh, slot }: { readonly fresh: boolean; readonly slot?: Slot | undefined }) {
    this.record = record;
    this.slot = slot;
    this.resumed = !fresh;
    this.possible = !fresh && record.state.dispatchedAt !== undefined;
    this.attempts = record.state.attempts;
  }

  /** Aborted once there is no point in preparing the next attempt. */
  get halted(): AbortSignal {
    return this.#halt.signal;
  }

  cancel(): void {
    this.cancelled = true;
    this.#halt.abort();
  }

  /** Makes room for the next one. */
  leave(end?: 'answered' | 'failed'): void {
    this.slot?.leave(end);
    this.slot = undefined;
  }

  /** Somebody else changed the record. */
  outdate(): void {
    this.current = false;
    this.#halt.abort();
  }

  /** Age of the key; 0 where nothing was sent. */
  age({ clock }: Settings): number {
    const { dispatchedAt } = this.record.state;
    if (!this.possible || dispatchedAt === undefined) {
      this.#age = undefined;
      return 0;
    }
    this.#age ??= new KeyAge(dispatchedAt, clock.now(), clock.monotonic());
    return this.#age.at(clock.now(), clock.monotonic());
  }
}

/** Whether this operation may be sent again once something is possible: the API honours the key there, and the caller allows it. */
export function isRepeatable(record: OperationRecord, { profile, retry }: Settings): boolean {
  return retry.limit > 1 && honoursKey(profile, record.fixed.request.method, repeatedAt(record)) === 'yes';
}

/** How long the server remembers the key on this operation's route, in milliseconds. */
export function lifetimeOf(record: OperationRecord, { profile }: Settings): number {
  return keyLifetime(routeFacts(profile, record.fixed.request.method, repeatedAt(record)).lifetime);
}

function repeatedAt({ fixed, state }: OperationRecord): string {
  return state.target?.kind === 'redirect' ? state.target.url : fixed.request.url;
}
