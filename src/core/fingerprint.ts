import { v4, v5 } from 'uuid';
import type { Random } from './ports.ts';
import type { StoredRequest } from './record.ts';

/** A fresh salt: with it a fingerprint says nothing about a body that could be guessed. */
export function newSalt(random: Random): string {
  return v4({ random: random.bytes(16) });
}

/** What "same request" means, as a salted hash: the caller's own `fingerprint` if given, else method, URL, frozen headers and body bytes.
 *
 *  UUID v5 is SHA-1 over salt and content, synchronous and present on insecure origins, where `crypto.subtle` is not. Only the caller's own
 *  requests are compared with each other, so collisions made on purpose are no concern.
 */
export function fingerprintOf(request: StoredRequest, given: string | undefined, salt: string): string {
  const text =
    given === undefined ? JSON.stringify([request.method, request.url, request.headers]) : JSON.stringify(given);
  const head = new TextEncoder().encode(`${text}\n`);
  const body = given === undefined ? request.body : undefined;
  const content = new Uint8Array(head.length + (body?.length ?? 0));
  content.set(head);
  if (body) content.set(body, head.length);
  return v5(content, salt);
}

/** A short name for bytes: tells whether two answers in a row were equal. */
export function digestOf(status: number, body: Uint8Array, salt: string): string {
  return `${status} ${v5(body, salt)}`;
}
