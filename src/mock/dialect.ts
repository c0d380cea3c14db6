import { milliseconds } from '../core/duration.ts';
import type { ExampleAnswer, Profile } from '../core/profile.ts';
import type { Duration } from '../core/types.ts';
import { type Answer, problemAnswer, textAnswer, withHeaders } from './answer.ts';
import { matchRoute, type RoutePattern, routePattern } from './route-pattern.ts';
import { SAFE_METHODS } from './routes.ts';

/** A profile as a server speaks it. */
export interface Dialect {
  /** The request header that carries the key. */
  readonly keyHeader: string;
  readonly keyLimit: number;
  /** Milliseconds; Infinity for ever. */
  readonly lifetime: number;
  /** Whether the key is looked at here, and whether it has to be there. */
  honours(method: string, path: string): 'required' | 'optional' | 'ignored';
  /** Whether an outcome is what the key stands for from now on. */
  keeps(status: number): boolean;
  replay(stored: Answer): Answer;
  inProgress(key: string): Answer;
  mismatch(key: string): Answer;
  missingKey(): Answer;
  malformedKey(why: string): Answer;
}

/** Refusals by what stands before the operation: credentials, limits, the connection. Kept under a key they would bar it for good, and Stripe,
 *  which keeps nearly everything, documents that it does not keep them (docs.stripe.com/error-low-level). */
const BEFORE_THE_OPERATION: ReadonlySet<number> = new Set([401, 407, 408, 425, 429]);

const problem = (status: number, title: string): ExampleAnswer => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: JSON.stringify({ type: 'about:blank', title, status }),
});

/** Where an API publishes none. */
const IN_PROGRESS: ExampleAnswer = problem(409, 'The first request with this key has not finished');
const MISMATCH: ExampleAnswer = problem(422, 'This key belongs to another request');
const MISSING: ExampleAnswer = problem(400, 'An idempotency key is needed here');

/** What a server is taken to do that publishes no lifetime: the shortest published one of fifty APIs. */
const UNPUBLISHED = 300_000;

export function dialectOf({ data }: Profile, keyLifetime: Duration | undefined): Dialect {
  const routes = Object.entries(data.routes).map(([text, honoured]) => ({
    pattern: routePattern(text),
    honoured: typeof honoured === 'string' ? honoured : honoured.honoured,
  }));
  const { replay, stores, answers } = data;
  return {
    keyHeader: data.carrier.kind === 'header' ? data.carrier.name : '',
    keyLimit: data.key.limit,
    lifetime: lifetimeOf(data.lifetime, keyLifetime),
    honours(method, path) {
      if (SAFE_METHODS.has(method)) return 'ignored';
      const honoured = honouredAt(routes, method, path);
      if (honoured === 'no') return 'ignored';
      return honoured === 'yes' && data.required === 'yes' ? 'required' : 'optional';
    },
    keeps(status) {
      if (BEFORE_THE_OPERATION.has(status)) return false;
      if (status >= 500) return stores.serverErrors === 'yes';
      return status >= 400 ? stores.clientErrors === 'yes' : true;
    },
    replay: (stored) => (replay === undefined ? stored : withHeaders(stored, { [replay.header]: replay.equals })),
    inProgress: (key) => spoken(answers.inProgress ?? IN_PROGRESS, key),
    mismatch: (key) => spoken(answers.mismatch ?? MISMATCH, key),
    missingKey: () => spoken(answers.missingKey ?? MISSING, ''),
    malformedKey: (why) => problemAnswer(400, 'Idempotency-Key is malformed', why),
  };
}

function honouredAt(
  routes: readonly { readonly pattern: RoutePattern; readonly honoured: 'yes' | 'no' | 'unknown' }[],
  method: string,
  path: string,
): 'yes' | 'no' | 'unknown' {
  return routes.find(({ pattern }) => matchRoute(pattern, method, path) !== undefined)?.honoured ?? 'unknown';
}

function lifetimeOf(lifetime: Profile['data']['lifetime'], override: Duration | undefined): number {
  if (override !== undefined) return milliseconds(override, 'keyLifetime');
  if ('ms' in lifetime) return lifetime.ms;
  return lifetime.kind === 'forever' ? Number.POSITIVE_INFINITY : UNPUBLISHED;
}

function spoken(example: ExampleAnswer, key: string): Answer {
  const withKey = (text: string): string => text.replaceAll('<key>', () => key);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(example.headers)) headers[name] = withKey(value);
  return textAnswer(example.status, headers, withKey(example.body));
}
