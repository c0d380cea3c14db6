import type { Client } from '../../src/core/types.ts';
import { crash } from '../../src/testing/index.ts';
import { slowed } from './client-journals.ts';
import type { World } from './client-world.ts';

/** Where a client's process is killed by itself: before the claim is stored; when it is, and nothing was sent; when the answer has come in, and is
 *  not stored. */
export type Death = 'before-claim' | 'after-claim' | 'before-finish';

/** A client that crashes at a moment only its journal sees. What a real kill does to files and sockets is for the crash tests. */
export function doomed(world: World, death: Death): Client {
  const die = (at: Death): Promise<never> | undefined => {
    if (at !== death) return undefined;
    crash(client);
    return new Promise(() => {});
  };
  const journal = slowed(world.journal(), {
    claim: () => die('before-claim'),
    claimed: () => die('after-claim'),
    update: ({ state }) => (state.finishedAt === undefined ? undefined : die('before-finish')),
  });
  const client = world.client({ waitTimeout: 500, journal });
  return client;
}
