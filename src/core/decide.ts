import type { Answer } from './answer.ts';
import { backoff } from './backoff.ts';
import { askAgain, at, doubt, pointed, poll, reask, recovery, redirect } from './decide-target.ts';
import { askedWait, LONGEST_WAIT, tooLate } from './due.ts';
import { digestOf } from './fingerprint.ts';
import type { Observation } from './observe.ts';
import type { ProfileData } from './profile.ts';
import type { OperationRecord, StatePart } from './record.ts';
import { isQuestion, type Target } from './target.ts';
import type { InDoubtReason, Source, Waiting } from './types.ts';

/** What to do next. */
export type Decision =
  | {
      readonly next: 'finish';
      readonly state: 'succeeded' | 'rejected';
      readonly source: Source;
      readonly redirectedTo?: string;
      /** The answer is not the result: it is kept without one. */
      readonly withoutResponse?: true;
    }
  | { readonly next: 'doubt'; readonly reason: InDoubtReason }
  /** Given up, and nothing happened. */
  | { readonly next: 'unsent' }
  /** Read the resource that proves it; if that proves nothing, in doubt for the target's reason. */
  | { readonly next: 'recover'; readonly target: Target }
  /** The same again in the foreground, after `wait` ms. */
  | {
      readonly next: 'again';
      readonly wait: number;
      readonly waiting: Waiting;
      readonly progress: Progress;
      /** Somewhere else from now on; null: at the request's own address again. Absent: where it went last. */
      readonly target?: Target | null;
    }
  /** Leave the foreground until a time, or until a condition changes. */
  | {
      readonly next: 'park';
      readonly waiting: Waiting;
      readonly dueAt?: number;
      readonly progress: Progress;
      readonly target?: Target;
    }
  /** Ask `authorize` for other credentials and send at once. */
  | { readonly next: 'reauthorize' };

/** What later decisions need: counters, and until when the server has asked for silence. */
export type Progress = Pick<
  StatePart,
  'streak' | 'unreadable' | 'inProgressSince' | 'notBefore' | 'polls' | 'redirects' | 'reasked' | 'progress'
>;

export interface Facts {
  readonly profile: ProfileData;
  /** How long the server remembers the key on this route, in milliseconds. */
  readonly lifetime: number;
  readonly retry: { readonly limit: number; readonly baseDelay: number; readonly maxDelay: number };
  readonly attemptTimeout: number;
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly fraction: number;
  /** Age of the key, 0 where nothing was possible. */
  readonly age: number;
  /** After this answer something is possible. */
  readonly possible: boolean;
  /** The API honours the key on this route, and the caller allows repeating. */
  readonly repeatable: boolean;
  /** Further https origins that may be asked. */
  readonly trustedOrigins: ReadonlySet<string>;
  /** `authorize` exists and has not been asked twice for this attempt. */
  readonly canReauthorize: boolean;
}

const EQUAL_SERVER_ERRORS = 8;
const UNREADABLE_ANSWERS = 8;
const IN_PROGRESS_LIMIT = 120_000;
const IN_PROGRESS_DELAY = 10_000;
/** Parked retries are due every so many times the longest backoff. */
const PARKED_FACTOR = 10;

/** The next step, from the record, what the answer means, and the facts of the moment. `record.state.attempts` counts this attempt too. */
export function decide(record: OperationRecord, answer: Answer, observation: Observation, facts: Facts): Decision {
  const progress = progressed(record, answer, observation, facts.now);
  switch (observation.means) {
    case 'success':
      return { next: 'finish', state: 'succeeded', source: observation.source };
    case 'rejection': {
      const { source, redirectedTo } = observation;
      return { next: 'finish', state: 'rejected', source, ...(redirectedTo !== undefined && { redirectedTo }) };
    }
    case 'done':
      return { next: 'finish', state: 'succeeded', source: 'recovered', withoutResponse: true };
    case 'doubt':
      return { next: 'doubt', reason: observation.reason };
    case 'recover':
      return recovery(record, answer, { facts, reason: 'unproved-rejection' }) ?? doubt('unproved-rejection');
    case 'redirect':
      return redirect(record, observation, facts, progress);
    case 'running': {
      const { target } = record.state;
      const next = poll(record, answer, facts, progress);
      return target?.kind === 'result' ? at({ ...target, kind: 'monitor' }, next) : next;
    }
    case 'lost':
      return reask(record, facts, progress);
    case 'unauthorized':
      return facts.canReauthorize ? { next: 'reauthorize' } : { next: 'park', waiting: 'credentials', progress };
    case 'unparsable':
      if (progress.streak?.count === 2) return { next: 'finish', state: 'succeeded', source: 'network' };
      break;
    case 'accepted': {
      const target = observation.monitor && pointed(record, observation.monitor, facts);
      if (target) return at(target, poll(record, answer, facts, { ...progress, polls: 0 }));
      if (observation.repeats && progress.streak?.count === 2)
        return { next: 'finish', state: 'succeeded', source: 'network' };
      break;
    }
    case 'server-error':
      if ((progress.streak?.count ?? 0) >= EQUAL_SERVER_ERRORS) return { next: 'doubt', reason: 'stored-error' };
      break;
    case 'in-progress':
      if (facts.now - (progress.inProgressSince ?? facts.now) >= IN_PROGRESS_LIMIT) {
        return { next: 'doubt', reason: observation.named ? 'stuck' : 'unproved-rejection' };
      }
      break;
  }
  if ((progress.unreadable ?? 0) >= UNREADABLE_ANSWERS) return doubt('unreadable-response');
  if (isQuestion(record.state.target)) return askAgain(record, answer, facts, progress);
  return waitAndRepeat(record, answer, { observation, facts, progress });
}

function waitAndRepeat(
  record: OperationRecord,
  answer: Answer,
  {
    observation,
    facts,
    progress: counted,
  }: { readonly observation: Observation; readonly facts: Facts; readonly progress: Progress },
): Decision {
  if (!facts.repeatable) return { next: 'doubt', reason: 'not-repeatable' };
  const asked = askedWait(answer, facts);
  const inProgress = observation.means === 'in-progress';
  const { attempts } = record.state;
  const limits = inProgress
    ? { ...facts.retry, maxDelay: Math.min(facts.retry.maxDelay, IN_PROGRESS_DELAY) }
    : facts.retry;
  const background = !inProgress && attempts >= facts.retry.limit;
  const ours = background ? PARKED_FACTOR * facts.retry.maxDelay : backoff(attempts, facts.fraction, limits);
  // Never less than the server asked for.
  const wait = Math.max(asked ?? 0, ours);
  const progress = asked ? { ...counted, notBefore: facts.now + asked } : counted;
  const waiting = waitingFor(observation, asked !== undefined && asked >= ours);
  const late = tooLate(record, wait, facts);
  if (late) return facts.possible ? { next: 'doubt', reason: late } : { next: 'unsent' };
  if (background || wait > LONGEST_WAIT) return { next: 'park', waiting, dueAt: facts.now + wait, progress };
  return { next: 'again', wait, waiting, progress };
}

function waitingFor(observation: Observation, asked: boolean): Waiting {
  if (observation.means === 'in-progress') return 'in-progress';
  if (observation.means === 'accepted') return 'accepted';
  return asked ? 'retry-after' : 'backoff';
}

/** Runs of equal or unreadable answers; any other answer ends them. A failure is no answer: it ends nothing. */
function progressed(
  { state, fixed }: OperationRecord,
  answer: Answer,
  observation: Observation,
  now: number,
): Progress {
  const { means } = observation;
  const polls = isQuestion(state.target) ? { polls: (state.polls ?? 0) + 1 } : {};
  if (answer.kind === 'failure') {
    const { streak, unreadable, inProgressSince } = state;
    return {
      ...polls,
      ...(streak && { streak }),
      ...(unreadable !== undefined && { unreadable }),
      ...(inProgressSince !== undefined && { inProgressSince }),
    };
  }
  const counted = means === 'server-error' || means === 'unparsable' || means === 'accepted';
  const digest = counted ? digestOf(answer.status, answer.body, fixed.salt) : undefined;
  return {
    ...polls,
    ...(means === 'running' && { progress: observation.progress }),
    ...(digest !== undefined && {
      streak: { digest, count: state.streak?.digest === digest ? state.streak.count + 1 : 1 },
    }),
    ...((means === 'unreadable' || means === 'unparsable') && { unreadable: (state.unreadable ?? 0) + 1 }),
    ...(means === 'in-progress' && { inProgressSince: state.inProgressSince ?? now }),
  };
}
