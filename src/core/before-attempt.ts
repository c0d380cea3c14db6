import { clockWentBack, keyExpires } from './key-age.ts';
import { isQuestion } from './target.ts';
import type { InDoubtReason } from './types.ts';
import { type Driving, isRepeatable, lifetimeOf, type Work } from './work.ts';

/** What has to happen before the next attempt may be made. */
export type Before =
  | { readonly kind: 'go' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'doubt'; readonly reason: InDoubtReason }
  /** The deadline passed and nothing was sent. */
  | { readonly kind: 'not-sent' }
  | { readonly kind: 'wait'; readonly ms: number };

/** Looks at the record as a restart would find it: clocks, ages, deadlines and due times, before anything else is done. */
export function beforeAttempt(work: Work, { settings, closing }: Pick<Driving, 'settings' | 'closing'>): Before {
  const { fixed, state } = work.record;
  const now = settings.clock.now();
  if (closing.aborted) return { kind: 'closed' };
  if (work.cancelled && !work.possible) return { kind: 'cancelled' };
  if (work.possible && !isQuestion(state.target)) {
    if (clockWentBack(now, state.lastSeenAt)) return { kind: 'doubt', reason: 'clock' };
    if (keyExpires(work.age(settings), lifetimeOf(work.record, settings), settings.attemptTimeout)) {
      return { kind: 'doubt', reason: 'key-expired' };
    }
    if (!isRepeatable(work.record, settings)) return { kind: 'doubt', reason: 'not-repeatable' };
  }
  if (fixed.deadline !== undefined && now >= fixed.deadline) {
    return work.possible ? { kind: 'doubt', reason: 'deadline' } : { kind: 'not-sent' };
  }
  const due = (work.hurried ? state.notBefore : state.dueAt) ?? now;
  return due > now ? { kind: 'wait', ms: due - now } : { kind: 'go' };
}
