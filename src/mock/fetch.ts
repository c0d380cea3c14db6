import { halfResponse } from './half-response.ts';
import type { Delivery } from './types.ts';

/** `handle` in the form of fetch: a reset rejects with a TypeError, silence lasts until the signal aborts, a cut body errors halfway. */
export function fetchFrom(
  handle: (request: Request) => Promise<Delivery>,
  baseUrl: string | undefined,
): (input: RequestInfo | URL, init?: RequestInit) => Promise<Response> {
  // What is under way is held: a Request that nobody holds is collected, and the caller's abort with it, and silence would last for ever.
  const underWay = new Set<readonly unknown[]>();
  return async (input, init) => {
    const request = new Request(
      typeof input === 'string' && baseUrl !== undefined ? new URL(input, baseUrl) : input,
      init,
    );
    const held = [input, request];
    underWay.add(held);
    try {
      return await untilAborted(request.signal, async () => responseOf(await handle(request)));
    } finally {
      underWay.delete(held);
    }
  };
}

async function responseOf(delivery: Delivery): Promise<Response> {
  switch (delivery.kind) {
    case 'answer':
      return delivery.response;
    case 'truncate':
      return halfResponse(delivery.response);
    case 'reset':
      throw delivery.refused ? failed('connect', 'ECONNREFUSED') : failed('read', 'ECONNRESET');
    case 'silence':
      return new Promise(() => {});
  }
}

/** As the fetch of Node puts it. */
function failed(call: string, code: string): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(`${call} ${code}`), { code }) });
}

/** Ends the wait, not the work: a server goes on when its caller hangs up. */
function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
