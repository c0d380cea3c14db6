import { afterEach } from 'vitest';
import type { MockOptions } from '../../src/mock/index.ts';
import { MEDIA } from './client-media.ts';
import { nodeWith } from './client-node.ts';
import { makeWorld, type World } from './client-world.ts';

/** Makes worlds over real sockets and a store, and closes them after each test. */
export function worlds(kind: keyof typeof MEDIA = 'store'): (options?: MockOptions) => Promise<World> {
  const open: World[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((world) => world.close()));
  });
  return async (options) => {
    const world = await makeWorld(nodeWith(MEDIA[kind]), options);
    open.push(world);
    return world;
  };
}
