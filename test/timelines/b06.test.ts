import { describe, expect, expectTypeOf, test } from 'vitest';
import { anonymous, type CallOptions } from '../../src/index.node.ts';
import { charge, JOURNALS, makeWorld, type Run, told, type World } from './support/world.ts';

const PAY = { json: { amount: 5 } };

/** A click on Pay without a name; the tab crashes once the claim is durable, before anything was sent. */
async function clickedAndCrashed(world: World): Promise<void> {
  const claimed = Promise.withResolvers<void>();
  const crash = () => {
    tab.kill();
    claimed.resolve();
  };
  const tab: Run = world.run({ moments: { afterClaim: crash } });
  void told(tab.client.post('/charges', { once: anonymous, ...PAY }));
  await claimed.promise;
}

describe.each(JOURNALS)('%s', (kind) => {
  test('B6: a call says what it stands for, or that it stands for nothing', async () => {
    const world = await makeWorld(kind);
    const client = world.client();
    expectTypeOf<typeof PAY>().not.toExtend<CallOptions>();
    await expect(client.post('/charges', PAY as unknown as CallOptions)).rejects.toMatchObject({
      code: 'ERR_ONCEWARD_MISSING_ID',
      effect: 'none',
    });
    for (const once of ['', ['cart', undefined], ['cart', ''], ['cart', Number.NaN]]) {
      await expect(client.post('/charges', { once: once as string, ...PAY })).rejects.toMatchObject({ effect: 'none' });
    }
    expect(world.server.arrivals).toEqual([]);
    expect(await client.operations.list()).toEqual([]);
  });

  test('B6: after a crash a call without a name is shown and not sent: a new click is the only charge', async () => {
    const world = await makeWorld(kind);
    await clickedAndCrashed(world);
    const client = world.client();
    const surfaced = await client.operations.resume();
    expect(surfaced).toMatchObject([{ status: 'pending', waiting: 'interrupted' }]);
    await client.idle();
    expect(world.server.arrivals).toEqual([]);
    expect(await told(client.post('/charges', { once: anonymous, ...PAY }))).toBe('201 {"charge":1}');
    await client.idle();
    expect(world.server.arrivals).toHaveLength(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('B6: a person may still send it, with its own key, or end it', async () => {
    const world = await makeWorld(kind);
    await clickedAndCrashed(world);
    await clickedAndCrashed(world);
    const client = world.client();
    const [sent, ended] = await client.operations.resume();
    await client.operations.discard(ended?.id ?? '', { evenIfPossiblySent: true });
    await client.operations.wake(sent?.id);
    expect((await client.operations.outcome(sent?.id ?? '')).status).toBe('succeeded');
    expect(world.server.keys().map((key) => key?.slice(0, 8))).toEqual([sent?.keyHint]);
    expect(world.server.charges).toHaveLength(1);
  });

  test('B6: with a name, the crash and the second click are one charge', async () => {
    const world = await makeWorld(kind);
    const tab: Run = world.run({ moments: { afterClaim: () => tab.kill() } });
    void told(charge(tab.client, 'cart/1', 5));
    await expect.poll(async () => (await world.client().operations.get('cart/1'))?.status).toBe('pending');
    tab.kill();
    const client = world.client();
    await client.operations.resume();
    expect(await told(charge(client, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(world.server.charges).toHaveLength(1);
  });
});
