/** What makes two requests with one key the same: method, path, query, content type, what the API binds to the key, and body, compared whole. */
export interface Fingerprint {
  readonly head: string;
  readonly body: Uint8Array;
}

export function fingerprint(
  method: string,
  url: URL,
  headers: readonly (string | null)[],
  body: Uint8Array,
): Fingerprint {
  let head = `${method} ${url.pathname}${url.search}`;
  for (const value of headers) head += `\n${value ?? ''}`;
  return { head, body };
}

export function sameRequest(one: Fingerprint, other: Fingerprint): boolean {
  if (one.head !== other.head || one.body.length !== other.body.length) return false;
  return one.body.every((byte, index) => byte === other.body[index]);
}
