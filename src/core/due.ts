import { type Answer, headerOf } from './answer.ts';
import type { Facts } from './decide.ts';
import { keyExpires } from './key-age.ts';
import type { OperationRecord } from './record.ts';
import { retryAfter } from './retry-after.ts';
import type { InDoubtReason } from './types.ts';

/** A longer wait leaves the foreground. */
export const LONGEST_WAIT = 60_000;

/** Milliseconds the server asked for, by the profile's headers or Retry-After, and never less than the API documents for such an answer. */
export function askedWait(answer: Answer, { profile, now }: Facts): number | undefined {
  if (answer.kind !== 'response') return undefined;
  const named = (profile.waitHeaders ?? [])
    .map((name) => headerOf(answer, name)?.trim() ?? '')
    .find((value) => /^\d{1,12}$/.test(value));
  const asked =
    named === undefined ? retryAfter(headerOf(answer, 'retry-after'), headerOf(answer, 'date'), now) : Number(named);
  const least = profile.minWait?.[answer.status];
  return least === undefined ? asked : Math.max(least, asked ?? 0);
}

/** Decided before sleeping: a wait that ends too late helps nobody. */
export function tooLate(
  { fixed }: OperationRecord,
  wait: number,
  { now, age, lifetime, attemptTimeout, possible }: Facts,
): InDoubtReason | undefined {
  if (fixed.deadline !== undefined && now + wait >= fixed.deadline) return 'deadline';
  // A key of which nothing was sent has no age, however long it waits.
  return possible && keyExpires(age + wait, lifetime, attemptTimeout) ? 'key-expired' : undefined;
}
