import type { ProfileData } from '../core/profile.ts';
import { type Answer, withHeaders } from './answer.ts';

/** What a page on another origin is allowed, and what it may read. */
export interface Cors {
  /** The answer to a preflight; undefined for any other request. */
  preflight(request: Request): Answer | undefined;
  allow(answer: Answer, request: Request): Answer;
}

/** Read by the client: without these a page sees neither how long to wait nor that an answer is a replay. */
const READ_BY_CLIENTS = [
  'date',
  'etag',
  'link',
  'location',
  'operation-location',
  'retry-after',
  'request-id',
  'stripe-should-retry',
];

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';

/** `origin` may be '*': then without credentials mode, as browsers demand. */
export function corsFor(origin: string, profile: ProfileData): Cors {
  const sent = headersSent(profile);
  const exposed = headersRead(profile);
  const common: Record<string, string> =
    origin === '*'
      ? { 'access-control-allow-origin': '*' }
      : { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true' };
  const admitted = (request: Request): boolean => origin === '*' || request.headers.get('origin') === origin;
  return {
    preflight(request) {
      const method = request.headers.get('access-control-request-method');
      if (request.method !== 'OPTIONS' || method === null) return undefined;
      const bare: Answer = { status: 204, headers: [], body: new Uint8Array() };
      if (!admitted(request)) return bare;
      // '*' would not cover Authorization.
      const asked = request.headers.get('access-control-request-headers') ?? '';
      return withHeaders(bare, {
        ...common,
        'access-control-allow-methods': METHODS,
        'access-control-allow-headers': [...sent, 'content-type', ...(asked === '' ? [] : [asked])].join(', '),
        'access-control-max-age': '600',
      });
    },
    allow(answer, request) {
      const varied: Answer =
        origin === '*' ? answer : { ...answer, headers: [...answer.headers, ['vary', 'origin'] as const] };
      if (!admitted(request)) return varied;
      return withHeaders(varied, { ...common, 'access-control-expose-headers': exposed.join(', ') });
    },
  };
}

/** What carries the key, and what goes with it. */
function headersSent({ carrier, firstSent, companions }: ProfileData): string[] {
  const names = [carrier.kind === 'header' ? carrier.name : undefined, firstSent, ...companions];
  return names.flatMap((name) => (name === undefined ? [] : [name.toLowerCase()]));
}

/** All that a page needs, whether or not the API itself exposes it. */
function headersRead(profile: ProfileData): string[] {
  const { replay, waitHeaders = [], answers, cors } = profile;
  const [key] = headersSent(profile);
  const names = [key, replay?.header, ...waitHeaders, ...Object.keys(answers.honoured ?? {}), ...cors.expose];
  const lower = names.flatMap((name) => (name === undefined ? [] : [name.toLowerCase()]));
  return [...new Set([...READ_BY_CLIENTS, ...lower])];
}
