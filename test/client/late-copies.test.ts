import { describe, expect, test } from 'vitest';
import { nodeRandom } from '../../src/node/random.ts';
import { charge, JOURNALS, makeWorld, timePasses, told, toldError, until } from '../timelines/support/world.ts';

/** The longest jitter: the next attempt would come after the deadline. */
const random = { ...nodeRandom, fraction: () => 0.99 };

describe.each(JOURNALS)('a copy of the last attempt may still be under way (%s)', (kind) => {
  test("reconcile's 'none' is not taken after an attempt that only this run knows of", async () => {
    const world = await makeWorld(kind);
    world.server.script({ answer: 'silence', effect: false });
    const first = world.run();
    const deadline = new Date(world.clock.now() + 571_000);
    void told(charge(first.client, 'cart/1', 5, { deadline }));
    await until(() => world.server.arrivals.length === 1, 'sent');
    first.kill();
    await world.clock.advance('9m');
    const late = Promise.withResolvers<void>();
    world.server.script(async () => {
      await late.promise;
      return {};
    });
    const retry = { baseDelay: 60_000, maxDelay: 60_000 };
    const next = world.client({ reconcile: () => ({ effect: 'none' }), retry, random });
    await next.operations.resume();
    await until(() => world.server.arrivals.length === 2, 'sent again');
    await timePasses(world, async () => (await next.operations.get('cart/1'))?.status !== 'pending', 'ended');
    const said = await next.operations.get('cart/1');
    late.resolve();
    await until(() => world.server.charges.length === 1, 'the late copy was carried out');
    expect(`${said?.status} ${said?.effect} ${said?.reason}`).toBe('in-doubt possible deadline');
  });

  test("resolve('none') is refused after an attempt of a process that was killed", async () => {
    const world = await makeWorld(kind);
    world.server.script({ effect: false, answer: { status: 503, headers: { 'retry-after': '300' } } });
    const first = world.run();
    const deadline = new Date(world.clock.now() + 310_000);
    void told(charge(first.client, 'cart/1', 5, { deadline }));
    await until(async () => (await first.client.operations.get('cart/1'))?.waiting === 'retry-after', 'parked');
    const late = Promise.withResolvers<void>();
    world.server.script(async () => {
      await late.promise;
      return {};
    });
    await timePasses(world, () => world.server.arrivals.length === 2, 'sent when it was due');
    first.kill();
    await world.clock.advance('11s');
    const next = world.client();
    await next.operations.resume();
    await until(async () => (await next.operations.get('cart/1'))?.status === 'in-doubt', 'in doubt');
    const none = () => next.operations.resolve('cart/1', { effect: 'none' });
    const said = await none().then(({ status, effect }) => `${status} ${effect}`, toldError);
    late.resolve();
    await until(() => world.server.charges.length === 1, 'the late copy was carried out');
    expect(said).toBe('OperationStateError WRONG_STATE possible');
    await world.clock.advance('90s');
    expect(await none()).toMatchObject({ status: 'discarded', effect: 'none' });
  });
});
