import type { Json } from '../core/types.ts';

/** What a handler and the ledger are shown of a body: JSON or a form, parsed; the text where it is neither; null for nothing or binary. */
export function readableBody(bytes: Uint8Array, contentType: string): Json {
  if (bytes.length === 0) return null;
  const text = decoded(bytes);
  if (text === undefined) return null;
  if (contentType.includes('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return undefined;
  }
}
