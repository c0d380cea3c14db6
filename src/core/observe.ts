import { type Answer, headerOf, isJson, jsonOf, mediaType, type ResponseAnswer } from './answer.ts';
import { matchRule } from './match-rule.ts';
import type { Accepted, Meaning, ProfileData } from './profile.ts';
import type { InDoubtReason, Source } from './types.ts';

/** What an answer means. The effect of each, for the fold: success `done`, rejection `none`, unauthorized unchanged, all others `possible`. */
export type Observation =
  | { readonly means: 'success'; readonly source: Source }
  | { readonly means: 'rejection'; readonly source: Source; readonly redirectedTo?: string }
  /** Ask again with the same key. */
  | { readonly means: 'again'; readonly because: 'failure' | 'unavailable' }
  /** 500: eight equal ones in a row are a stored error without a marker. */
  | { readonly means: 'server-error' }
  /** The first request with this key has not finished. `named`: the server said so, else it is our reading of a 409. */
  | { readonly means: 'in-progress'; readonly named: boolean }
  /** 202 to be asked again. `final` where the same bytes once more are the answer. */
  | { readonly means: 'accepted'; readonly repeats: boolean }
  /** A 2xx that proves nothing: HTML nobody asked for, 206, 207. */
  | { readonly means: 'unreadable' }
  /** A 2xx whose JSON does not parse: cut short, or really so; the same bytes once more are the answer. */
  | { readonly means: 'unparsable' }
  | { readonly means: 'unauthorized' }
  | { readonly means: 'doubt'; readonly reason: InDoubtReason };

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
  unchanged: () => ({ means: 'again', because: 'unavailable' }),
  done: (source) => ({ means: 'success', source }),
  recover: () => ({ means: 'doubt', reason: 'unproved-rejection' }),
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
  if (answer.status === 202 && accepted === 'reask' && source !== 'replay') {
    // A 202 that points somewhere or names a wait says "not yet" however often it is repeated.
    const unfinished = ['location', 'operation-location', 'azure-asyncoperation', 'retry-after'].some(
      (name) => headerOf(answer, name) !== undefined,
    );
    return { means: 'accepted', repeats: !unfinished };
  }
  return { means: 'success', source };
}

/** 301 and 302 turn POST into GET and are not followed; a browser shows no redirect at all (status 0). */
function observeRedirect(answer: ResponseAnswer, { first }: ObserveContext): Observation {
  const to = headerOf(answer, 'location');
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
