import type { StoredRequest } from '../../core/record.ts';

const PRIMES = [0x9e3779b1, 0x5f356495] as const;

/** Tells whether two requests are the same, byte for byte: two multiplicative 32-bit hashes. Nobody gains by a collision, so it may be fast: a claim has
 *  taken its SHA-1 already, which in JavaScript costs 0.1 s per megabyte in Chromium and 1 s in WebKitGTK. */
export function contentHash({ method, url, headers, body }: StoredRequest, salt: string): string {
  const head = new TextEncoder().encode(`${JSON.stringify([salt, method, url, headers, body?.length])}`);
  const hashes = PRIMES.map((prime) => (mixed(mixed(prime, head, prime), body, prime) >>> 0).toString(36));
  return hashes.join(' ');
}

function mixed(start: number, bytes: Uint8Array | undefined, prime: number): number {
  let hash = start;
  for (const byte of bytes ?? []) {
    hash = Math.imul(hash ^ byte, prime);
    hash ^= hash >>> 15;
  }
  return hash;
}
