import { describe, expect, test } from 'vitest';
import { charge, JOURNALS, makeWorld, told, toldOutcome } from './support/world.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const body = (text: string) => ({ answer: { status: 201, headers: JSON_TYPE, body: text } });

describe.each(JOURNALS)('%s', (kind) => {
  test('M3: a 201 of type JSON with nothing in it is whole: settled by one request, and only its JSON is missing', async () => {
    const world = await makeWorld(kind);
    world.server.script(body(''));
    const client = world.client();
    const call = charge(client, 'cart/1', 5);
    expect(await told(call)).toBe('201');
    await expect(call.json()).rejects.toMatchObject({ name: 'ResponseBodyError', effect: 'done' });
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('succeeded done journal');
    expect(world.server.arrivals).toHaveLength(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M3: JSON that does not parse twice over is what the server says: done, after one more request with the same key', async () => {
    const world = await makeWorld(kind);
    world.server.always(body('OK'));
    const client = world.client();
    const call = charge(client, 'cart/1', 5);
    expect(await told(call)).toBe('201 OK');
    await expect(call.json()).rejects.toMatchObject({ name: 'ResponseBodyError', effect: 'done' });
    expect(await told(charge(await world.restart(client), 'cart/1', 5))).toBe('201 OK');
    expect(world.server.arrivals).toHaveLength(2);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M3: an answer cut short on the way is not taken for the answer: the whole one is', async () => {
    const world = await makeWorld(kind);
    world.server.script(body('{"charge'), {});
    expect(await told(charge(world.client(), 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(world.server.arrivals).toHaveLength(2);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M3: the first of two equal ones may have been read by a process that is gone', async () => {
    const world = await makeWorld(kind);
    world.server.script(body('OK'), { answer: 'silence' });
    const run = world.run({ waitTimeout: 0 });
    await told(charge(run.client, 'cart/1', 5));
    await expect.poll(() => world.server.arrivals.length).toBe(2);
    run.kill();
    world.server.always(body('OK'));
    expect(await told(charge(world.client(), 'cart/1', 5))).toBe('201 OK');
    expect(world.server.arrivals.length).toBeLessThanOrEqual(4);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });
});
