import { describe, expect, test } from 'vitest';
import { barrier, charge, JOURNALS, makeWorld, told, toldOutcome, type World } from './support/world.ts';

const DECLINED = { effect: false, answer: { status: 402, body: { error: 'card_declined' } } };

const bytes = (world: World) => world.server.arrivals.map(({ body }) => body);

describe.each(JOURNALS)('%s', (kind) => {
  test('B1: a declined call is not sent again by calling again: every reader gets the stored refusal', async () => {
    const world = await makeWorld(kind);
    world.server.script(DECLINED);
    const [mine, otherTab] = [world.client(), world.client()];
    // A strict-mode effect, three retries of a query library, a second tab.
    const first = charge(mine, 'cart/1', 5);
    expect(await told(first)).toBe('HTTPError HTTP none 402');
    for (const next of [() => mine, () => mine, () => mine, () => otherTab, () => world.restart(mine)]) {
      const client = await next();
      expect(await told(charge(client, 'cart/1', 5))).toBe('HTTPError HTTP none 402');
      expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('rejected none journal');
    }
    expect(bytes(world)).toEqual(['{"amount":5}']);
    expect(world.server.charges).toEqual([]);
  });

  test('B1: a new round starts only when it is asked for, with a key of its own', async () => {
    const world = await makeWorld(kind);
    world.server.script(DECLINED);
    const client = world.client();
    await told(charge(client, 'cart/1', 5));
    expect(await told(charge(client, 'cart/1', 5, { retryRejected: true }))).toBe('201 {"charge":1}');
    expect(await client.operations.get('cart/1')).toMatchObject({ status: 'succeeded', round: 2 });
    // Asked for again after the success, it is the success.
    expect(await told(charge(client, 'cart/1', 5, { retryRejected: true }))).toBe('201 {"charge":1}');
    expect(bytes(world)).toEqual(['{"amount":5}', '{"amount":5}']);
    expect(new Set(world.server.keys()).size).toBe(2);
    expect(world.server.charges).toHaveLength(1);
  });

  test('B1: of two who ask anew at once, one begins the round: the other joins with the same bytes, and is refused with others', async () => {
    for (const [amounts, expected] of [
      [
        [6, 6],
        ['201 {"charge":1}', '201 {"charge":1}'],
      ],
      [
        [6, 7],
        ['201 {"charge":1}', 'OperationConflictError CONFLICT possible'],
      ],
    ] as const) {
      const world = await makeWorld(kind);
      world.server.script(DECLINED);
      await told(charge(world.client(), 'cart/1', 5));
      const held = Promise.withResolvers<object>();
      world.server.script(() => held.promise);
      const beforeRound = barrier(2);
      const calls = amounts.map((amount) => told(charge(world.client({ moments: { beforeRound } }), 'cart/1', amount)));
      await expect.poll(() => world.server.arrivals.length).toBe(2);
      await (amounts[0] === amounts[1] ? undefined : Promise.race(calls));
      held.resolve({});
      expect((await Promise.all(calls)).sort()).toEqual(expected);
      expect(new Set(world.server.keys()).size).toBe(2);
      expect(world.server.arrivals).toHaveLength(2);
      expect(world.server.charges).toHaveLength(1);
    }
  });
});
