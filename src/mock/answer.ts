/** A whole response at rest: what is stored under a key and replayed byte for byte. */
export interface Answer {
  readonly status: number;
  /** In the order they are sent; `set-cookie` may stand there several times. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Statuses whose responses have no body: a Response with one cannot be built. */
const BODILESS = new Set([204, 205, 304]);

/** Reads a response to its end. */
export async function captureAnswer(response: Response): Promise<Answer> {
  // Response.error() has no status line to send.
  if (response.type === 'error') throw new TypeError('The handler answered with Response.error().');
  return { status: response.status, headers: [...response.headers], body: await bytesOf(response) };
}

/** What `arrayBuffer()` gives, at half its price in Node.
 *  @throws TypeError for a body that was read, is being read, or is not made of bytes */
async function bytesOf({ body, bodyUsed }: Response): Promise<Uint8Array<ArrayBuffer>> {
  if (bodyUsed) throw new TypeError('The body of the response was read before.');
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    // Not instanceof: a test environment may have a Uint8Array of its own.
    if (Object.prototype.toString.call(value) !== '[object Uint8Array]') {
      throw new TypeError('The body of the response has a chunk that is not a Uint8Array.');
    }
    // A copy: whoever streams may fill the same buffer again.
    chunks.push(new Uint8Array(value));
  }
  return joined(chunks);
}

function joined(chunks: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const [first = new Uint8Array()] = chunks;
  if (chunks.length < 2) return first;
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

export function toResponse(answer: Answer): Response {
  return new Response(BODILESS.has(answer.status) ? null : answer.body, {
    status: answer.status,
    // A fresh copy: while msw listens, Headers keeps the array it is made from and writes into it.
    headers: new Headers(answer.headers.map(([name, value]) => [name, value])),
  });
}

export function withHeaders(answer: Answer, headers: Readonly<Record<string, string>>): Answer {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const kept = answer.headers.filter(([name]) => !names.has(name.toLowerCase()));
  return { ...answer, headers: [...kept, ...Object.entries(headers)] };
}

/** What HEAD gets: the same headers, the length of the body, and no body. */
export function withoutBody(answer: Answer): Answer {
  const bodiless = BODILESS.has(answer.status)
    ? answer
    : withHeaders(answer, { 'content-length': `${answer.body.length}` });
  return { ...bodiless, body: new Uint8Array() };
}

export function textAnswer(status: number, headers: Readonly<Record<string, string>>, body: string): Answer {
  return { status, headers: Object.entries(headers), body: new TextEncoder().encode(body) };
}

export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return textAnswer(status, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
}

/** An error in the form of RFC 9457. */
export function problemAnswer(status: number, title: string, detail: string): Answer {
  return textAnswer(
    status,
    { 'content-type': 'application/problem+json' },
    JSON.stringify({ type: 'about:blank', title, status, detail }),
  );
}
