import type { StoredRequest } from '../../core/record.ts';

/** Tells whether two requests are the same, byte for byte: two multiplicative 32-bit hashes. Nobody gains by a collision, so it may be fast: a claim has
 *  taken its SHA-1 already, which in JavaScript costs 0.1 s per megabyte in Chromium and 1 s in WebKitGTK. */
export function contentHash({ method, url, headers, body }: StoredRequest, salt: string): string {
  let [a, b] = [1, 2];
  const mix = (unit: number): void => {
    a = Math.imul(a ^ unit, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b ^ unit, 0x5f356495);
    b ^= b >>> 15;
  };
  const head = JSON.stringify([salt, method, url, headers, body?.length]);
  for (let at = 0; at < head.length; at++) mix(head.charCodeAt(at));
  for (const byte of body ?? []) mix(byte);
  return `${a} ${b}`;
}
