/** A request as it is on the wire. */
export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer as it is on the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a server that speaks JSON answers. */
export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): WireAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

export async function readRequest(request: Request, keyHeader: string): Promise<WireRequest> {
  const body = request.body === null ? '' : await request.text();
  const headers = Object.fromEntries(request.headers);
  return { method: request.method, url: request.url, key: headers[keyHeader], headers, body };
}

const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
const BYTES = new TextEncoder();

/** `cut`: the connection breaks in the middle of the body. */
export function toResponse({ status, headers, body }: WireAnswer, cut = false): Response {
  if (NULL_BODY.has(status)) return new Response(null, { status, headers });
  if (!cut) return new Response(body, { status, headers });
  const half = BYTES.encode(body).subarray(0, body.length >> 1);
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(half);
      controller.error(broken('UND_ERR_SOCKET'));
    },
  });
  return new Response(stream, { status, headers });
}

/** What fetch rejects with where the connection fails: it says nothing about what the server has done. */
export function broken(code: string): TypeError {
  return Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(code), { code }) });
}
