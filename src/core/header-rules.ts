import { UsageError } from './errors/usage-error.ts';

/** Request headers that may be frozen and stored: they say what is asked for, and hold no secret. */
const STORABLE_REQUEST: ReadonlySet<string> = new Set(['accept', 'accept-language', 'content-type', 'prefer']);

/** Response headers that may be stored. `set-cookie` never. */
const STORABLE_RESPONSE: ReadonlySet<string> = new Set([
  'content-type',
  'content-language',
  'date',
  'etag',
  'last-modified',
  'location',
  'content-location',
  'retry-after',
  'link',
  'operation-location',
  'azure-asyncoperation',
  'request-id',
  'x-request-id',
  'x-correlation-id',
]);

/** What `authorize` may set. Everything else belongs to the frozen request: a header that changes between attempts changes what the key stands for. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'api-key',
  'x-auth-token',
  'x-access-token',
  'x-csrf-token',
  'x-xsrf-token',
  'csrf-token',
  'dpop',
  'signature',
  'signature-input',
  'content-digest',
  'x-amz-date',
  'x-amz-security-token',
]);

/** Written by the transport. Browsers drop them silently, Node fails every attempt on most of them: refused before anything is stored. */
const TRANSPORT: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Depends on the frozen bytes alone: a caller may compute it once, or `authorize` each time. */
const DIGEST = 'content-digest';

/** Query names that hold credentials: a URL is stored and logged. */
const SECRET_QUERY: ReadonlySet<string> = new Set([
  'access_token',
  'api_key',
  'apikey',
  'token',
  'sig',
  'signature',
  'password',
]);

type Headers = readonly (readonly [string, string])[];

/** The caller's headers, lower-case and sorted, if all of them may be stored.
 *  @throws UsageError naming the header, never its value */
export function storableHeaders(given: HeadersInit | undefined, further: ReadonlySet<string>): Headers {
  const pairs = readHeaders(given, 'headers');
  for (const [name] of pairs) {
    const credential = CREDENTIALS.has(name) && name !== DIGEST;
    if (STORABLE_REQUEST.has(name) || (further.has(name) && !credential)) continue;
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_OPTION',
      credential
        ? `The header ${name} is a credential, and headers are stored. Return it from authorize, which is asked at every attempt and never stored.`
        : `The header ${name} would be stored, and it is not known to be free of secrets. Credentials belong in authorize; if it holds none, name it in safeHeaders.`,
    );
  }
  return pairs;
}

/** What `authorize` returned, if it may set all of it. @throws UsageError naming the header, never its value */
export function credentialHeaders(given: HeadersInit, further: ReadonlySet<string>): Headers {
  const pairs = readHeaders(given, 'what authorize returned');
  for (const [name] of pairs) {
    if (CREDENTIALS.has(name) || further.has(name)) continue;
    throw new UsageError(
      'ERR_ONCEWARD_INVALID_OPTION',
      `authorize may set credentials only, and ${name} is not known as one. Put it into headers, or name it in authorizeHeaders.`,
    );
  }
  return pairs;
}

/** The allow-listed headers of a response. */
export function recordedHeaders(headers: Headers, further: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(
    headers.filter(([name]) => (STORABLE_RESPONSE.has(name) || further.has(name)) && name !== 'set-cookie'),
  );
}

/** @throws UsageError where the URL holds a credential; names the place, never the value */
export function refuseSecretsInUrl(url: URL): void {
  const names = url.search === '' ? [] : [...url.searchParams.keys()];
  const secret = names.find((name) => SECRET_QUERY.has(name.toLowerCase()));
  if (url.username === '' && url.password === '' && secret === undefined) return;
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    `The URL holds ${secret === undefined ? 'a user name or password' : `the query parameter ${secret}`}, and URLs are stored. Send credentials as a header from authorize.`,
  );
}

/** What nobody may set, wherever it is allowed by name: two keys, or a second content length, are worse than none. */
function refuseOurs(name: string): void {
  if (name !== 'idempotency-key' && !TRANSPORT.has(name)) return;
  throw new UsageError(
    'ERR_ONCEWARD_INVALID_OPTION',
    name === 'idempotency-key'
      ? 'The header idempotency-key is set by the client, once per round. For a key of your own use the option key.'
      : `The header ${name} belongs to the transport, which writes it itself. Leave it out.`,
  );
}

/** Lower-case pairs in order of name. A platform's own error would print the value, so it is not passed on. */
function readHeaders(given: HeadersInit | undefined, what: string): Headers {
  if (given === undefined) return [];
  let pairs: Headers;
  try {
    // msw's Headers keeps the array it is given and writes into it: hand it a copy.
    const copy = Array.isArray(given) ? given.map((pair) => [...pair] as [string, string]) : given;
    pairs = [...new Headers(copy)];
  } catch {
    throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `${what}: a name or value is not valid in HTTP.`);
  }
  for (const [name] of pairs) refuseOurs(name);
  return pairs;
}
