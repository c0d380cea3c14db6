import type { StoredRequest } from './record.ts';
import type { InDoubtReason } from './types.ts';

/** Where the next exchange goes, when that is not the frozen request's own address. Stored before it is used, so that a restart goes on there.
 *
 *  | kind | exchange |
 *  |---|---|
 *  | `operation`, `monitor` | GET, no key: the status of an accepted operation. `operation` came in Operation-Location or Azure-AsyncOperation, whose answers always name a status; `monitor` in Location |
 *  | `result` | GET, no key: the result a 303 pointed to |
 *  | `recovery` | GET, no key: the resource whose existence proves that it happened |
 *  | `redirect` | the frozen request itself, key and bytes, at another address of the same origin (307, 308) |
 */
export interface Target {
  readonly kind: 'operation' | 'monitor' | 'result' | 'recovery' | 'redirect';
  /** As it came, made absolute: it may be a capability, and is never shown. */
  readonly url: string;
  /** Of a recovery: what the operation is in doubt for if it proves nothing. */
  readonly reason?: InDoubtReason;
}

/** Asks, and changes nothing: neither the key's age nor the route says anything against it. */
export function isQuestion(target: Target | undefined): boolean {
  return target !== undefined && target.kind !== 'redirect';
}

/** The absolute address, if this client may go there: its own origin, or for questions an https origin it was told to trust. Never with a user name or
 *  password: those would be sent as credentials.
 *
 *  @param location as the server wrote it, relative to `from`
 */
export function allowedTarget(
  location: string | undefined,
  { kind, from, own, trusted }: { kind: Target['kind']; from: string; own: string; trusted: ReadonlySet<string> },
): string | undefined {
  if (location === undefined || !URL.canParse(location, from)) return undefined;
  const url = new URL(location, from);
  if (url.username !== '' || url.password !== '') return undefined;
  const same = url.origin === new URL(own).origin;
  const elsewhere = kind !== 'redirect' && url.protocol === 'https:' && trusted.has(url.origin);
  return same || elsewhere ? url.href : undefined;
}

/** The address the last exchange went to. */
export function addressOf(request: Pick<StoredRequest, 'url'>, target: Target | undefined): string {
  return target?.url ?? request.url;
}
