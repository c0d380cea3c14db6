import pRetry from 'p-retry';
import { Again } from './again.ts';
import { beforeAttempt } from './before-attempt.ts';
import { inDoubt } from './carry-out.ts';
import { LONGEST_WAIT } from './due.ts';
import { enter } from './enter.ts';
import { exchange } from './exchange.ts';
import { mayGo } from './outgoing.ts';
import { endUnsent, type Rest } from './rest.ts';
import { type Saved, save, stateNow } from './save.ts';
import { isQuestion } from './target.ts';
import type { Driving, Work } from './work.ts';

/** The only loop with effects: attempts until the operation finishes, is in doubt, parks, or is no longer ours. */
export function drive(work: Work, driving: Driving): Promise<Rest> {
  // Whatever a turn comes to, it gives its slot back.
  return pRetry(() => turn(work, driving).finally(() => work.leave()), {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 0,
    shouldRetry: ({ error }) => error instanceof Again,
    onFailedAttempt: ({ error }) => (error instanceof Again ? driving.pause(error.wait) : undefined),
  });
}

/** One attempt, saved. */
async function turn(work: Work, driving: Driving): Promise<Rest> {
  if (!work.current) return { kind: 'lost' };
  let { seen } = work;
  work.seen = false;
  const before = beforeAttempt(work, driving);
  switch (before.kind) {
    case 'closed':
      return { kind: 'closed' };
    case 'cancelled':
    case 'not-sent':
      return endUnsent(work, driving);
    case 'doubt':
      return inDoubt(work, driving, { reason: before.reason });
    case 'wait':
      work.waiting = work.record.state.waiting ?? 'backoff';
      if (before.ms > LONGEST_WAIT) return { kind: 'parked' };
      throw new Again(before.ms);
  }
  const { target } = work.record.state;
  if (!mayGo(work.record, driving.settings)) {
    return inDoubt(work, driving, { reason: isQuestion(target) ? 'monitor-lost' : 'redirect' });
  }
  work.hurried = false;
  if (!driving.online()) {
    // A hint, never a refusal: virtual adapters and VPNs say offline too.
    work.leave();
    work.waiting = 'offline';
    await driving.pause(driving.settings.retry.maxDelay);
    seen = false;
  }
  const entered = await enter(work, driving);
  if (entered.kind === 'stopped') throw new Again(0);
  if (entered.kind === 'late') {
    return work.possible ? inDoubt(work, driving, { reason: entered.reason }) : endUnsent(work, driving);
  }
  if (entered.waited) seen = false;
  if (!seen && (await isChanged(work, driving))) return { kind: 'lost' };
  const marked = await markDispatched(work, driving);
  if (marked.kind !== 'saved') return marked.kind === 'lost' ? { kind: 'lost' } : marked;
  return exchange(work, driving, 'attempt');
}

/** A discard by another process or tab, or a takeover, while we waited: it ends our sending, and only the journal tells of it. Where that cannot
 *  be read, the same key goes on. */
async function isChanged({ record }: Work, { journal }: Driving): Promise<boolean> {
  try {
    return (await journal.get(record.identity))?.revision !== record.revision;
  } catch {
    return false;
  }
}

/** The mark is durable before the first byte (I3): after a crash it is what says "possible". */
async function markDispatched(work: Work, driving: Driving): Promise<Saved> {
  if (work.record.state.dispatchedAt !== undefined) return { kind: 'saved' };
  const now = driving.settings.clock.now();
  return save(work, driving, { ...stateNow(work, driving), state: 'dispatched', dispatchedAt: now, lastSeenAt: now });
}
