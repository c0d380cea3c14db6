import type { StatePart } from './record.ts';
import type { Work } from './work.ts';

/** A copy of the request could still be under way so long after an attempt timed out. */
const LATE_ARRIVAL = 60_000;

/** From when on "it did not happen" can be said: before, a delayed copy of the last attempt could arrive and make it untrue. */
export function noneIsSafeFrom(state: StatePart, attemptTimeout: number, now: number): number {
  const planned = state.dueAt !== undefined && state.dueAt <= now ? state.dueAt : 0;
  return Math.max(state.dispatchedAt ?? 0, state.lastSentAt ?? 0, planned) + attemptTimeout + LATE_ARRIVAL;
}

/** No attempt left later than this, as far as this run can vouch for. Of its own sends it knows; whoever drove before may have sent until the moment it
 *  died, and no write tells of that: a retry is made without one (I8 keeps it to one driver, not to one that lives). */
export function lastSendBefore({ sentAt, resumed }: Pick<Work, 'sentAt' | 'resumed'>, now: number): number | undefined {
  return sentAt ?? (resumed ? now : undefined);
}
