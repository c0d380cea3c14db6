/** What a request says in the place where the key belongs. */
export type KeyReading =
  | { readonly kind: 'none' }
  /** `firstSent`: the time that came with the key, in milliseconds, where the profile wants one. */
  | { readonly kind: 'key'; readonly key: string; readonly firstSent?: number }
  | { readonly kind: 'malformed'; readonly why: string };

/** What a key has to be like. */
export interface KeyForm {
  /** In characters. */
  readonly limit: number;
  readonly uuidOnly: boolean;
}

/** Printable ASCII without quote and backslash: what every API of the profiles takes unquoted. A header sent twice arrives joined by ", " and fails
 *  here by its space. */
const KEY = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function readKey(value: string | null, { limit, uuidOnly }: KeyForm): KeyReading {
  if (value === null) return { kind: 'none' };
  if (value === '') return malformed('The key is empty.');
  if (!KEY.test(value)) {
    return malformed(
      'The key holds a space, a quote, a backslash or something beyond printable ASCII, or the header was sent twice.',
    );
  }
  if (value.length > limit) return malformed(`The key is longer than ${limit} characters.`);
  if (uuidOnly && !UUID.test(value)) return malformed('The key is not a UUID.');
  return { kind: 'key', key: value };
}

export function malformed(why: string): KeyReading {
  return { kind: 'malformed', why };
}
