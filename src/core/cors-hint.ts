import type { ProfileData } from './profile.ts';

/** What this run knows of another origin: a browser hides from a page whether it was refused by CORS rules or found no server. */
export interface Reach {
  /** It has answered this page, so its CORS headers are right at least for some requests. */
  readonly answered: boolean;
  /** Failures so quick that no network was waited for. */
  readonly quickFailures: number;
}

/** How one request to it ended. */
export type Ended =
  | { readonly kind: 'answered' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly ms: number; readonly online: boolean };

/** A refused preflight comes back within this time; a dead network mostly takes longer. */
const QUICK = 1_000;
/** One failure may be chance. */
const ENOUGH = 2;

export const UNKNOWN_REACH: Reach = { answered: false, quickFailures: 0 };

export function noted(reach: Reach, ended: Ended): Reach {
  if (ended.kind === 'answered') return { ...reach, answered: true };
  const quick = ended.online && ended.ms < QUICK && isTypeError(ended.error);
  return quick ? { ...reach, quickFailures: reach.quickFailures + 1 } : reach;
}

/** Whether missing CORS headers are the likely reason that nothing is ever answered. */
export function looksLikeCors({ answered, quickFailures }: Reach): boolean {
  return !answered && quickFailures >= ENOUGH;
}

/** By name: frames have a TypeError of their own each. */
function isTypeError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { name?: unknown }).name === 'TypeError';
}

export interface CorsFacts {
  /** The page's origin. */
  readonly page: string;
  /** The server's. */
  readonly origin: string;
  readonly method: string;
  /** Of the request as it went out. */
  readonly headerNames: readonly string[];
  /** Cookies were to go along. */
  readonly withCookies: boolean;
  readonly profile: Pick<ProfileData, 'carrier' | 'cors' | 'replay' | 'waitHeaders'>;
}

/** Any server takes these from a page.
 *  @see https://fetch.spec.whatwg.org/#cors-safelisted-request-header */
const NEED_NO_PERMISSION: ReadonlySet<string> = new Set(['accept', 'accept-language', 'content-language']);

/** What the server must send, line by line. Names only: no value of a header. */
export function corsHint({ page, origin, method, headerNames, withCookies, profile }: CorsFacts): string {
  const { carrier, cors, replay, waitHeaders = [] } = profile;
  const allowed = headerNames.filter((name) => !NEED_NO_PERMISSION.has(name.toLowerCase()));
  const key = carrier.kind === 'header' ? [carrier.name] : [];
  const exposed = [...cors.expose, ...(replay ? [replay.header] : []), ...waitHeaders, 'Retry-After'];
  const lines = [
    `Access-Control-Allow-Origin: ${page}`,
    `Access-Control-Allow-Headers: ${list([...key, ...allowed])}`,
    `Access-Control-Allow-Methods: ${method}`,
    `Access-Control-Expose-Headers: ${list(exposed)}`,
    ...(withCookies ? ['Access-Control-Allow-Credentials: true'] : []),
  ];
  const told = `${origin} has not answered this page once: its requests fail at once. If that server is running, it does not allow pages of ${page} to send them, and the browser hides every answer.`;
  if (cors.callable === 'no') return `${told} This API does not allow pages at all: call it from your own server.`;
  return `${told} It must answer OPTIONS with status 204, and every request with these headers:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** Each name once, written the way people write header names. */
function list(names: readonly string[]): string {
  const written = new Map<string, string>();
  for (const name of names) {
    const lower = name.toLowerCase();
    if (!written.has(lower)) written.set(lower, name === lower ? capitalised(name) : name);
  }
  return [...written.values()].join(', ');
}

function capitalised(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}
