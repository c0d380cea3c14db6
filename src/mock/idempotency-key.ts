/** What a request says in the place where the key belongs. */
export type KeyReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'malformed'; readonly why: string };

/** Printable ASCII without quote and backslash: what every API of the profiles takes unquoted. A header sent twice arrives joined by ", " and fails
 *  here by its space. */
const KEY = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

export function readKey(value: string | null, limit: number): KeyReading {
  if (value === null) return { kind: 'none' };
  if (value === '') return { kind: 'malformed', why: 'The key is empty.' };
  if (!KEY.test(value)) {
    return {
      kind: 'malformed',
      why: 'The key holds a space, a quote, a backslash or something beyond printable ASCII, or the header was sent twice.',
    };
  }
  if (value.length > limit) return { kind: 'malformed', why: `The key is longer than ${limit} characters.` };
  return { kind: 'key', key: value };
}
