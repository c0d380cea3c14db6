import { setTimeout as sleep } from 'node:timers/promises';
import type { Profile } from '../../../src/core/profile.ts';
import { createMock } from '../../../src/mock/index.ts';
import { listen } from '../../../src/mock/node.ts';
import type { MockOptions } from '../../../src/mock/types.ts';
import type { VerifyHooks, VerifyLimits, VerifyRequest } from '../../../src/verify/index.ts';
import { routeOf } from '../../profiles/support/routes.ts';

/** What `verify` is given to look at a server. */
export interface Checked {
  readonly url: string;
  readonly profile: Profile;
  request(n: string): VerifyRequest;
  countEffects(n: string): Promise<number>;
  readonly hooks: Required<VerifyHooks>;
  close(): Promise<void>;
}

/** Short, but for what a slow machine needs. */
export const LIMITS: VerifyLimits = { attempt: '20s', patience: '20s', probe: '1s', slow: 60, pause: 20 };

/** The mock behind node:http, its handler and its books in the hands of the hooks. */
export async function mockServer(profile: Profile, options: MockOptions = {}): Promise<Checked> {
  const { path, created } = routeOf(profile.name);
  const slow = new Map<string, number>();
  const failing = new Map<string, number>();
  const failed = new Map<string, number>();
  const mock = createMock({
    profile,
    ...options,
    routes: {
      async [`POST ${path}`]({ json }) {
        const { reference } = json as { reference: string };
        const status = failing.get(reference);
        if (status !== undefined) {
          failing.delete(reference);
          failed.set(reference, (failed.get(reference) ?? 0) + 1);
          return Response.json({ error: status }, { status });
        }
        await sleep(slow.get(reference) ?? 0);
        return Response.json(created(crypto.randomUUID()), {
          status: 201,
          headers: { etag: `"${crypto.randomUUID()}"` },
        });
      },
    },
  });
  const { url, close } = await listen(mock);
  return {
    url,
    profile,
    close,
    request: (n) => ({ path, json: { reference: n, amount: 100 } }),
    // The mock counts every run of a handler; these did nothing.
    async countEffects(n) {
      const runs = mock.effects().filter(({ body }) => (body as { reference?: unknown } | null)?.reference === n);
      return runs.length - (failed.get(n) ?? 0);
    },
    hooks: {
      crash: () => mock.crash(),
      restart: async () => {},
      advance: (ms) => mock.clock.advance(ms),
      slow: async (n, ms) => void slow.set(n, ms),
      fail: async (n, status) => void failing.set(n, status),
    },
  };
}
