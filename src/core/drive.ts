import pRetry from 'p-retry';
import { type AttemptResult, attempt } from './attempt.ts';
import { beforeAttempt } from './before-attempt.ts';
import { type Credentials, credentialsFor, ownerNow } from './credentials.ts';
import { type Decision, decide } from './decide.ts';
import { gate, type Refusal } from './gate.ts';
import { recordedHeaders } from './header-rules.ts';
import { keyHeader } from './key-header.ts';
import { observe } from './observe.ts';
import type { RecordedResponse, StatePart } from './record.ts';
import { endUnsent, enterDoubt, park, type Rest, storeIfStillOurs } from './rest.ts';
import { type Saved, save, stateNow, storeOutcome, withoutMark } from './save.ts';
import type { AttemptInfo } from './types.ts';
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
      return enterDoubt(work, driving, before.reason);
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
  const context = {
    acceptsHtml: record.fixed.request.headers.some(([name, value]) => name === 'accept' && /text\/html/i.test(value)),
    accepted: record.fixed.accepted ?? settings.profile.accepted,
  };
  const observation = observe(result, settings.profile, { ...context, first });
  // Of all answers only a refusal of the credentials leaves "nothing possible before" as it was.
  work.possible = !(first && observation.means === 'unauthorized');
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
    canReauthorize: settings.authorize !== undefined && reason === 'attempt',
  });
  const proved = !first || observe(result, settings.profile, { ...context, first: false }).means === observation.means;
  return carryOut(work, driving, { decision, response: recorded(result, driving), proved });
}

function sendOnce(
  work: Work,
  driving: Driving,
  credentials: Extract<Credentials, { kind: 'ready' }>,
): Promise<AttemptResult> {
  const { settings } = driving;
  const { fixed } = work.record;
  return attempt({
    request: fixed.request,
    keyHeader: keyHeader(settings.profile.carrier, fixed.key),
    credentialHeaders: credentials.headers,
    credentials: settings.credentials,
    send: settings.send,
    clock: settings.clock,
    attemptTimeout: settings.attemptTimeout,
    stop: driving.stop,
    gate: () =>
      gate({
        record: work.record,
        closed: driving.closing.aborted,
        cancelled: work.cancelled && !work.possible,
        driving: work.current && driving.presence.holds(work.record.state.driver),
        owner: ownerNow(settings, credentials.owner),
        scope: settings.scope,
        now: settings.clock.now(),
        age: work.age(settings),
        attemptTimeout: settings.attemptTimeout,
        lifetime: lifetimeOf(work.record, settings),
      }),
    sent: () => {
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
      return work.possible ? enterDoubt(work, driving, refusal) : endUnsent(work, driving);
    case 'clock':
    case 'key-expired':
      return work.possible ? enterDoubt(work, driving, refusal) : markAgain(work, driving);
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
      const { state, source, redirectedTo } = decision;
      const outcome: StatePart = {
        ...stateNow(work, driving),
        state,
        source,
        finishedAt: now,
        ...(response && { response }),
        ...(redirectedTo !== undefined && { redirectedTo }),
      };
      return proved ? storeOutcome(work, driving, outcome) : storeIfStillOurs(work, driving, outcome);
    }
    case 'doubt':
      return enterDoubt(work, driving, decision.reason, response);
    case 'park':
      return park(work, driving, {
        ...decision.progress,
        waiting: decision.waiting,
        ...(decision.dueAt !== undefined && { dueAt: decision.dueAt }),
      });
    case 'reauthorize':
      return exchange(work, driving, 'unauthorized');
    case 'again': {
      work.waiting = decision.waiting;
      const state: StatePart = {
        ...stateNow(work, driving),
        ...decision.progress,
        waiting: decision.waiting,
        dueAt: now + decision.wait,
      };
      const saved = await save(work, driving, state, { relaxed: true });
      // Progress is a convenience for the next process: where it cannot be stored, this one goes on with the same key.
      if (saved.kind === 'failed') work.record = { ...work.record, state };
      if (saved.kind === 'lost') return { kind: 'lost' };
      throw new Again(decision.wait);
    }
  }
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
