import { type Answer, headerOf, isJson, jsonOf, mediaType, type ResponseAnswer } from './answer.ts';
import { matchRule } from './match-rule.ts';
import type { Accepted, Meaning, ProfileData } from './profile.ts';
import type { StatePart } from './record.ts';
import type { Target } from './target.ts';
import type { InDoubtReason, Source } from './types.ts';

/** What an answer means. The effect of each, for the fold: success and done `done`, rejection `none`; unauthorized, a redirect to follow and an
 *  `unchanged` leave what was known; all others `possible`. */
export type Observation =
  | { readonly means: 'success'; readonly source: Source }
  | { readonly means: 'rejection'; readonly source: Source; readonly redirectedTo?: string }
  /** Ask again with the same key. */
  | { readonly means: 'again'; readonly because: 'failure' | 'unavailable'; readonly unchanged?: true }
  /** 500: eight equal ones in a row are a stored error without a marker. */
  | { readonly means: 'server-error' }
  /** The first request with this key has not finished. `named`: the server said so, else it is our reading of a 409. */
  | { readonly means: 'in-progress'; readonly named: boolean }
  /** 202: poll the monitor where there is one, else ask again. `repeats`: the same bytes once more are the answer. */
  | { readonly means: 'accepted'; readonly repeats: boolean; readonly monitor?: Pointed<'operation' | 'monitor'> }
  /** Go on at another address: the same request (307, 308), or GET for its result (303). */
  | ({ readonly means: 'redirect' } & Pointed<'redirect' | 'result'>)
  /** A monitor: not at its end. */
  | { readonly means: 'running'; readonly progress: NonNullable<StatePart['progress']> }
  /** A monitor that is gone. */
  | { readonly means: 'lost' }
  /** It has happened; this answer is not its result. */
  | { readonly means: 'done' }
  /** It has happened before, and the profile says where its result can be read. */
  | { readonly means: 'recover' }
  /** A 2xx that proves nothing: HTML nobody asked for, 206, 207. */
  | { readonly means: 'unreadable' }
  /** A 2xx whose JSON does not parse: cut short, or really so; the same bytes once more are the answer. */
  | { readonly means: 'unparsable' }
  | { readonly means: 'unauthorized' }
  | { readonly means: 'doubt'; readonly reason: InDoubtReason };

interface Pointed<Kind extends Target['kind']> {
  readonly kind: Kind;
  /** As the server wrote it. */
  readonly location: string;
}

export interface ObserveContext {
  /** Nothing was possible before this attempt: private knowledge of the run that made the first one. */
  readonly first: boolean;
  /** The frozen request asked for HTML. */
  readonly acceptsHtml: boolean;
  readonly accepted: Accepted;
}

/** What the answer says about the operation: the profile's rules first, then the generic table (design section 5). */
export function observe(answer: Answer, profile: ProfileData, context: ObserveContext): Observation {
  if (answer.kind === 'failure') return { means: 'again', because: 'failure' };
  const source: Source = isReplay(answer, profile) ? 'replay' : 'network';
  const meaning = matchRule(answer, profile, context.first ? 'first' : 'later');
  if (typeof meaning === 'object') return { means: 'doubt', reason: meaning.doubt };
  if (meaning !== undefined) return NAMED[meaning](source);
  if (answer.status >= 200 && answer.status < 300) return observeSuccess(answer, source, context);
  if (answer.status < 400) return observeRedirect(answer, context);
  if (answer.status === 401 || answer.status === 407) return { means: 'unauthorized' };
  return answer.status < 500
    ? observeClientError(answer, source, { profile, context })
    : observeServerError(answer.status, source);
}

const NAMED: Readonly<Record<Exclude<Meaning, object>, (source: Source) => Observation>> = {
  'in-progress': () => ({ means: 'in-progress', named: true }),
  retry: () => ({ means: 'again', because: 'unavailable' }),
  rejected: (source) => ({ means: 'rejection', source }),
  unchanged: () => ({ means: 'again', because: 'unavailable', unchanged: true }),
  done: () => ({ means: 'done' }),
  recover: () => ({ means: 'recover' }),
};

/** The marker's value is tested, not its presence: servers are known to send `false` on a first execution. */
function isReplay(answer: ResponseAnswer, { replay }: ProfileData): boolean {
  return replay !== undefined && headerOf(answer, replay.header)?.toLowerCase() === replay.equals;
}

function observeSuccess(
  answer: ResponseAnswer,
  source: Source,
  { acceptsHtml, accepted }: ObserveContext,
): Observation {
  const type = mediaType(answer);
  if (answer.status === 206 || answer.status === 207) return { means: 'unreadable' };
  if (type === 'text/html' && !acceptsHtml) return { means: 'unreadable' };
  if (isJson(type) && answer.body.length > 0 && jsonOf(answer) === undefined) return { means: 'unparsable' };
  if (answer.status === 202 && accepted !== 'final') return observeAccepted(answer, source, accepted);
  return { means: 'success', source };
}

/** The first that is there counts. Azure-AsyncOperation is the older name of Operation-Location. */
const MONITOR_HEADERS = [
  ['operation-location', 'operation'],
  ['azure-asyncoperation', 'operation'],
  ['location', 'monitor'],
] as const;

function observeAccepted(answer: ResponseAnswer, source: Source, accepted: 'monitor' | 'reask'): Observation {
  const pointed = MONITOR_HEADERS.flatMap(([name, kind]) => {
    const location = headerOf(answer, name);
    return location === undefined ? [] : [{ kind, location }];
  });
  const [monitor] = pointed;
  if (accepted === 'monitor' && monitor) return { means: 'accepted', repeats: false, monitor };
  if (source === 'replay') return { means: 'success', source };
  // A 202 that points somewhere or names a wait says "not yet" however often it is repeated.
  return { means: 'accepted', repeats: pointed.length === 0 && headerOf(answer, 'retry-after') === undefined };
}

/** 307 and 308 keep method and body; 303 points to the result. 301 and 302 turn POST into GET in every client and are not followed; a browser shows
 *  no redirect at all (status 0). */
function observeRedirect(answer: ResponseAnswer, { first }: ObserveContext): Observation {
  const to = headerOf(answer, 'location');
  if (to !== undefined && (answer.status === 307 || answer.status === 308)) {
    return { means: 'redirect', kind: 'redirect', location: to };
  }
  if (to !== undefined && answer.status === 303) return { means: 'redirect', kind: 'result', location: to };
  if (first && to !== undefined && (answer.status === 301 || answer.status === 302)) {
    return { means: 'rejection', source: 'network', redirectedTo: to };
  }
  return { means: 'doubt', reason: 'redirect' };
}

function observeClientError(
  answer: ResponseAnswer,
  source: Source,
  { profile, context }: { readonly profile: ProfileData; readonly context: ObserveContext },
): Observation {
  const { status } = answer;
  if (status === 408 || status === 421 || status === 425 || status === 429) {
    // Kept under the key, it cannot change; and no timeout or overload proves that nothing happened.
    return source === 'replay'
      ? { means: 'doubt', reason: 'stored-error' }
      : { means: 'again', because: 'unavailable' };
  }
  if (source === 'replay') {
    return profile.stores.clientErrors === 'yes'
      ? { means: 'rejection', source }
      : { means: 'doubt', reason: 'unproved-rejection' };
  }
  const final = status === 409 && profile.conflict === 'final';
  if (status === 409 && !final) return { means: 'in-progress', named: false };
  const listed = (final || profile.rejections.first.includes(status)) && mediaType(answer) !== 'text/html';
  if (listed && (context.first || profile.rejections.later.includes(status))) return { means: 'rejection', source };
  return { means: 'doubt', reason: 'unproved-rejection' };
}

function observeServerError(status: number, source: Source): Observation {
  if (source === 'replay') return { means: 'doubt', reason: 'stored-error' };
  if (status === 501) return { means: 'doubt', reason: 'not-repeatable' };
  return status === 500 ? { means: 'server-error' } : { means: 'again', because: 'unavailable' };
}
