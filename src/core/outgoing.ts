import { withBodyKey } from './body-key.ts';
import { keyHeader } from './key-header.ts';
import type { OperationRecord, StoredRequest } from './record.ts';
import { honoursKey } from './route.ts';
import type { Settings } from './settings.ts';
import { allowedTarget, isQuestion } from './target.ts';

type Headers = readonly (readonly [string, string])[];

/** What goes out, apart from credentials. */
export interface Outgoing {
  readonly request: StoredRequest;
  /** The key and what is stored with it. */
  readonly keyHeaders: Headers;
  /** The operation's own origin: credentials go nowhere else. */
  readonly ownOrigin: boolean;
}

/** Preferences, which any origin may see. */
const ANYWHERE: ReadonlySet<string> = new Set(['accept', 'accept-language']);

/** The next exchange as the record describes it: a pure function of it, so that every attempt of a round sends the same (I4). */
export function outgoing({ fixed, state }: OperationRecord, { profile }: Pick<Settings, 'profile'>): Outgoing {
  const { request, key } = fixed;
  const { target } = state;
  const url = target?.url ?? request.url;
  const ownOrigin = url === request.url || new URL(url).origin === new URL(request.url).origin;
  if (isQuestion(target)) {
    const headers = request.headers.filter(([name]) => (ownOrigin ? name !== 'content-type' : ANYWHERE.has(name)));
    return { request: { method: 'GET', url, headers }, keyHeaders: [], ownOrigin };
  }
  const { carrier, firstSent } = profile;
  const header = keyHeader(carrier, key);
  const body =
    carrier.kind === 'json-body' && request.body && honoursKey(profile, request.method, request.url) !== 'no'
      ? withBodyKey(request.body, carrier.path, key)
      : request.body;
  return {
    request: { ...request, url, ...(body && { body }) },
    keyHeaders: [
      ...(header ? [header] : []),
      // The time of the dispatch mark: durable before the first byte, and gone only with the mark, where nothing can have happened. Then the server's
      // window begins anew, as the key's age does.
      ...(firstSent === undefined ? [] : [[firstSent, new Date(state.dispatchedAt ?? 0).toUTCString()] as const]),
    ],
    ownOrigin,
  };
}

/** Whether this client may still go where the record points: a restart may trust fewer origins, and a journal is only a file. */
export function mayGo(
  { fixed, state }: OperationRecord,
  { trustedOrigins }: Pick<Settings, 'trustedOrigins'>,
): boolean {
  const { target } = state;
  if (target === undefined) return true;
  const { url: own } = fixed.request;
  return allowedTarget(target.url, { kind: target.kind, from: own, own, trusted: trustedOrigins }) !== undefined;
}
