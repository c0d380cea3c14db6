import { v4, v5 } from 'uuid';
import type { Random, UuidV5 } from './ports.ts';
import type { StoredRequest } from './record.ts';
import { encodeText } from './text.ts';

/** A fresh salt: with it a fingerprint says nothing about a body that could be guessed. */
export function newSalt(random: Random): string {
  return v4({ random: random.bytes(16) });
}

/** What "same request" means, as a salted hash: the caller's own `fingerprint` if given, else method, URL, frozen headers and body bytes.
 *
 *  UUID v5 is SHA-1 over salt and content, synchronous and present on insecure origins, where `crypto.subtle` is not. Only the caller's own
 *  requests are compared with each other, so collisions made on purpose are no concern.
 */
export function fingerprintOf(
  request: StoredRequest,
  given: string | undefined,
  salt: string,
  uuidV5: UuidV5 = v5,
): string {
  const text =
    given === undefined ? JSON.stringify([request.method, request.url, request.headers]) : JSON.stringify(given);
  const head = encodeText(`${text}\n`);
  const body = given === undefined ? request.body : undefined;
  if (body === undefined) return uuidV5(head, salt);
  const content = new Uint8Array(head.length + body.length);
  content.set(head);
  content.set(body, head.length);
  return uuidV5(content, salt);
}

/** A short name for bytes: tells whether two answers in a row were equal. */
export function digestOf(status: number, body: Uint8Array, salt: string): string {
  return `${status} ${v5(body, salt)}`;
}
