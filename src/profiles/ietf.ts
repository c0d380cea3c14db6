import { milliseconds } from '../core/duration.ts';
import { UsageError } from '../core/errors/usage-error.ts';
import type { Accepted, Match, Profile, ProfileData } from '../core/profile.ts';
import type { Duration } from '../core/types.ts';
import { type Allowed, checkOptions } from './check-options.ts';
import { profileOf } from './profile.ts';

export interface IetfOptions {
  /** How long the server keeps a key, as its documentation says. */
  keyLifetime: Duration;
  /** What a 202 means: poll the address it names, ask again with the same key, or the final answer. @default 'reask' */
  accepted?: Accepted;
  /** Problem type (a URI) with which this server says "this key belongs to another payload". @default none: recognised by the draft's title */
  mismatchType?: string;
  /** 'final' for APIs that use 409 for their own refusals and mark "in progress" by problem type or Retry-After. @default 'in-progress' */
  conflict?: 'in-progress' | 'final';
  /** This server keeps 4xx under the key, so a 4xx proves a rejection even after a lost answer. @default false */
  storesClientErrors?: boolean;
  /** 'sf-string' sends the key in quotes, as the draft words it; no deployed server was found that wants them. @default 'raw' */
  encoding?: 'raw' | 'sf-string';
}

const OPTIONS: Readonly<Record<keyof IetfOptions, Allowed>> = {
  keyLifetime: () => true,
  accepted: ['monitor', 'reask', 'final'],
  mismatchType: (value) => typeof value === 'string',
  conflict: ['in-progress', 'final'],
  storesClientErrors: [true, false],
  encoding: ['raw', 'sf-string'],
};

/** The generic list of design: what no proxy or gateway is known to say in an API's stead. */
const REJECTIONS = [400, 402, 404, 405, 410, 413, 415, 422];

const PROBLEM = 'application/problem+json';

/** The generic profile: `Idempotency-Key` as in draft-ietf-httpapi-idempotency-key-header, an expired draft and the nearest thing to a standard.
 *  It leaves the lifetime to each server, so it has to be said: no default is safe for a server nobody has read about.
 *
 *  @example createClient({ baseUrl, profile: ietf({ keyLifetime: '24h' }) })
 */
export function ietf(options: IetfOptions): Profile {
  if (options?.keyLifetime === undefined) {
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_OPTION',
      "ietf() needs keyLifetime: how long the server remembers a key. Its documentation says so; ietf({ keyLifetime: '24h' }) is common.",
    );
  }
  checkOptions('ietf()', options, OPTIONS);
  const ms = milliseconds(options.keyLifetime, 'keyLifetime');
  const keeps = options.storesClientErrors ? 'yes' : 'unknown';
  const titled = (title: string): Match => ({
    header: { name: 'content-type', includes: PROBLEM },
    json: { path: 'title', equals: title },
  });
  const mismatch: Match[] = [titled('Idempotency-Key is already used')];
  if (options.mismatchType !== undefined) mismatch.push({ json: { path: 'type', equals: options.mismatchType } });
  return profileOf({
    name: 'ietf',
    carrier: { kind: 'header', name: 'Idempotency-Key', encoding: options.encoding ?? 'raw' },
    key: { limit: 255 },
    // The draft speaks of POST and PATCH; choosing this profile is the caller's word for the others.
    routes: { 'POST /**': 'yes', 'PUT /**': 'yes', 'PATCH /**': 'yes', 'DELETE /**': 'yes' },
    lifetime: { kind: 'fixed', ms },
    accepted: options.accepted ?? 'reask',
    replay: { header: 'idempotent-replayed', equals: 'true' },
    required: 'yes',
    stores: { success: 'yes', clientErrors: keeps, serverErrors: 'unknown', validation: keeps },
    rejections: { first: REJECTIONS, later: options.storesClientErrors ? REJECTIONS : [] },
    conflict: options.conflict ?? 'in-progress',
    companions: [],
    cors: {
      callable: 'unknown',
      expose: ['Retry-After', 'Link', 'Location', 'Operation-Location', 'Idempotent-Replayed'],
    },
    rules: [
      { when: { status: 400, ...titled('Idempotency-Key is missing') }, context: 'first', means: 'rejected' },
      {
        when: { status: 400, ...titled('Idempotency-Key is missing') },
        context: 'later',
        means: { doubt: 'not-repeatable' },
      },
      { when: { status: 422, any: mismatch }, means: { doubt: 'key-mismatch' } },
      {
        when: {
          status: 409,
          any: [
            { header: { name: 'content-type', includes: PROBLEM } },
            { header: { name: 'link', includes: 'describedby' } },
            { header: { name: 'retry-after' } },
          ],
        },
        means: 'in-progress',
      },
    ],
    answers: answersOf(options.mismatchType),
  });
}

/** How a server of the draft says it: what the mock answers with. */
function answersOf(type = 'https://api.example.test/problems/idempotency'): ProfileData['answers'] {
  return {
    inProgress: {
      status: 409,
      headers: { 'content-type': PROBLEM, 'retry-after': '1' },
      body: '{"type":"https://api.example.test/problems/idempotency","title":"A request is outstanding for this Idempotency-Key","status":409,"detail":"The first request with this key has not finished."}',
    },
    mismatch: {
      status: 422,
      headers: { 'content-type': PROBLEM },
      body: `{"type":${JSON.stringify(type)},"title":"Idempotency-Key is already used","status":422,"detail":"This key belongs to a request with another payload."}`,
    },
    missingKey: {
      status: 400,
      headers: { 'content-type': PROBLEM },
      body: '{"type":"https://api.example.test/problems/idempotency","title":"Idempotency-Key is missing","status":400,"detail":"This operation needs an Idempotency-Key."}',
    },
  };
}
