import type { Profile } from '../../../src/core/profile.ts';

/** A POST with a key where this API carries it, as a careful hand would write it.
 *
 *  @param key null: without one
 *  @param sentAt what goes out as the time of the first send, where the API wants one
 */
export function carry({ data }: Profile, key: string | null, json: object, sentAt: number): RequestInit {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const { carrier, firstSent } = data;
  if (key === null) return { method: 'POST', headers, body: JSON.stringify(json) };
  if (firstSent !== undefined) headers[firstSent] = new Date(sentAt).toUTCString();
  if (carrier.kind === 'json-body') {
    return { method: 'POST', headers, body: JSON.stringify({ [carrier.path]: key, ...json }) };
  }
  headers[carrier.name] = carrier.encoding === 'sf-string' ? `"${key}"` : key;
  return { method: 'POST', headers, body: JSON.stringify(json) };
}
