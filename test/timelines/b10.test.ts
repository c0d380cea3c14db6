import { describe, expect, test } from 'vitest';
import { charge, JOURNALS, makeWorld, type Run, told, toldOutcome, until } from './support/world.ts';

const CANCELLED = 'NotSentError NOT_SENT none';

/** A wallet that takes its time to sign, as a phone in a tunnel does. */
function slowToken() {
  const asked = Promise.withResolvers<void>();
  const given = Promise.withResolvers<void>();
  const authorize = async () => {
    asked.resolve();
    await given.promise;
    return { authorization: 'Bearer x' };
  };
  return { asked: asked.promise, give: given.resolve, authorize };
}

describe.each(JOURNALS)('%s', (kind) => {
  test('B10: cancelled before the first byte: nothing is sent then, nor later, nor by the next process', async () => {
    const world = await makeWorld(kind);
    const token = slowToken();
    const run = world.run({ authorize: token.authorize });
    const cancel = new AbortController();
    const call = charge(run.client, 'cart/1', 5, { signal: cancel.signal });
    const answer = told(call);
    await token.asked;
    cancel.abort(new Error('closed the dialog'));
    expect(await answer).toBe(CANCELLED);
    await expect(call).rejects.toMatchObject({ cause: cancel.signal.reason });
    // Told because it is durable: the train may leave the tunnel, and the phone may die.
    token.give();
    run.kill();
    const next = world.client();
    await next.operations.resume();
    await next.idle();
    expect(await next.operations.get('cart/1')).toMatchObject({ status: 'not-sent', effect: 'none' });
    expect(world.server.arrivals).toEqual([]);
    // The name is free: changed their mind.
    expect(await told(charge(next, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(world.server.charges).toHaveLength(1);
  });

  test("B10: cancelled during the claim's flush: nothing is sent", async () => {
    const world = await makeWorld(kind);
    const cancel = new AbortController();
    const client = world.client({ moments: { afterClaim: () => cancel.abort() } });
    expect(await told(charge(client, 'cart/1', 5, { signal: cancel.signal }))).toBe(CANCELLED);
    const next = await world.restart(client);
    await next.operations.resume();
    await next.idle();
    expect(world.server.arrivals).toEqual([]);
    expect(await next.operations.get('cart/1')).toMatchObject({ status: 'not-sent', effect: 'none' });
  });

  test('B10: cancelled before the call: nothing is even stored', async () => {
    const world = await makeWorld(kind);
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5, { signal: AbortSignal.abort() }))).toBe(CANCELLED);
    expect(await client.operations.list()).toEqual([]);
    expect(world.server.arrivals).toEqual([]);
  });

  test('B10: aborted after the first byte, only the waiting ends: "none" is not said, and the operation goes on', async () => {
    const world = await makeWorld(kind);
    const held = Promise.withResolvers<object>();
    world.server.script(() => held.promise);
    const run: Run = world.run();
    const cancel = new AbortController();
    const call = told(charge(run.client, 'cart/1', 5, { signal: cancel.signal }));
    await expect.poll(() => world.server.arrivals.length).toBe(1);
    cancel.abort();
    expect(await call).toBe('StillPendingError STILL_PENDING possible sending');
    held.resolve({});
    await until(async () => (await run.client.operations.get('cart/1'))?.status === 'succeeded', 'it went on');
    expect(await toldOutcome(world.client().operations.outcome('cart/1'))).toBe('succeeded done journal');
    expect(world.server.arrivals).toHaveLength(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('B10: aborted after a lost answer, before the second attempt: something is possible, so it goes on', async () => {
    const world = await makeWorld(kind);
    world.server.script(
      { answer: 'reset' },
      { effect: false, answer: { status: 503, headers: { 'retry-after': '30' } } },
    );
    const client = world.client();
    const cancel = new AbortController();
    const call = told(charge(client, 'cart/1', 5, { signal: cancel.signal }));
    await expect.poll(async () => (await client.operations.get('cart/1'))?.waiting).toBe('retry-after');
    cancel.abort();
    expect(await call).toBe('StillPendingError STILL_PENDING possible retry-after');
    await world.clock.advance('31s');
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toMatch(/^succeeded done (replay|journal)$/);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });
});
