import { v5 } from 'uuid';
import { milliseconds } from './duration.ts';
import { UsageError } from './errors/usage-error.ts';
import type { Journal } from './journal.ts';
import { keyLifetime, keyMargin } from './key-age.ts';
import type { Clock, Platform, Random, UuidV5 } from './ports.ts';
import type { Profile, ProfileData } from './profile.ts';
import type { AttemptInfo, ClientOptions } from './types.ts';

/** What one platform and its entry file bring along. */
export interface Surroundings extends Platform {
  /** The platform's fetch, looked up when it is called: a page or a test may replace it. */
  readonly send: typeof globalThis.fetch;
  /** The journal where none is configured; undefined: it must be said. */
  readonly defaultJournal: (() => Journal) | undefined;
  /** What relative URLs are resolved against where there is no baseUrl: the page's address in browsers. */
  base(): string | undefined;
}

/** ClientOptions with every default filled in. */
export interface Settings {
  readonly name: string;
  readonly baseUrl: URL | undefined;
  readonly profile: ProfileData;
  readonly owner: () => string | undefined | Promise<string | undefined>;
  readonly scope: string | undefined;
  readonly headers: HeadersInit | undefined;
  readonly authorize: ((info: AttemptInfo) => HeadersInit | Promise<HeadersInit>) | undefined;
  readonly authorizeHeaders: ReadonlySet<string>;
  readonly storableHeaders: ReadonlySet<string>;
  readonly credentials: RequestCredentials;
  readonly send: typeof globalThis.fetch;
  readonly attemptTimeout: number;
  readonly waitTimeout: number;
  readonly retry: { readonly limit: number; readonly baseDelay: number; readonly maxDelay: number };
  readonly concurrency: number;
  readonly trustedOrigins: ReadonlySet<string>;
  readonly reconcile: ClientOptions['reconcile'];
  readonly throwHttpErrors: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly uuidV5: UuidV5;
}

type Known = { readonly [Name in keyof Required<ClientOptions>]: true };

/** Every option of createClient; the type makes sure that the list is whole. */
const KNOWN: Known = {
  baseUrl: true,
  profile: true,
  name: true,
  owner: true,
  scope: true,
  journal: true,
  headers: true,
  authorize: true,
  authorizeHeaders: true,
  safeHeaders: true,
  credentials: true,
  fetch: true,
  attemptTimeout: true,
  waitTimeout: true,
  retry: true,
  concurrency: true,
  trustedOrigins: true,
  reconcile: true,
  throwHttpErrors: true,
  clock: true,
  random: true,
  locks: true,
};

/** What people type who know another client. */
const HINTS: Readonly<Record<string, string>> = {
  timeout: 'attemptTimeout limits one attempt, waitTimeout how long a promise waits',
  prefix: 'use baseUrl, which resolves as new URL(url, baseUrl) does',
  prefixUrl: 'use baseUrl, which resolves as new URL(url, baseUrl) does',
  hooks: 'authorize supplies credentials; nothing may change the bytes between attempts',
  retries: 'use retry: { limit }',
  principal: 'use owner',
};

/** @throws UsageError for unknown options and wrong values. Never for a missing piece: that is for the first call, or ready(). */
export function resolveSettings(options: ClientOptions, platform: Surroundings): Settings {
  refuseUnknown('createClient', options, KNOWN, HINTS);
  refuseMistyped(options);
  const profile = profileData(options.profile);
  const baseUrl = absolute(options.baseUrl, platform.base());
  const { owner } = options;
  const lower = (names: readonly string[] = []) => new Set(names.map((name) => name.toLowerCase()));
  const settings: Settings = {
    name: options.name ?? `${baseUrl ? baseUrl.origin + baseUrl.pathname : ''} ${profile.name}`,
    baseUrl,
    profile,
    owner: typeof owner === 'function' ? owner : () => owner ?? platform.defaultOwner,
    scope: options.scope,
    headers: options.headers,
    authorize: options.authorize,
    authorizeHeaders: lower(options.authorizeHeaders),
    storableHeaders: new Set([...lower(options.safeHeaders), ...profile.companions]),
    credentials: options.credentials ?? 'same-origin',
    send: options.fetch ?? platform.send,
    attemptTimeout: aboveZero(milliseconds(options.attemptTimeout ?? 30_000, 'attemptTimeout'), 'attemptTimeout'),
    waitTimeout: milliseconds(options.waitTimeout ?? 60_000, 'waitTimeout', { infinity: true }),
    retry: resolveRetry(options.retry),
    concurrency: wholeFrom1(options.concurrency ?? 4, 'concurrency counts attempts at once'),
    trustedOrigins: new Set((options.trustedOrigins ?? []).map(trustedOrigin)),
    reconcile: options.reconcile,
    throwHttpErrors: options.throwHttpErrors ?? true,
    clock: options.clock ?? platform.clock,
    random: options.random ?? platform.random,
    uuidV5: platform.uuidV5 ?? v5,
  };
  refuseShortLifetime(settings);
  return settings;
}

/** Options that are not ours are refused, with the name of what was probably meant. */
export function refuseUnknown(
  where: string,
  given: object,
  known: object,
  hints: Readonly<Record<string, string>>,
): void {
  const name = Object.keys(given).find((key) => !Object.hasOwn(known, key));
  if (name === undefined) return;
  const hint = Object.hasOwn(hints, name) ? `: ${hints[name]}` : `. Known: ${Object.keys(known).join(', ')}`;
  throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `${where} knows no option ${name}${hint}.`);
}

/** What would otherwise fail at every attempt, after the claim: then nobody could say that nothing was sent. */
function refuseMistyped(options: ClientOptions): void {
  const { authorize, fetch, headers, journal, credentials, name, scope, reconcile } = options;
  const wrong =
    (isOther('function', authorize) && 'authorize must be a function that returns headers') ||
    (typeof headers === 'function' &&
      'headers are frozen into every operation, so they cannot be a function; what changes between attempts comes from authorize') ||
    (isOther('function', reconcile) && 'reconcile must be a function that returns a verdict') ||
    (isOther('function', fetch) && 'fetch must be a function') ||
    (isOther('function', journal?.claim ?? journal) && 'journal must be a Journal, such as fileJournal(directory)') ||
    (isOther('string', name) && 'name must be a text') ||
    (isOther('string', scope) && 'scope must be a text') ||
    (credentials !== undefined &&
      !['omit', 'same-origin', 'include'].includes(credentials) &&
      "credentials must be 'omit', 'same-origin' or 'include'");
  if (wrong !== false) throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `${wrong}.`);
}

/** What a URL says of itself is not asked: only what was named here is trusted, and only over TLS. */
function trustedOrigin(given: string): string {
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  if (url?.protocol === 'https:' && url.username === '' && url.pathname === '/' && url.search === '') return url.origin;
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    "trustedOrigins holds https origins, like 'https://status.example.com', without path or query.",
  );
}

function isOther(type: string, value: unknown): boolean {
  return value !== undefined && typeof value !== type;
}

function profileData(profile: Profile | undefined): ProfileData {
  if (profile?.data?.carrier) return profile.data;
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    "createClient needs a profile: what the server does with idempotency keys. The generic one wants the lifetime it documents: profile: ietf({ keyLifetime: '24h' }), from 'onceward/profiles'.",
  );
}

function absolute(given: string | URL | undefined, page: string | undefined): URL | undefined {
  if (given === undefined && page === undefined) return undefined;
  try {
    return new URL(given ?? '', page);
  } catch {
    throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', 'baseUrl must be an absolute URL.');
  }
}

function resolveRetry(given: ClientOptions['retry'] = {}): Settings['retry'] {
  const limit = wholeFrom1(given.limit ?? 8, 'retry.limit counts attempts, the first included');
  refuseUnknown('retry', given, { limit: true, baseDelay: true, maxDelay: true }, {});
  return {
    limit,
    baseDelay: milliseconds(given.baseDelay ?? 500, 'retry.baseDelay'),
    // Parked retries are due every ten times this: at 0 they would follow each other without a pause.
    maxDelay: aboveZero(milliseconds(given.maxDelay ?? 30_000, 'retry.maxDelay'), 'retry.maxDelay'),
  };
}

function wholeFrom1(count: number, what: string): number {
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `${what}: a whole number from 1.`);
}

function aboveZero(ms: number, what: string): number {
  if (ms > 0) return ms;
  throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `${what} must be more than 0.`);
}

function refuseShortLifetime({ profile, attemptTimeout }: Settings): void {
  const routes = Object.values(profile.routes).map((route) => (typeof route === 'string' ? undefined : route.lifetime));
  const lifetime = Math.min(...[profile.lifetime, ...routes].map((one) => (one ? keyLifetime(one) : Infinity)));
  if (lifetime > keyMargin(lifetime) + attemptTimeout) return;
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    `The key lifetime of ${lifetime} ms leaves no time for an attempt: a margin of ${keyMargin(lifetime)} ms and attemptTimeout (${attemptTimeout} ms) are more. Nothing could be sent safely.`,
  );
}
