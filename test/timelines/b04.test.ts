import { describe, expect, test } from 'vitest';
import { memoryJournal } from '../../src/index.node.ts';
import { charge, JOURNALS, makeWorld, told } from './support/world.ts';

/** As the caller's backend keeps it beside the cart. */
const KEY = 'cart-8f3-1';

describe.each(JOURNALS)('%s', (kind) => {
  test('B4: storage is gone, and another device asks: a key kept by the backend is still one charge', async () => {
    const world = await makeWorld(kind);
    world.server.script({ answer: 'reset' }, { answer: 'silence' });
    const first = world.run();
    void told(charge(first.client, 'cart/1', 5, { key: KEY }));
    await expect.poll(() => world.server.arrivals.length).toBe(2);
    first.kill();
    // Nine days later the browser has dropped the journal; and a phone has one of its own.
    for (const journal of [memoryJournal(), memoryJournal()]) {
      expect(await told(charge(world.client({ journal }), 'cart/1', 5, { key: KEY }))).toBe('201 {"charge":1}');
    }
    expect(new Set(world.server.keys())).toEqual(new Set([KEY]));
    expect(world.server.charges).toHaveLength(1);
  });

  test('B4: one key, one operation: under another name, and for a new round, it is refused before anything is sent', async () => {
    const world = await makeWorld(kind);
    world.server.script({ effect: false, answer: { status: 402, body: {} } });
    const client = world.client();
    await told(charge(client, 'cart/1', 5, { key: KEY }));
    const refused = 'OperationConflictError CONFLICT none';
    expect(await told(charge(client, 'cart/2', 5, { key: KEY }))).toBe(refused);
    expect(await told(charge(client, 'cart/1', 6, { key: KEY }))).toBe(refused);
    expect(await told(charge(client, 'cart/1', 5, { key: KEY, retryRejected: true }))).toBe(refused);
    expect(world.server.arrivals).toHaveLength(1);
    expect(await told(charge(client, 'cart/1', 6, { key: `${KEY}b` }))).toBe('201 {"charge":1}');
    expect(world.server.keys()).toEqual([KEY, `${KEY}b`]);
  });

  test.each([
    ['empty', ''],
    ['with a quote', 'a"b'],
    ['with a backslash', 'a\\b'],
    ['with a blank', 'a b'],
    ['beyond ASCII', 'clé'],
    ['too long', 'x'.repeat(256)],
  ])('B4: a key that is %s is refused before anything is stored', async (_, key) => {
    const world = await makeWorld(kind);
    const client = world.client();
    await expect(charge(client, 'cart/1', 5, { key })).rejects.toMatchObject({ name: 'UsageError', effect: 'none' });
    expect(await client.operations.list()).toEqual([]);
    expect(world.server.arrivals).toEqual([]);
  });
});
