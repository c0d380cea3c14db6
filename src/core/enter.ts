import { keyLeft } from './key-age.ts';
import { addressOf, isQuestion } from './target.ts';
import { RETRY_COST } from './token-bucket.ts';
import type { InDoubtReason } from './types.ts';
import { type Driving, lifetimeOf, type Work } from './work.ts';

export type Entered =
  | { readonly kind: 'in'; readonly waited: boolean }
  /** The next look at the record tells why. */
  | { readonly kind: 'stopped' }
  /** Its turn comes too late. */
  | { readonly kind: 'late'; readonly reason: InDoubtReason };

/** Waits until the next exchange may begin, beside the others with the same origin. */
export async function enter(work: Work, { settings, traffic, closing }: Driving): Promise<Entered> {
  if (work.slot !== undefined) return { kind: 'in', waited: false };
  const { fixed, state } = work.record;
  const { origin } = new URL(addressOf(fixed.request, state.target));
  const deadline = fixed.deadline === undefined ? Number.POSITIVE_INFINITY : fixed.deadline - settings.clock.now();
  const key =
    work.possible && !isQuestion(state.target)
      ? keyLeft(work.age(settings), lifetimeOf(work.record, settings), settings.attemptTimeout)
      : Number.POSITIVE_INFINITY;
  const admitted = await traffic.enter(origin, {
    cost: costOf(work),
    stops: [work.halted, closing],
    patience: Math.min(deadline, key),
    waiting: (reason) => {
      work.waiting = reason;
    },
  });
  if (admitted.kind === 'late') return { kind: 'late', reason: deadline <= key ? 'deadline' : 'key-expired' };
  if (admitted.kind === 'stopped') return admitted;
  work.slot = admitted.slot;
  return { kind: 'in', waited: admitted.slot.waited };
}

/** Questions are free, and so is what the server has asked for: it answers, and says that it needs time. */
function costOf({ possible, timedOut, record }: Work): number {
  const { target, waiting } = record.state;
  if (!possible || isQuestion(target) || waiting === 'in-progress' || waiting === 'accepted') return RETRY_COST.first;
  return timedOut ? RETRY_COST.afterTimeout : RETRY_COST.retry;
}
