import { describe, expect, test } from 'vitest';
import { charge, inTime, JOURNALS, makeWorld, told, toldOutcome, until } from './support/world.ts';

const LATER = { effect: false, answer: { status: 503, headers: { 'retry-after': '20' } } } as const;

describe.each(JOURNALS)('%s', (kind) => {
  test.each(['the same client', 'another process'] as const)(
    "M25: a joiner's deadline is its own wish: the operation keeps the one of its claim, by %s",
    async (who) => {
      const world = await makeWorld(kind);
      world.server.script({ answer: 'reset' }, LATER);
      const first = world.client();
      const claimed = told(charge(first, 'cart/1', 5));
      await until(() => world.server.arrivals.length === 2, 'two attempts');
      const other = who === 'the same client' ? first : world.client();
      const joined = told(charge(other, 'cart/1', 5, { deadline: new Date(world.clock.now() + 1_000) }));
      expect(await inTime(world, Promise.all([claimed, joined]))).toEqual(['201 {"charge":1}', '201 {"charge":1}']);
      expect(new Set(world.server.keys()).size).toBe(1);
    },
  );

  test('M25: nor can a joiner put the deadline off: what was possible then is in doubt, and never sent again', async () => {
    const world = await makeWorld(kind);
    world.server.script({ answer: 'reset' }, LATER);
    const client = world.client({ retry: { baseDelay: '6s', maxDelay: '6s' }, random });
    world.server.always(LATER);
    const due = world.clock.now() + 10_000;
    const claimed = told(charge(client, 'cart/1', 5, { deadline: new Date(due) }));
    const joined = told(charge(client, 'cart/1', 5, { deadline: new Date(due + 3_600_000) }));
    const doubt = 'InDoubtError IN_DOUBT possible deadline';
    // Else a slow disk lets the deadline pass before anything is sent.
    await until(() => world.server.arrivals.length > 0, 'sent');
    expect(await inTime(world, Promise.all([claimed, joined]))).toEqual([doubt, doubt]);
    const sent = world.server.arrivals.length;
    const next = await world.restart(client);
    await next.operations.resume();
    await next.operations.wake();
    await world.clock.advance('1h');
    expect(await told(charge(next, 'cart/1', 5, { deadline: new Date(due + 7_200_000) }))).toBe(doubt);
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('in-doubt possible deadline');
    expect(world.server.arrivals).toHaveLength(sent);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M25: a wait that would end after the deadline is not begun: in doubt at once, and the caller is told at once', async () => {
    const world = await makeWorld(kind);
    world.server.script({ answer: 'reset' }, LATER);
    const deadline = new Date(world.clock.now() + 15_000);
    // Nobody moves time on here, and the server asked for twenty seconds.
    expect(await told(charge(world.client(), 'cart/1', 5, { deadline }))).toBe(
      'InDoubtError IN_DOUBT possible deadline',
    );
    expect(world.server.arrivals).toHaveLength(2);
  });

  test('M25: the deadline of a process that died counts for the next one', async () => {
    const world = await makeWorld(kind);
    world.server.script({ answer: 'reset' }, { effect: false, answer: 'silence' });
    const run = world.run();
    void told(charge(run.client, 'cart/1', 5, { deadline: new Date(world.clock.now() + 60_000) }));
    await until(() => world.server.arrivals.length === 2, 'two attempts');
    run.kill();
    await world.clock.advance('2m');
    const next = world.client();
    await next.operations.resume();
    expect(await told(charge(next, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible deadline');
    expect(world.server.arrivals).toHaveLength(2);
  });

  test('M25: a deadline that passes before anything was sent leaves nothing to doubt', async () => {
    const world = await makeWorld(kind);
    const authorize = () => Promise.reject(new Error('offline'));
    const client = world.client({ authorize });
    const call = told(charge(client, 'cart/1', 5, { deadline: new Date(world.clock.now() + 10_000) }));
    expect(await inTime(world, call)).toBe('NotSentError NOT_SENT none');
    expect(world.server.arrivals).toEqual([]);
  });

  test("M25: a joiner's signal and waitTimeout end its own waiting and nothing else, before the first byte too", async () => {
    const world = await makeWorld(kind);
    const asked = Promise.withResolvers<void>();
    const token = Promise.withResolvers<void>();
    const authorize = async () => {
      asked.resolve();
      await token.promise;
      return { authorization: 'Bearer x' };
    };
    const client = world.client({ authorize });
    const claimed = told(charge(client, 'cart/1', 5));
    await asked.promise;
    const leaving = new AbortController();
    const joined = told(charge(client, 'cart/1', 5, { signal: leaving.signal }));
    const hasty = told(charge(world.client(), 'cart/1', 5, { waitTimeout: 5 }));
    expect(await hasty).toMatch(/^StillPendingError STILL_PENDING possible/);
    leaving.abort();
    expect(await joined).toMatch(/^StillPendingError STILL_PENDING/);
    token.resolve();
    expect(await claimed).toBe('201 {"charge":1}');
    expect(world.server.arrivals).toHaveLength(1);
  });
});

const random = {
  bytes: (n: number) => crypto.getRandomValues(new Uint8Array(n)),
  fraction: () => 0.999,
};
