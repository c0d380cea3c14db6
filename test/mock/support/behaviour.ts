/** What a request asks of the handler behind it: the suite's side and the server's share this form. */
export interface Order {
  /** Names one effect: whatever is sent for it must happen once. */
  readonly name: string;
  readonly make?: Made;
  /** The handler waits until it is released. */
  readonly hold?: boolean;
  /** The answer is an error with this status. */
  readonly status?: number;
  /** Makes it another request. */
  readonly amount?: number;
}

export type Made = 'object' | 'binary' | 'stream' | 'empty' | 'redirect' | 'cookies';

export const MADE: readonly Made[] = ['object', 'binary', 'stream', 'empty', 'redirect', 'cookies'];

/** Handlers that wait, by the name of their effect. */
export class Gates {
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();

  async pass({ name, hold = false }: Order): Promise<void> {
    if (hold) await this.#gate(name).promise;
  }

  release(name: string): void {
    this.#gate(name).resolve();
  }

  #gate(name: string): PromiseWithResolvers<void> {
    const gate = this.#gates.get(name) ?? Promise.withResolvers<void>();
    this.#gates.set(name, gate);
    return gate;
  }
}

const EVERY_BYTE = Uint8Array.from({ length: 512 }, (_, index) => index % 256);

/** An answer that no second run gives again.
 *
 *  @param created what a creation looks like in this API
 */
export function respond({ make = 'object', status }: Order, created: (id: string) => unknown): Response {
  const id = crypto.randomUUID();
  const run = { 'x-run': id };
  if (status !== undefined) return Response.json({ run: id }, { status, headers: run });
  switch (make) {
    case 'object':
      return Response.json(created(id), { status: 201, headers: run });
    case 'binary':
      return new Response(EVERY_BYTE, {
        headers: { ...run, 'content-type': 'application/octet-stream', etag: `"${id}"` },
      });
    case 'stream':
      return new Response(inTwoParts(new TextEncoder().encode(`${id}\u00fc`)), { status: 201, headers: run });
    case 'empty':
      return new Response(null, { status: 204, headers: run });
    case 'redirect':
      return new Response(null, { status: 303, headers: { ...run, location: `/made/${id}` } });
    case 'cookies': {
      const headers = new Headers(run);
      for (const cookie of [`a=${id}`, 'b=2; Path=/']) headers.append('set-cookie', cookie);
      return new Response(id, { status: 201, headers });
    }
  }
}

function inTwoParts(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.subarray(0, 5));
      controller.enqueue(bytes.subarray(5));
      controller.close();
    },
  });
}
