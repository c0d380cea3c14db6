import { Again } from './again.ts';
import type { Decision } from './decide.ts';
import { recovery } from './decide-target.ts';
import { reconciled } from './reconcile.ts';
import type { RecordedResponse, StatePart } from './record.ts';
import { endUnsent, enterDoubt, park, type Rest, storeIfStillOurs } from './rest.ts';
import { save, stateNow, storeOutcome, withoutLargeBody } from './save.ts';
import type { Target } from './target.ts';
import type { InDoubtReason } from './types.ts';
import type { Driving, Work } from './work.ts';

interface Verdict {
  readonly decision: Exclude<Decision, { next: 'reauthorize' }>;
  readonly response: RecordedResponse | undefined;
  /** The answer means the same whatever was sent before or beside it: it holds even if somebody else drives by now. */
  readonly proved: boolean;
}

/** Makes a decision true: in the journal first, then in the loop. */
export async function carryOut(work: Work, driving: Driving, { decision, response, proved }: Verdict): Promise<Rest> {
  const now = driving.settings.clock.now();
  switch (decision.next) {
    case 'finish': {
      const { state, source, redirectedTo, withoutResponse } = decision;
      const outcome: StatePart = {
        ...withoutAnswer(stateNow(work, driving)),
        state,
        source,
        finishedAt: now,
        ...(response && !withoutResponse && { response }),
        ...(redirectedTo !== undefined && { redirectedTo }),
      };
      return proved ? storeOutcome(work, driving, outcome) : storeIfStillOurs(work, driving, outcome);
    }
    case 'unsent':
      return endUnsent(work, driving);
    case 'doubt':
      return inDoubt(work, driving, { reason: decision.reason, response });
    case 'recover':
      return goTo(work, driving, decision.target, response);
    case 'park':
      return park(work, driving, {
        ...decision.progress,
        ...(decision.target && { target: decision.target }),
        waiting: decision.waiting,
        ...(decision.dueAt !== undefined && { dueAt: decision.dueAt }),
      });
    case 'again':
      return again(work, driving, decision);
  }
}

/** Of an earlier exchange. */
function withoutAnswer(state: StatePart): StatePart {
  if (state.response === undefined) return state;
  const { response: _, ...rest } = state;
  return rest;
}

/** Saves what later decisions need, and where the next exchange goes, before it goes there. */
async function again(work: Work, driving: Driving, decision: Extract<Decision, { next: 'again' }>): Promise<Rest> {
  work.waiting = decision.waiting;
  const { target: before, ...rest } = stateNow(work, driving);
  const target = decision.target === undefined ? before : (decision.target ?? undefined);
  const state: StatePart = {
    ...rest,
    ...decision.progress,
    ...(target && { target }),
    waiting: decision.waiting,
    dueAt: driving.settings.clock.now() + decision.wait,
  };
  const saved = await save(work, driving, state, { relaxed: decision.target === undefined });
  if (saved.kind === 'lost') return { kind: 'lost' };
  if (saved.kind === 'failed' && decision.target?.kind === 'redirect') {
    // Another address is part of what goes out (I4): not before it is stored. The old one redirects once more.
    throw new Again(driving.settings.retry.maxDelay);
  }
  // Progress is a convenience for the next process: where it cannot be stored, this one goes on with the same key.
  if (saved.kind === 'failed') work.record = { ...work.record, state };
  throw new Again(decision.wait);
}

/** Asks elsewhere, at once. What was answered here is kept for the case that it proves nothing. */
async function goTo(work: Work, driving: Driving, target: Target, response?: RecordedResponse): Promise<Rest> {
  const state = withoutLargeBody({ ...stateNow(work, driving), target, polls: 0, ...(response && { response }) });
  const saved = await save(work, driving, state);
  if (saved.kind === 'lost') return { kind: 'lost' };
  if (saved.kind === 'failed') work.record = { ...work.record, state };
  throw new Again(0);
}

/** A deadline is the caller's word that nobody is to ask any longer. What a mismatched key leads to is another request's. */
const NOT_LOOKED_UP: ReadonlySet<InDoubtReason> = new Set<InDoubtReason>(['deadline', 'key-mismatch']);

/** The last word before "in doubt": what the profile can look up, then what the application knows. */
export async function inDoubt(
  work: Work,
  driving: Driving,
  { reason, response }: { readonly reason: InDoubtReason; readonly response?: RecordedResponse | undefined },
): Promise<Rest> {
  const { profile, trustedOrigins } = driving.settings;
  // What a recovery found proves nothing; the answer that led to it says more, and is kept.
  const told = work.record.state.target?.kind === 'recovery' ? undefined : response;
  if (profile.recover?.when === 'doubt' && !NOT_LOOKED_UP.has(reason)) {
    const found = recovery(work.record, undefined, { facts: { profile, trustedOrigins }, reason });
    if (found?.next === 'recover') return goTo(work, driving, found.target, response);
  }
  // Others may send to this origin while the application thinks.
  work.leave();
  const known = await reconciled(work, driving, reason);
  if (known?.state === 'succeeded') return storeOutcome(work, driving, known);
  if (known) return storeIfStillOurs(work, driving, known);
  return enterDoubt(work, driving, reason, told);
}

/** Of an operation that is in doubt already: asks the application once more. */
export async function reconsider(work: Work, driving: Driving): Promise<Rest> {
  const known = await reconciled(work, driving, work.record.state.reason ?? 'stuck');
  if (known?.state === 'succeeded') return storeOutcome(work, driving, known);
  if (known) return storeIfStillOurs(work, driving, known);
  return { kind: 'settled', record: work.record, persisted: true };
}
