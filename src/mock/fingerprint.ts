/** What makes two requests with one key the same: method, path, query, content type and body, compared whole. */
export interface Fingerprint {
  readonly head: string;
  readonly body: Uint8Array;
}

export function fingerprint(method: string, url: URL, contentType: string, body: Uint8Array): Fingerprint {
  return { head: `${method} ${url.pathname}${url.search}\n${contentType}`, body };
}

export function sameRequest(one: Fingerprint, other: Fingerprint): boolean {
  if (one.head !== other.head || one.body.length !== other.body.length) return false;
  return one.body.every((byte, index) => byte === other.body[index]);
}
