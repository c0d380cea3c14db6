import type { ProfileData } from './profile.ts';

/** The header that carries the key; undefined where the body does. Keys hold neither quote nor backslash, so nothing in one needs an escape in a
 *  structured field string (RFC 8941 3.3.3). */
export function keyHeader(
  carrier: ProfileData['carrier'],
  key: string,
): readonly [name: string, value: string] | undefined {
  if (carrier.kind !== 'header') return undefined;
  return [carrier.name, carrier.encoding === 'sf-string' ? `"${key}"` : key];
}
