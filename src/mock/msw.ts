import { HttpResponse, http, type RequestHandler } from 'msw';
import { halfResponse } from './half-response.ts';
import type { Delivery, Mock } from './types.ts';

const MISDIRECTED = 421;

/** The mock for msw's `setupServer` and `setupWorker`: one handler for everything below the mock's baseUrl, or for every request where it has none.
 *  A reset is `HttpResponse.error()`, silence never answers, a truncated body errors halfway: what fetch then throws is not what a socket makes it
 *  throw, so test against `listen` as well.
 *
 *  msw 3 calls its option for other requests `onUnhandledFrame`; the older name is ignored.
 *
 *  @example setupServer(...handlers(mock)).listen({ onUnhandledFrame: 'error' })
 */
export function handlers(mock: Mock): RequestHandler[] {
  // Of requests that were answered with 421.
  const misdirected = new Set<string>();
  return [
    http.all(scopeOf(mock.baseUrl), async ({ request }) => {
      const name = `${request.method} ${request.url}`;
      if (misdirected.delete(name) && (await isHollow(request))) return HttpResponse.error();
      const delivery = await mock.handle(request);
      if (delivery.kind === 'answer' && delivery.response.status === MISDIRECTED) misdirected.add(name);
      return responseOf(delivery);
    }),
  ];
}

/** The fetch of Node answers a 421 with the same request over another connection. Under msw that one comes with the headers of a body and without the
 *  body itself. A server takes no such thing for a request. */
async function isHollow(request: Request): Promise<boolean> {
  return request.headers.has('content-type') && (await request.clone().arrayBuffer()).byteLength === 0;
}

function scopeOf(baseUrl: string | undefined): string | RegExp {
  if (baseUrl === undefined) return '*';
  const { origin, pathname } = new URL(baseUrl);
  const base = `${origin}${pathname.replace(/\/+$/, '')}`;
  // Not a path pattern: in one of those a colon before a port or in a path would name a parameter.
  return new RegExp(`^${base.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?:/|$)`);
}

async function responseOf(delivery: Delivery): Promise<Response> {
  switch (delivery.kind) {
    case 'answer':
      return delivery.response;
    case 'truncate':
      return halfResponse(delivery.response);
    case 'reset':
      return HttpResponse.error();
    case 'silence':
      // As delay('infinite') for the caller. Its timer of 24 days would keep a Node process alive after the caller has hung up.
      return new Promise(() => {});
  }
}
