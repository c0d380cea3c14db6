import type { Answer } from './answer.ts';
import { backoff } from './backoff.ts';
import type { Decision, Facts, Progress } from './decide.ts';
import { askedWait, LONGEST_WAIT, tooLate } from './due.ts';
import type { OperationRecord } from './record.ts';
import { recoveryUrl } from './recovery.ts';
import { addressOf, allowedTarget, type Target } from './target.ts';
import type { InDoubtReason } from './types.ts';

/** As browsers do it less (20): an API that redirects at all does it once. */
const REDIRECTS = 5;
/** Questions about a result or a proof that were not answered. A monitor is asked for as long as it answers. */
const UNANSWERED = 8;
/** A monitor is asked at most once a second. */
const SHORTEST_POLL = 1_000;

export function doubt(reason: InDoubtReason): Decision {
  return { next: 'doubt', reason };
}

/** The same, somewhere else. */
export function at(target: Target, decision: Decision): Decision {
  return decision.next === 'again' || decision.next === 'park' ? { ...decision, target } : decision;
}

/** Where the profile says that the result can be read. */
export function recovery(
  record: OperationRecord,
  answer: Answer | undefined,
  { facts, reason }: { readonly facts: Pick<Facts, 'profile' | 'trustedOrigins'>; readonly reason: InDoubtReason },
): Decision | undefined {
  const { recover } = facts.profile;
  if (recover === undefined || record.state.target?.kind === 'recovery') return undefined;
  const location = recoveryUrl(recover, record.fixed, answer);
  const target = location && pointed(record, { kind: 'recovery', location }, facts);
  return target ? { next: 'recover', target: { ...target, reason } } : undefined;
}

/** Undefined where this client may not go there. */
export function pointed(
  { fixed, state }: OperationRecord,
  { kind, location }: { readonly kind: Target['kind']; readonly location: string },
  { trustedOrigins: trusted }: Pick<Facts, 'trustedOrigins'>,
): Target | undefined {
  const { url: own } = fixed.request;
  const url = allowedTarget(location, { kind, from: addressOf(fixed.request, state.target), own, trusted });
  return url === undefined ? undefined : { kind, url };
}

export function redirect(
  record: OperationRecord,
  to: { readonly kind: 'redirect' | 'result'; readonly location: string },
  facts: Facts,
  progress: Progress,
): Decision {
  const redirects = (record.state.redirects ?? 0) + 1;
  const target = pointed(record, to, facts);
  if (target === undefined || redirects > REDIRECTS) return doubt('redirect');
  return { next: 'again', wait: 0, waiting: 'sending', progress: { ...progress, redirects, polls: 0 }, target };
}

/** A monitor that is gone says nothing about the operation; the key still stands for it. Once. */
export function reask(record: OperationRecord, facts: Facts, progress: Progress): Decision {
  const wait = backoff(1, facts.fraction, facts.retry);
  if (record.state.reasked || !facts.repeatable || tooLate(record, wait, facts)) return doubt('monitor-lost');
  return { next: 'again', wait, waiting: 'accepted', progress: { ...progress, reasked: true }, target: null };
}

export function askAgain(record: OperationRecord, answer: Answer, facts: Facts, progress: Progress): Decision {
  const { target } = record.state;
  const endless = target?.kind === 'operation' || target?.kind === 'monitor';
  if (!endless && (progress.polls ?? 0) >= UNANSWERED) return doubt(target?.reason ?? 'redirect');
  return poll(record, answer, facts, progress);
}

/** The next question. Nothing but the deadline is too late for one: asking changes nothing. */
export function poll(record: OperationRecord, answer: Answer, facts: Facts, counted: Progress): Decision {
  const asked = askedWait(answer, facts);
  const ours = Math.max(SHORTEST_POLL, backoff((counted.polls ?? 0) + 1, facts.fraction, facts.retry));
  const wait = Math.max(asked ?? 0, ours);
  const progress = asked ? { ...counted, notBefore: facts.now + asked } : counted;
  const { deadline } = record.fixed;
  if (deadline !== undefined && facts.now + wait >= deadline) return doubt('deadline');
  const waiting = 'accepted';
  if (wait > LONGEST_WAIT) return { next: 'park', waiting, dueAt: facts.now + wait, progress };
  return { next: 'again', wait, waiting, progress };
}
