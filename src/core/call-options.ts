import { validate } from 'uuid';
import { requireBodyForKey } from './body-key.ts';
import { milliseconds } from './duration.ts';
import { UsageError } from './errors/usage-error.ts';
import { freezeRequest } from './frozen-request.ts';
import type { FrozenCall } from './new-record.ts';
import { operationName } from './operation-id.ts';
import type { ProfileData } from './profile.ts';
import type { StoredRequest } from './record.ts';
import { KEY_PATTERN } from './record-schema.ts';
import { routeFacts } from './route.ts';
import { refuseUnknown, type Settings } from './settings.ts';
import { encodeText } from './text.ts';
import { anonymous, type CallOptions, type Json } from './types.ts';

type Known = { readonly [Name in keyof Required<CallOptions>]: true };

const KNOWN: Known = {
  once: true,
  json: true,
  body: true,
  searchParams: true,
  headers: true,
  key: true,
  meta: true,
  signal: true,
  waitTimeout: true,
  deadline: true,
  retryRejected: true,
  fingerprint: true,
  accepted: true,
  throwHttpErrors: true,
};

/** What people type who know another client. */
const HINTS: Readonly<Record<string, string>> = {
  timeout:
    'attemptTimeout of createClient limits one attempt, waitTimeout how long this promise waits, deadline the operation',
  retry: "retrying is the client's: set retry in createClient",
  hooks: 'nothing may change the bytes between attempts; credentials come from authorize of createClient',
  prefix: 'use baseUrl in createClient',
  prefixUrl: 'use baseUrl in createClient',
  idempotencyKey: 'use key for a key of your own, once to name the intent',
  operation: 'use once',
  operationId: 'use once',
};

const TYPES: readonly (readonly [name: keyof CallOptions, wanted: string, is: (value: unknown) => boolean])[] = [
  ['fingerprint', 'a text', (value) => typeof value === 'string'],
  ['retryRejected', 'true or false', (value) => typeof value === 'boolean'],
  ['throwHttpErrors', 'true or false', (value) => typeof value === 'boolean'],
  ['signal', 'an AbortSignal', (value) => typeof (value as AbortSignal | null)?.addEventListener === 'function'],
];

const LARGEST_META = 4096;

/** A call whose options are right: what is stored of it, and how its caller waits. */
export interface PreparedCall {
  readonly id: string;
  readonly freeze: () => Promise<Omit<FrozenCall, 'owner'>>;
  readonly signal: AbortSignal | undefined;
  readonly waitTimeout: number;
  readonly retryRejected: boolean;
  readonly throwHttpErrors: boolean;
}

/** Checks and copies the options, synchronously: what is done to them afterwards changes nothing.
 *  @throws UsageError; then nothing was stored or sent */
export function prepareCall(
  { method, url }: { readonly method: string; readonly url: string | URL },
  options: CallOptions,
  settings: Settings,
  newName: () => string,
): PreparedCall {
  if (typeof options !== 'object' || options === null) operationName(undefined);
  refuseUnknown('The call', options, KNOWN, HINTS);
  refuseMistyped(options);
  const isAnonymous = options.once === anonymous;
  const id = options.once === anonymous ? newName() : operationName(options.once);
  const meta = checkedMeta(options.meta);
  const deadline = checkedDeadline(options.deadline);
  const key = checkedKey(options.key);
  const accepted = checkedAccepted(options.accepted);
  const frozen = freezeRequest({
    method,
    url,
    options,
    baseUrl: settings.baseUrl,
    headers: settings.headers,
    storable: settings.storableHeaders,
  });
  const { fingerprint } = options;
  return {
    id,
    freeze: () =>
      frozen().then((request) => ({
        id,
        request: forProfile(request, key, settings.profile),
        key,
        meta,
        deadline,
        accepted,
        fingerprint,
        anonymous: isAnonymous,
      })),
    signal: options.signal,
    waitTimeout:
      options.waitTimeout === undefined
        ? settings.waitTimeout
        : milliseconds(options.waitTimeout, 'waitTimeout', { infinity: true }),
    retryRejected: options.retryRejected ?? false,
    throwHttpErrors: options.throwHttpErrors ?? settings.throwHttpErrors,
  };
}

/** A wrong type here would show only once the request is out, or not at all: `retryRejected: 'no'` would be a yes. */
function refuseMistyped(options: CallOptions): void {
  for (const [name, wanted, is] of TYPES) {
    if (options[name] === undefined || is(options[name])) continue;
    throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `${name} must be ${wanted}.`);
  }
}

/** What the API asks of the request and of a handed-in key on this route. @throws UsageError */
function forProfile(request: StoredRequest, key: string | undefined, profile: ProfileData): StoredRequest {
  const { honoured, keyLimit: limit } = routeFacts(profile, request.method, request.url);
  // A route that is known not to take the key may have any body.
  if (profile.carrier.kind === 'json-body' && honoured !== 'no') requireBodyForKey(request, profile.carrier.path);
  const uuid = profile.key.uuidOnly === true;
  if (key === undefined || (key.length <= limit && (!uuid || validate(key)))) return request;
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    uuid ? 'key: this API takes UUIDs only.' : `key: this API takes at most ${limit} characters here.`,
  );
}

function checkedMeta(meta: Json | undefined): Json | undefined {
  if (meta === undefined) return undefined;
  let text: string | undefined;
  try {
    text = JSON.stringify(meta);
  } catch {
    text = undefined;
  }
  if (text === undefined) throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', 'meta cannot be written as JSON.');
  if (encodeText(text).length > LARGEST_META) {
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_OPTION',
      `meta is larger than ${LARGEST_META} bytes: keep an id and look the rest up.`,
    );
  }
  return JSON.parse(text) as Json;
}

function checkedDeadline(deadline: Date | undefined): number | undefined {
  if (deadline === undefined) return undefined;
  const time = deadline instanceof Date ? deadline.getTime() : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    'deadline must be a Date: the moment at which the operation itself gives up.',
  );
}

function checkedKey(key: string | undefined): string | undefined {
  if (key === undefined) return undefined;
  if (typeof key === 'string' && KEY_PATTERN.test(key)) return key;
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    `key must be 1 to 255 visible ASCII characters without quote and backslash: anything else does not reach every server unchanged.`,
  );
}

function checkedAccepted(accepted: CallOptions['accepted']): CallOptions['accepted'] {
  if (accepted === undefined || ['monitor', 'reask', 'final'].includes(accepted)) return accepted;
  throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', "accepted says what a 202 means: 'monitor', 'reask' or 'final'.");
}
