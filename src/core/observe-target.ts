import { type Answer, headerOf, isJson, jsonOf, mediaType, type ResponseAnswer } from './answer.ts';
import { matches, members } from './match-rule.ts';
import type { Observation } from './observe.ts';
import type { ProfileData } from './profile.ts';
import type { Target } from './target.ts';
import type { Json } from './types.ts';

/** Where the status of an operation stands in a monitor's answer: Azure's guidelines, AIP-151-like APIs, ARM. */
const STATUS_PATHS = ['status', 'provisioningState', 'properties.provisioningState', 'state'];

const SUCCEEDED = new Set(['succeeded', 'success', 'successful', 'completed', 'complete', 'done', 'finished']);
const FAILED = new Set(['failed', 'failure', 'canceled', 'cancelled', 'error', 'errored', 'rejected']);
const RUNNING = new Set([
  'running',
  'pending',
  'queued',
  'notstarted',
  'not_started',
  'accepted',
  'processing',
  'inprogress',
  'in_progress',
  'in progress',
  'started',
  'waiting',
  'creating',
  'updating',
]);

const PERCENT_PATHS = ['percentComplete', 'percent_complete', 'percent', 'progress'];

/** What a monitor tells beside its status is kept up to this size: it is read by screens. */
const LARGEST_PROGRESS = 4096;

/** What the answer to a question says about the operation: a monitor, the result of a 303, or the resource that proves it (design section 5).
 *
 *  @param key the operation's own, for a resource that names it
 */
export function observeTarget(answer: Answer, target: Target, profile: ProfileData, key = ''): Observation {
  if (answer.kind === 'failure') return { means: 'again', because: 'failure' };
  const { status } = answer;
  if (status === 401 || status === 407) return { means: 'unauthorized' };
  if (status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501)) {
    return { means: 'again', because: 'unavailable' };
  }
  if (target.kind === 'recovery') return observeRecovery(answer, target, { profile, key });
  if (status >= 200 && status < 300) {
    if (isUnreadable(answer)) return { means: 'unreadable' };
    // A 202 is no result: what the 303 pointed to is a monitor.
    return target.kind === 'result' && status !== 202
      ? { means: 'success', source: 'network' }
      : observeStatus(answer, target, profile);
  }
  const location = headerOf(answer, 'location');
  if (status === 303 && location !== undefined) return { means: 'redirect', kind: 'result', location };
  if (target.kind === 'result') return { means: 'doubt', reason: 'redirect' };
  return status === 404 || status === 410 ? { means: 'lost' } : { means: 'doubt', reason: 'monitor-lost' };
}

function observeRecovery(
  answer: ResponseAnswer,
  target: Target,
  { profile, key }: { readonly profile: ProfileData; readonly key: string },
): Observation {
  const { recover } = profile;
  const json = jsonOf(answer);
  const proved =
    recover !== undefined &&
    !isUnreadable(answer) &&
    matches(recover.accept, answer, json) &&
    (recover.keyAt === undefined || members(json, recover.keyAt).includes(key));
  return proved
    ? { means: 'success', source: 'recovered' }
    : { means: 'doubt', reason: target.reason ?? 'unproved-rejection' };
}

/** 202 or a running status: wait. A terminal one, or an answer of 200 that has none: finished. */
function observeStatus(answer: ResponseAnswer, target: Target, profile: ProfileData): Observation {
  const json = jsonOf(answer);
  const word = STATUS_PATHS.flatMap((path) => members(json, path)).find((value) => typeof value === 'string');
  const status = typeof word === 'string' ? word.toLowerCase() : undefined;
  if (status !== undefined && FAILED.has(status)) {
    return profile.monitorFailure === 'rejected'
      ? { means: 'rejection', source: 'network' }
      : { means: 'doubt', reason: 'unproved-rejection' };
  }
  const succeeded = status !== undefined && SUCCEEDED.has(status);
  // A word nobody knows: an operation resource is not at its end (Azure's guidelines); what Location points to may be the result itself.
  const unknown = status === undefined ? answer.status === 202 : target.kind === 'operation' || RUNNING.has(status);
  if (!succeeded && (answer.status === 202 || unknown)) return { means: 'running', progress: progressOf(json, answer) };
  return { means: 'success', source: 'network' };
}

function progressOf(json: unknown, { body }: ResponseAnswer): { readonly percent?: number; readonly data?: Json } {
  const percent = PERCENT_PATHS.flatMap((path) => members(json, path)).find(
    (value) => typeof value === 'number' && value >= 0 && value <= 100,
  );
  return {
    ...(typeof percent === 'number' && { percent }),
    ...(json !== undefined && body.length <= LARGEST_PROGRESS && { data: json as Json }),
  };
}

/** A captive portal's page, part of an answer, or one cut short. Nobody asks a monitor for HTML. */
function isUnreadable(answer: ResponseAnswer): boolean {
  const type = mediaType(answer);
  if (answer.status === 206 || answer.status === 207 || type === 'text/html') return true;
  return isJson(type) && answer.body.length > 0 && jsonOf(answer) === undefined;
}
