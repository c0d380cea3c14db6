import pRetry from 'p-retry';
import type { Answer } from './answer.ts';
import { type AttemptResult, attempt } from './attempt.ts';
import { beforeAttempt } from './before-attempt.ts';
import { type Credentials, credentialsFor, ownerNow } from './credentials.ts';
import { type Decision, decide } from './decide.ts';
import { recovery } from './decide-target.ts';
import { gate, type Refusal } from './gate.ts';
import { recordedHeaders } from './header-rules.ts';
import { type Observation, observe } from './observe.ts';
import { observeTarget } from './observe-target.ts';
import { mayGo, outgoing } from './outgoing.ts';
import { reconciled } from './reconcile.ts';
import type { OperationRecord, RecordedResponse, StatePart } from './record.ts';
import { endUnsent, enterDoubt, park, type Rest, storeIfStillOurs } from './rest.ts';
import { type Saved, save, stateNow, storeOutcome, withoutLargeBody, withoutMark } from './save.ts';
import type { Settings } from './settings.ts';
import { isQuestion, type Target } from './target.ts';
import type { AttemptInfo, InDoubtReason } from './types.ts';
import { type Driving, isRepeatable, lifetimeOf, type Work } from './work.ts';

/** A longer wait leaves the foreground. */
const LONGEST_WAIT = 60_000;

/** "The same again": the one thing p-retry retries. Everything else is a value, or a bug that ends the loop. */
class Again extends Error {
  readonly wait: number;
  constructor(wait: number) {
    super('again');
    this.wait = wait;
  }
}

/** The only loop with effects: attempts until the operation finishes, is in doubt, parks, or is no longer ours. */
export function drive(work: Work, driving: Driving): Promise<Rest> {
  return pRetry(() => turn(work, driving), {
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
  work.hurried = false;
  if (!driving.online()) {
    // A hint, never a refusal: virtual adapters and VPNs say offline too.
    work.waiting = 'offline';
    await driving.pause(driving.settings.retry.maxDelay);
    seen = false;
  }
  if (!seen && (await isChanged(work, driving))) return { kind: 'lost' };
  const { target } = work.record.state;
  if (!mayGo(work.record, driving.settings)) {
    return inDoubt(work, driving, { reason: isQuestion(target) ? 'monitor-lost' : 'redirect' });
  }
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

async function exchange(work: Work, driving: Driving, reason: AttemptInfo['reason']): Promise<Rest> {
  const { settings } = driving;
  const credentials = await credentialsFor(work, driving, reason);
  // The next look at the record tells which of its reasons it was.
  if (credentials.kind === 'stopped') throw new Again(0);
  if (credentials.kind === 'other-owner') return park(work, driving, { waiting: 'other-owner' });
  if (credentials.kind === 'failed') {
    // A token service that is down comes back by itself: look again as often as a parked retry does.
    const dueAt = settings.clock.now() + 10 * settings.retry.maxDelay;
    return park(work, driving, { waiting: 'credentials', dueAt, why: credentials.why });
  }
  work.waiting = 'sending';
  const first = !work.possible;
  const result = await sendOnce(work, driving, credentials);
  if (result.kind === 'refused') return refused(work, driving, result.refusal);
  const record = { ...work.record, state: { ...work.record.state, attempts: work.attempts } };
  const { observation, proved } = judged(record, result, { settings, first });
  // Of all answers only these leave "nothing possible before" as it was.
  work.possible = !(first && keepsEffect(observation));
  if (driving.stop.aborted && result.kind === 'failure') return { kind: 'closed' };
  const decision = decide(record, result, observation, {
    profile: settings.profile,
    lifetime: lifetimeOf(record, settings),
    retry: settings.retry,
    attemptTimeout: settings.attemptTimeout,
    now: settings.clock.now(),
    fraction: settings.random.fraction(),
    age: work.age(settings),
    possible: work.possible,
    repeatable: isRepeatable(record, settings),
    trustedOrigins: settings.trustedOrigins,
    canReauthorize: settings.authorize !== undefined && reason === 'attempt',
  });
  return carryOut(work, driving, { decision, response: recorded(result, driving), proved });
}

/** What the answer says, and whether it says the same whatever was sent before or beside it. */
function judged(
  record: OperationRecord,
  result: Answer,
  { settings, first }: { readonly settings: Settings; readonly first: boolean },
): { readonly observation: Observation; readonly proved: boolean } {
  const { profile } = settings;
  const { target } = record.state;
  if (target !== undefined && isQuestion(target)) {
    return { observation: observeTarget(result, target, profile), proved: true };
  }
  const context = {
    acceptsHtml: record.fixed.request.headers.some(([name, value]) => name === 'accept' && /text\/html/i.test(value)),
    accepted: record.fixed.accepted ?? profile.accepted,
  };
  const observation = observe(result, profile, { ...context, first });
  const proved = !first || observe(result, profile, { ...context, first: false }).means === observation.means;
  return { observation, proved };
}

function keepsEffect(observation: Observation): boolean {
  const { means } = observation;
  if (means === 'redirect') return observation.kind === 'redirect';
  return means === 'unauthorized' || (means === 'again' && observation.unchanged === true);
}

function sendOnce(
  work: Work,
  driving: Driving,
  credentials: Extract<Credentials, { kind: 'ready' }>,
): Promise<AttemptResult> {
  const { settings } = driving;
  const { request, keyHeaders, ownOrigin } = outgoing(work.record, settings);
  const question = isQuestion(work.record.state.target);
  return attempt({
    request,
    keyHeaders,
    credentialHeaders: ownOrigin ? credentials.headers : [],
    credentials: ownOrigin ? settings.credentials : 'omit',
    send: settings.send,
    clock: settings.clock,
    attemptTimeout: settings.attemptTimeout,
    stop: driving.stop,
    gate: () =>
      gate({
        record: work.record,
        closed: driving.closing.aborted,
        cancelled: work.cancelled && !work.possible,
        question,
        driving: work.current && driving.presence.holds(work.record.state.driver),
        owner: ownerNow(settings, credentials.owner),
        scope: settings.scope,
        now: settings.clock.now(),
        age: work.age(settings),
        attemptTimeout: settings.attemptTimeout,
        lifetime: lifetimeOf(work.record, settings),
      }),
    sent: () => {
      // A question has no effect, and no copy of one can arrive late.
      if (question) return;
      work.possible = true;
      work.attempts += 1;
      work.sentAt = settings.clock.now();
    },
  });
}

/** The gate said no: fetch was not called. */
function refused(work: Work, driving: Driving, refusal: Refusal): Promise<Rest> | Rest {
  switch (refusal) {
    case 'closed':
      return { kind: 'closed' };
    case 'driver':
      return { kind: 'lost' };
    case 'aborted':
      return endUnsent(work, driving);
    case 'other-owner':
    case 'other-scope':
      return park(work, driving, { waiting: refusal });
    case 'deadline':
      return work.possible ? inDoubt(work, driving, { reason: refusal }) : endUnsent(work, driving);
    case 'clock':
    case 'key-expired':
      return work.possible ? inDoubt(work, driving, { reason: refusal }) : markAgain(work, driving);
  }
}

interface Verdict {
  readonly decision: Decision;
  readonly response: RecordedResponse | undefined;
  /** The answer means the same whatever was sent before or beside it: it holds even if somebody else drives by now. */
  readonly proved: boolean;
}

async function carryOut(work: Work, driving: Driving, { decision, response, proved }: Verdict): Promise<Rest> {
  const now = driving.settings.clock.now();
  switch (decision.next) {
    case 'finish': {
      const { state, source, redirectedTo, withoutResponse } = decision;
      const { response: _, ...before } = stateNow(work, driving);
      const outcome: StatePart = {
        ...before,
        state,
        source,
        finishedAt: now,
        ...(response && !withoutResponse && { response }),
        ...(redirectedTo !== undefined && { redirectedTo }),
      };
      return proved ? storeOutcome(work, driving, outcome) : storeIfStillOurs(work, driving, outcome);
    }
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
    case 'reauthorize':
      return exchange(work, driving, 'unauthorized');
    case 'again':
      return again(work, driving, decision);
  }
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

/** The last word before "in doubt": what the profile can look up, then what the application knows. */
async function inDoubt(
  work: Work,
  driving: Driving,
  { reason, response }: { readonly reason: InDoubtReason; readonly response?: RecordedResponse | undefined },
): Promise<Rest> {
  const { profile, trustedOrigins } = driving.settings;
  // A deadline is the caller's word that it is not to be asked any longer.
  if (profile.recover?.when === 'doubt' && reason !== 'deadline') {
    const found = recovery(work.record, undefined, { facts: { profile, trustedOrigins }, reason });
    if (found?.next === 'recover') return goTo(work, driving, found.target, response);
  }
  const known = await reconciled(work, driving, reason);
  if (known?.state === 'succeeded') return storeOutcome(work, driving, known);
  if (known) return storeIfStillOurs(work, driving, known);
  return enterDoubt(work, driving, reason, response);
}

/** Of an operation that is in doubt already: asks the application once more. */
export async function reconsider(work: Work, driving: Driving): Promise<Rest> {
  const known = await reconciled(work, driving, work.record.state.reason ?? 'stuck');
  if (known?.state === 'succeeded') return storeOutcome(work, driving, known);
  if (known) return storeIfStillOurs(work, driving, known);
  return { kind: 'settled', record: work.record, persisted: true };
}

/** The clock went back, or the mark is too old, before anything was sent: the key has no age, so the mark is simply made anew. */
async function markAgain(work: Work, driving: Driving): Promise<Rest> {
  const saved = await save(work, driving, {
    ...withoutMark(stateNow(work, driving)),
    lastSeenAt: driving.settings.clock.now(),
  });
  if (saved.kind !== 'saved') return saved;
  throw new Again(0);
}

function recorded(answer: AttemptResult, { settings }: Driving): RecordedResponse | undefined {
  if (answer.kind !== 'response') return undefined;
  const { replay } = settings.profile;
  const further = new Set([...settings.storableHeaders, ...(replay ? [replay.header] : [])]);
  return {
    status: answer.status,
    headers: recordedHeaders(answer.headers, further),
    body: answer.body,
  };
}
