import { JournalError } from '../core/errors/journal-error.ts';
import { identityLabel } from '../core/identity.ts';
import type { JournalRecord, StatePart } from '../core/record.ts';
import { parseRecord } from '../core/record-schema.ts';

/** Bodies inside JSON: text where the bytes are UTF-8 text (most are JSON: readable, a third smaller), else base64. */
type EncodedBytes = { readonly text: string } | { readonly base64: string };

/** One record as one line of JSON, for journals that store text. */
export function encodeRecord(record: JournalRecord): string {
  const fixed = withBodyEncoded(record.fixed, 'request');
  const state = withBodyEncoded(record.state, 'response');
  return JSON.stringify(fixed === record.fixed && state === record.state ? record : { ...record, fixed, state });
}

/** One part of a record as one line of JSON. */
export function encodeFixed(fixed: JournalRecord['fixed']): string {
  return JSON.stringify(withBodyEncoded(fixed, 'request'));
}
export function encodeState(state: StatePart): string {
  return JSON.stringify(withBodyEncoded(state, 'response'));
}

/** The record in `text`. `identity` names it in the error.
 *  @throws JournalError 'corrupt' or 'newer-version' */
export function decodeRecord(text: string, identity: string): JournalRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // No cause: the message of a JSON error quotes what it could not read, and that may be a body.
    throw new JournalError(
      'corrupt',
      `The record ${identityLabel(identity)} is damaged: it is not JSON. It is left as it is.`,
    );
  }
  reviveBodies(value);
  return parseRecord(value, identity);
}

/** Decodes in place the bodies of whatever has the members `fixed` and `state` of a record. */
export function reviveBodies(value: unknown): void {
  decodeBody(member(member(value, 'fixed'), 'request'));
  decodeBody(member(member(value, 'state'), 'response'));
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Copies lead to the body: a replacer function, called for every member there is, takes twice as long. */
function withBodyEncoded<T extends object>(part: T | undefined, holder: string): T | undefined {
  const held = member(part, holder);
  const body = member(held, 'body');
  if (part === undefined || !(body instanceof Uint8Array)) return part;
  return { ...part, [holder]: { ...(held as object), body: encodeBytes(body) } };
}

function encodeBytes(bytes: Uint8Array): EncodedBytes {
  try {
    return { text: decoder.decode(bytes) };
  } catch {
    return { base64: toBase64(bytes) };
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** At the two places where a record holds bytes, and nowhere else: a caller's `meta` may have a member `body` too. */
function decodeBody(holder: unknown): void {
  const body = member(holder, 'body');
  const plain = member(body, 'text');
  const coded = member(body, 'base64');
  if (typeof plain === 'string') (holder as { body: unknown }).body = encoder.encode(plain);
  else if (typeof coded === 'string') (holder as { body: unknown }).body = fromBase64(coded);
}

/** In slices: spreading a whole megabyte into one call overflows the stack. */
function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
