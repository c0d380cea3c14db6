import { clockWentBack, keyExpires } from './key-age.ts';
import type { OperationRecord } from './record.ts';

/** Why an attempt must not be sent now. */
export type Refusal =
  | 'closed'
  | 'aborted'
  | 'driver'
  | 'other-owner'
  | 'other-scope'
  | 'clock'
  | 'key-expired'
  | 'deadline';

/** Everything the gate looks at, read at the moment of sending. */
export interface GateFacts {
  readonly record: OperationRecord;
  readonly closed: boolean;
  /** The caller cancelled, and nothing was possible before this attempt. */
  readonly cancelled: boolean;
  /** Only asks: no age of a key and no clock says anything against that. */
  readonly question: boolean;
  /** We are still the announced driver, and nobody is known to have changed the record. */
  readonly driving: boolean;
  /** Who is signed in now. */
  readonly owner: string | undefined;
  readonly scope: string | undefined;
  readonly now: number;
  /** Age of the key; 0 where nothing was sent before. */
  readonly age: number;
  readonly attemptTimeout: number;
  /** How long the server remembers the key on this route, in milliseconds. */
  readonly lifetime: number;
}

/** The last look before the first byte, synchronous and inside the `fetch` handed to ky: nothing is awaited between it and the platform's
 *  fetch. A check made before `await authorize()` is worth nothing: the laptop may have slept in between.
 *  Undefined: send. */
export function gate(facts: GateFacts): Refusal | undefined {
  const { record, now } = facts;
  if (facts.closed) return 'closed';
  if (facts.cancelled) return 'aborted';
  if (!facts.driving) return 'driver';
  if (facts.owner !== record.fixed.owner) return 'other-owner';
  if (facts.scope !== record.fixed.scope) return 'other-scope';
  if (!facts.question) {
    if (clockWentBack(now, record.state.lastSeenAt)) return 'clock';
    if (keyExpires(facts.age, facts.lifetime, facts.attemptTimeout)) return 'key-expired';
  }
  if (record.fixed.deadline !== undefined && now >= record.fixed.deadline) return 'deadline';
  return undefined;
}
