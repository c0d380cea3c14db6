import { describe, expect, test } from 'vitest';
import type { Step } from './support/server.ts';
import { charge, JOURNALS, makeWorld, settable, told, toldOutcome, until } from './support/world.ts';

/** What the second driver is told: not now, come back in ten minutes. */
const LATER: Step = { effect: false, answer: { status: 503, headers: { 'retry-after': '600' } } };

/** A sends; its machine sleeps, and others take it for gone. What the server says to it is said by `answer`. */
async function asleep(kind: (typeof JOURNALS)[number]) {
  const world = await makeWorld(kind);
  const held = Promise.withResolvers<Step>();
  world.server.script(() => held.promise);
  const run = world.run();
  const call = told(charge(run.client, 'cart/1', 5));
  await until(() => world.server.arrivals.length === 1, 'sent');
  return { world, run, call, answer: held.resolve };
}

describe.each(JOURNALS)('%s', (kind) => {
  test('M29: A wakes with the answer after B has taken over: it is stored, and B has it too', async () => {
    const { world, run, call, answer } = await asleep(kind);
    run.seemGone();
    world.server.always(LATER);
    const b = world.client();
    await b.operations.resume();
    await until(async () => (await b.operations.get('cart/1'))?.waiting === 'retry-after', 'B drives');
    answer({});
    expect(await call).toBe('201 {"charge":1}');
    expect(await toldOutcome(b.operations.outcome('cart/1'))).toBe('succeeded done journal');
    // B does not go on to its ten minutes, nor to the end of the key.
    await world.clock.advance('1d');
    expect(await told(charge(await world.restart(b), 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(world.server.arrivals).toHaveLength(2);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M29: the same where B is in doubt already: a success in hand ends the doubt', async () => {
    const { world, run, call, answer } = await asleep(kind);
    run.seemGone();
    const clock = settable(world.clock);
    clock.set(23 * 3_600_000);
    const b = world.client({ clock });
    await b.operations.resume();
    await until(async () => (await b.operations.get('cart/1'))?.reason === 'key-expired', 'B is in doubt');
    answer({});
    expect(await call).toBe('201 {"charge":1}');
    expect(await toldOutcome(b.operations.outcome('cart/1'))).toBe('succeeded done journal');
    expect(await told(charge(b, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(world.server.arrivals).toHaveLength(1);
  });

  test.each(['the same client', 'another process'] as const)(
    'M29: discarded by %s while the request was out: the answer that comes late is the truth',
    async (who) => {
      const { world, run, call, answer } = await asleep(kind);
      const other = who === 'the same client' ? run.client : world.client();
      await other.operations.discard('cart/1', { evenIfPossiblySent: true });
      expect(await told(charge(other, 'cart/1', 5))).toBe('DiscardedError DISCARDED possible');
      answer({});
      await until(async () => (await other.operations.get('cart/1'))?.status === 'succeeded', 'the truth was stored');
      expect(await call).toMatch(/^201 \{"charge":1\}$|^DiscardedError DISCARDED possible$/);
      const next = await world.restart(run.client);
      expect(await told(charge(next, 'cart/1', 5))).toBe('201 {"charge":1}');
      expect(world.server.arrivals).toHaveLength(1);
      expect(world.server.charges).toHaveLength(1);
    },
  );

  test('M29: a late refusal that proves something only of a first attempt is no truth: B is charging', async () => {
    const { world, run, call, answer } = await asleep(kind);
    run.seemGone();
    const charging = Promise.withResolvers<Step>();
    world.server.script(() => charging.promise);
    const b = world.client();
    const taken = told(charge(b, 'cart/1', 5));
    await until(() => world.server.arrivals.length === 2, 'B sent');
    answer({ effect: false, answer: { status: 402, body: { error: 'declined' } } });
    // A has read it, and lets it go: it waits for what B is told.
    await until(async () => (await run.client.operations.get('cart/1'))?.waiting === 'other-driver', 'A follows');
    expect(await b.operations.get('cart/1')).toMatchObject({ status: 'pending', effect: 'possible' });
    charging.resolve({});
    expect(await Promise.all([call, taken])).toEqual(['201 {"charge":1}', '201 {"charge":1}']);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });
});
