import { withBodyKey } from '../core/body-key.ts';
import { keyHeader } from '../core/key-header.ts';
import type { ProfileData } from '../core/profile.ts';
import { encodeText } from '../core/text.ts';
import type { VerifyRequest } from './options.ts';

/** What stands where the key belongs. `raw`: header lines as they are, or, where the body carries the key, JSON texts. */
export type Carried =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'raw'; readonly values: readonly string[] };

/** One request, ready to be written to a socket. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  /** In order; a name may come twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

export interface OutgoingParts {
  readonly base: URL;
  readonly profile: ProfileData;
  readonly request: VerifyRequest;
  /** Instead of the request's JSON, written by the rules of JSON.stringify. */
  readonly text?: string;
  readonly carried: Carried;
  /** Of the first send, for APIs that want it. */
  readonly sentAt: number;
  readonly credentials: readonly (readonly [name: string, value: string])[];
}

export function outgoing({ base, profile, request, text, carried, sentAt, credentials }: OutgoingParts): Outgoing {
  const { carrier, firstSent } = profile;
  const url = new URL(`${base.href.replace(/\/+$/, '')}/${request.path.replace(/^\/+/, '')}`);
  const written = text ?? (request.json === undefined ? undefined : JSON.stringify(request.json));
  const headers: (readonly [string, string])[] = [['host', url.host], ...credentials];
  const body = written === undefined ? undefined : bodyWith(carried, carrier, encodeText(written));
  if (body !== undefined && !credentials.some(([name]) => name === 'content-type')) {
    headers.push(['content-type', 'application/json']);
  }
  if (!credentials.some(([name]) => name === 'accept')) headers.push(['accept', 'application/json']);
  headers.push(...keyLines(carried, carrier));
  if (firstSent !== undefined && carried.kind !== 'none') headers.push([firstSent, new Date(sentAt).toUTCString()]);
  headers.push(['content-length', `${body?.length ?? 0}`], ['connection', 'close']);
  return { method: request.method ?? 'POST', url, headers, body };
}

function keyLines(carried: Carried, carrier: ProfileData['carrier']): readonly (readonly [string, string])[] {
  if (carrier.kind !== 'header' || carried.kind === 'none') return [];
  if (carried.kind === 'raw') return carried.values.map((value) => [carrier.name, value] as const);
  return [keyHeader(carrier, carried.key) ?? [carrier.name, carried.key]];
}

function bodyWith(
  carried: Carried,
  carrier: ProfileData['carrier'],
  body: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  if (carrier.kind !== 'json-body' || carried.kind === 'none') return body;
  if (carried.kind === 'key') return withBodyKey(body, carrier.path, carried.key);
  const [value = 'null'] = carried.values;
  return encodeText(new TextDecoder().decode(body).replace('{', () => `{${JSON.stringify(carrier.path)}:${value},`));
}
