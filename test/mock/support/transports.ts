import { setupServer } from 'msw/node';
import type { Mock } from '../../../src/mock/index.ts';
import { handlers } from '../../../src/mock/msw.ts';
import { listen } from '../../../src/mock/node.ts';

/** One way to reach a mock. */
export interface Reached {
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  close(): Promise<void>;
}

export const BASE = 'https://api.test';

/** The ways a mock is reached in Node. A mock for msw has to be made with `baseUrl: BASE`. */
export const TRANSPORTS: Readonly<Record<'fetch' | 'http' | 'msw', (mock: Mock) => Promise<Reached>>> = {
  fetch: async (mock) => ({ url: BASE, fetch: mock.fetch, close: async () => {} }),
  http: async (mock) => {
    const { url, close } = await listen(mock);
    return { url, fetch: (input, init) => globalThis.fetch(input, init), close };
  },
  msw: async (mock) => {
    const server = setupServer(...handlers(mock));
    server.listen({ onUnhandledFrame: 'error' });
    return { url: BASE, fetch: (input, init) => globalThis.fetch(input, init), close: async () => server.close() };
  },
};

/** A POST as a client sends it. */
export function post(json: unknown, headers: Record<string, string>, init: RequestInit = {}): RequestInit {
  return {
    method: 'POST',
    body: JSON.stringify(json),
    headers: { 'content-type': 'application/json', ...headers },
    ...init,
  };
}

/** Everything of an answer that a replay has to repeat. Date and the connection's own headers belong to the transport. */
export async function whole(
  response: Response,
): Promise<{ status: number; headers: [string, string][]; body: string }> {
  const own = new Set(['date', 'connection', 'keep-alive', 'content-length']);
  const body = Buffer.from(await response.arrayBuffer()).toString('hex');
  return { status: response.status, headers: [...response.headers].filter(([name]) => !own.has(name)), body };
}
