import { createClient } from '../../src/index.node.ts';
import { listen } from '../../src/mock/node.ts';
import type { Medium, Platform } from './client-world.ts';

/** The walk's platform in Node: real sockets. */
export function nodeWith(makeMedium: () => Promise<Medium>): Platform {
  return {
    createClient,
    makeMedium,
    serve: async (mock) => {
      const { url, close } = await listen(mock);
      return { url, fetch: (input, init) => globalThis.fetch(input, init), close };
    },
  };
}
