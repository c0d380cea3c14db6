import { HttpResponse, http, type RequestHandler } from 'msw';
import { halfResponse } from './half-response.ts';
import type { Delivery, Mock } from './types.ts';

/** The mock for msw's `setupServer` and `setupWorker`: one handler for everything below the mock's baseUrl, or for every request where it has none.
 *  A reset is `HttpResponse.error()`, silence never answers, a truncated body errors halfway: what fetch then throws is not what a socket makes it
 *  throw, so test against `listen` as well.
 *
 *  msw 3 calls its option for other requests `onUnhandledFrame`; the older name is ignored.
 *
 *  @example setupServer(...handlers(mock)).listen({ onUnhandledFrame: 'error' })
 */
export function handlers(mock: Mock): RequestHandler[] {
  return [http.all(scopeOf(mock.baseUrl), async ({ request }) => responseOf(await mock.handle(request)))];
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
