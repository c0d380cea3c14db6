import type { ProfileData } from '../core/profile.ts';
import type { Json } from '../core/types.ts';
import type { HeaderValues } from './at-hand.ts';
import { type KeyReading, malformed, readKey } from './idempotency-key.ts';

/** What of a request can carry a key. */
export interface Carried {
  readonly headers: HeaderValues;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly json: Json;
}

type JsonObject = { readonly [name: string]: Json };

/** A structured field string (RFC 8941 3.3.3). Keys hold nothing that would need an escape. */
const SF_STRING = /^"([^"\\]*)"$/;

/** The key where this API carries it, and the time of the first send where it wants that, too.
 *
 *  @param keyLimit of the route
 */
export function keyIn(request: Carried, { carrier, key, firstSent }: ProfileData, keyLimit: number): KeyReading {
  const carried = carriedIn(request, carrier);
  if (typeof carried === 'object' && carried !== null) return malformed(carried.why);
  const reading = readKey(carried, { limit: keyLimit, uuidOnly: key.uuidOnly ?? false });
  if (reading.kind !== 'key' || firstSent === undefined) return reading;
  const sentAt = httpDate(request.headers.get(firstSent));
  return sentAt === undefined
    ? malformed(`${firstSent} is missing, or is not a date like Sun, 06 Nov 1994 08:49:37 GMT.`)
    : { ...reading, firstSent: sentAt };
}

/** What of the body two requests with one key are compared by: all of it, without the key itself. */
export function comparedBody(request: Carried, { carrier }: ProfileData): Uint8Array {
  const object = carrier.kind === 'json-body' ? jsonObject(request) : undefined;
  if (carrier.kind !== 'json-body' || object === undefined) return request.body;
  const { [carrier.path]: _, ...rest } = object;
  return new TextEncoder().encode(JSON.stringify(rest));
}

function carriedIn(request: Carried, carrier: ProfileData['carrier']): string | null | { readonly why: string } {
  if (carrier.kind === 'json-body') {
    const object = jsonObject(request);
    if (object === undefined || !Object.hasOwn(object, carrier.path)) return null;
    const value = object[carrier.path];
    return typeof value === 'string' ? value : { why: `${carrier.path} is not a string.` };
  }
  const value = request.headers.get(carrier.name);
  if (carrier.encoding !== 'sf-string' || value === null) return value;
  return SF_STRING.exec(value)?.[1] ?? { why: 'The key is not in quotes, as a structured field string is.' };
}

function jsonObject({ headers, json }: Carried): JsonObject | undefined {
  if (!(headers.get('content-type') ?? '').includes('json')) return undefined;
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : undefined;
}

/** Only the form that is still to be written (IMF-fixdate, RFC 9110 5.6.7). */
function httpDate(value: string | null): number | undefined {
  const at = Date.parse(value ?? '');
  return !Number.isNaN(at) && new Date(at).toUTCString() === value ? at : undefined;
}
