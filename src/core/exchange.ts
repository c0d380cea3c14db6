import { Again } from './again.ts';
import type { Answer } from './answer.ts';
import { type AttemptResult, attempt } from './attempt.ts';
import { carryOut, inDoubt } from './carry-out.ts';
import { type Credentials, credentialsFor, ownerNow } from './credentials.ts';
import { decide } from './decide.ts';
import { gate, type Refusal } from './gate.ts';
import { recordedHeaders } from './header-rules.ts';
import { type Observation, observe } from './observe.ts';
import { observeTarget } from './observe-target.ts';
import { outgoing } from './outgoing.ts';
import type { OperationRecord, RecordedResponse } from './record.ts';
import { endUnsent, park, type Rest } from './rest.ts';
import { save, stateNow, withoutMark } from './save.ts';
import type { Settings } from './settings.ts';
import { isQuestion } from './target.ts';
import type { AttemptInfo } from './types.ts';
import { type Driving, isRepeatable, lifetimeOf, type Work } from './work.ts';

/** The server was well enough to do something about the request: there is room for other retries. */
const DEALT_WITH: ReadonlySet<Observation['means']> = new Set([
  'success',
  'done',
  'recover',
  'rejection',
  'accepted',
  'redirect',
]);

/** One exchange with the server: credentials, the gate, the request, what the answer means, and what is done about it. */
export async function exchange(work: Work, driving: Driving, reason: AttemptInfo['reason']): Promise<Rest> {
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
  work.timedOut = result.kind === 'failure' && result.code === 'TIMEOUT';
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
  if (decision.next === 'reauthorize') return exchange(work, driving, 'unauthorized');
  const question = isQuestion(record.state.target);
  work.leave(DEALT_WITH.has(observation.means) && !question ? 'answered' : 'failed');
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
    return { observation: observeTarget(result, target, profile, record.fixed.key), proved: true };
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
    limits: driving.limits,
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
      // From here on by the monotonic clock too: the wall clock may be set back while we wait for the answer.
      work.age(settings);
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
  const further = replay ? new Set([...settings.storableHeaders, replay.header]) : settings.storableHeaders;
  return {
    status: answer.status,
    headers: recordedHeaders(answer.headers, further),
    body: answer.body,
  };
}
