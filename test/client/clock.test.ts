import { describe, expect, test } from 'vitest';
import { ietf } from '../../src/profiles/index.ts';
import { charge, told, toldOutcome, toldRecord, until, type World } from '../support/client-world.ts';
import { worlds } from '../support/client-worlds.ts';
import { settable } from '../timelines/support/world.ts';

const makeWorld = worlds();
const ONE = '201 {"charged":{"amount":1}}';
const HOUR = 3_600_000;

/** A charge that was executed, whose answer was lost, and that waits an hour. */
async function lostAndParked(world: World, options: Parameters<World['client']>[0]) {
  world.mock.fail('reset-after', { fault: 'status:503', retryAfter: '3600' });
  const client = world.client(options);
  expect(await told(charge(client, 'cart/1', 1, { waitTimeout: 1_000 }))).toBe(
    'StillPendingError STILL_PENDING possible retry-after',
  );
  return client;
}

describe('the age of a key', () => {
  test('a parked operation goes on by itself once it is due', async () => {
    const world = await makeWorld();
    const { clock } = world.mock;
    const client = await lostAndParked(world, { clock });
    await clock.advance('30m');
    expect(world.requests()).toBe(2);
    // Less than attemptTimeout beyond: a real socket answers in real time.
    await clock.advance('30m');
    await clock.advance('5s');
    await until(async () => toldRecord(await world.record('cart/1')) === 'succeeded 1 done', 'answered');
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('succeeded done journal');
    expect(world.mock.ledger()).toMatchObject([{ effects: 1, hits: 3 }]);
  });

  test.each(['the same client', 'the next client'] as const)(
    'beyond its lifetime less a tenth nothing is sent, by %s: in doubt, for ever',
    async (who) => {
      const world = await makeWorld();
      // The lid is closed: no timer runs meanwhile, and the first thing the client sees is that it is late.
      const clock = settable(world.mock.clock);
      const first = await lostAndParked(world, { clock });
      if (who === 'the next client') await first.close();
      clock.set(22 * HOUR);
      const client = who === 'the same client' ? first : world.client({ clock });
      await client.operations.wake('cart/1');
      expect(await told(charge(client, 'cart/1', 1))).toBe('InDoubtError IN_DOUBT possible key-expired');
      await client.operations.wake();
      await client.idle();
      expect((await client.operations.resume()).map(({ reason }) => reason)).toEqual(['key-expired']);
      expect(world.requests()).toBe(2);
    },
  );

  test('a wait that ends too late is decided now, not then', async () => {
    const world = await makeWorld();
    world.mock.fail('reset-after', { fault: 'status:503', retryAfter: String(22 * 3600) });
    expect(await told(charge(world.client(), 'cart/1', 1))).toBe('InDoubtError IN_DOUBT possible key-expired');
  });

  test('what was never sent has no age: after two days it is sent', async () => {
    const world = await makeWorld();
    const { clock } = world.mock;
    let good = false;
    const authorize = () => {
      if (!good) throw new Error('offline');
      return {};
    };
    const first = world.client({ clock, authorize, retry: { maxDelay: '24h' } });
    expect(await told(charge(first, 'cart/1', 1, { waitTimeout: 100 }))).toBe(
      'StillPendingError STILL_PENDING none credentials',
    );
    await first.close();
    await clock.advance('2d');
    good = true;
    const next = world.client({ clock, authorize });
    await next.operations.resume();
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('succeeded done network');
    expect(world.requests()).toBe(1);
  });

  test('an authorize during which the key expires does not get its attempt', async () => {
    const world = await makeWorld();
    const { clock } = world.mock;
    world.mock.fail('reset-after');
    const slow = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const client = world.client({
      clock: { ...clock, sleep: (ms, signal) => (ms > HOUR ? new Promise(() => undefined) : clock.sleep(ms, signal)) },
      attemptTimeout: '2h',
      async authorize({ attempt }) {
        if (attempt === 2) {
          asked.resolve();
          await slow.promise;
        }
        return {};
      },
    });
    const call = told(charge(client, 'cart/1', 1, { waitTimeout: Number.POSITIVE_INFINITY }));
    await asked.promise;
    await clock.advance('23h');
    slow.resolve();
    expect(await call).toBe('InDoubtError IN_DOUBT possible key-expired');
    expect([world.requests(), world.mock.effects().length]).toEqual([1, 1]);
  });
});

describe('a clock that is set', () => {
  test('back by more than a minute: the age is unknown, in doubt, nothing sent', async () => {
    const world = await makeWorld();
    const clock = settable(world.mock.clock);
    const client = await lostAndParked(world, { clock });
    await client.close();
    clock.set(-2 * 60_000);
    const next = world.client({ clock });
    await next.operations.resume();
    expect(await told(charge(next, 'cart/1', 1))).toBe('InDoubtError IN_DOUBT possible clock');
    expect(world.requests()).toBe(2);
  });

  test('back by less is what clocks do', async () => {
    const world = await makeWorld();
    const clock = settable(world.mock.clock);
    const client = await lostAndParked(world, { clock });
    await client.close();
    clock.set(-50_000);
    const next = world.client({ clock });
    expect(await told(charge(next, 'cart/1', 1, { waitTimeout: 500 }))).toBe(
      'StillPendingError STILL_PENDING possible retry-after',
    );
  });

  test('back while a first attempt is prepared: nothing was sent, so it has no age, and it is sent', async () => {
    const world = await makeWorld();
    const clock = settable(world.mock.clock);
    let set = false;
    const client = world.client({
      clock,
      authorize: () => {
        if (!set) clock.set(-HOUR);
        set = true;
        return {};
      },
    });
    expect(await told(charge(client, 'cart/1', 1))).toBe(ONE);
    expect(world.requests()).toBe(1);
  });

  test('back within one run: the monotonic clock keeps the age', async () => {
    const world = await makeWorld();
    const clock = settable(world.mock.clock);
    world.mock.fail('reset-after', { fault: 'status:503', retryAfter: '300' });
    const client = world.client({ clock, profile: ietf({ keyLifetime: '10m' }) });
    await told(charge(client, 'cart/1', 1, { waitTimeout: 500 }));
    clock.set(-4 * 60_000);
    // Nine minutes pass, five by the wall: due, and by the wall young enough.
    await world.mock.clock.advance('9m');
    await world.mock.clock.advance('5s');
    expect(await toldOutcome(client.operations.outcome('cart/1', { waitTimeout: 500 }))).toBe(
      'in-doubt possible key-expired',
    );
    expect(world.requests()).toBe(2);
  });

  // Found by the simulation: a process stood still with its first request out, and its clock was set back by as much.
  test('back while the first request is out: the monotonic clock has counted from its send', async () => {
    const world = await makeWorld();
    const { now, monotonic, sleep } = world.mock.clock;
    let stood = 0;
    const clock = { now, monotonic: () => monotonic() + stood, sleep };
    const client = world.client({
      clock,
      profile: ietf({ keyLifetime: '10m' }),
      wrapFetch: (send) => async (input, init) => {
        stood = 10 * 60_000;
        return send(input, init);
      },
    });
    world.mock.fail('status:503');
    expect(await toldOutcome(charge(client, 'cart/1', 1).outcome())).toBe('in-doubt possible key-expired');
    expect(world.requests()).toBe(1);
  });
});

describe('deadline', () => {
  test('past before the call: not sent', async () => {
    const world = await makeWorld();
    const call = charge(world.client(), 'cart/1', 1, { deadline: new Date(Date.now() - 1) });
    expect(await told(call)).toBe('NotSentError NOT_SENT none');
    expect(await toldOutcome(call.outcome())).toBe('not-sent none');
    expect([world.requests(), toldRecord(await world.record('cart/1'))]).toEqual([0, 'not-sent 1 none']);
  });

  test('between two attempts: in doubt, decided before sleeping', async () => {
    const world = await makeWorld();
    world.mock.fail({ fault: 'status:503', retryAfter: '30' });
    const start = performance.now();
    const call = charge(world.client(), 'cart/1', 1, { deadline: new Date(Date.now() + 10_000) });
    expect(await told(call)).toBe('InDoubtError IN_DOUBT possible deadline');
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test('kept over a restart', async () => {
    const world = await makeWorld();
    const { clock } = world.mock;
    world.mock.fail('reset-after', { fault: 'status:503', retryAfter: '600' });
    const client = world.client({ clock });
    const deadline = new Date(clock.now() + HOUR);
    await told(charge(client, 'cart/1', 1, { deadline, waitTimeout: 500 }));
    await client.close();
    await clock.advance('2h');
    const next = world.client({ clock });
    await next.operations.resume();
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('in-doubt possible deadline');
    expect(world.requests()).toBe(2);
  });

  test('while credentials are missing, and nothing was sent: not sent, and the name is free', async () => {
    const world = await makeWorld();
    const { clock } = world.mock;
    let good = false;
    const client = world.client({
      clock,
      authorize: () => {
        if (!good) throw new Error('offline');
        return {};
      },
      retry: { maxDelay: '5m' },
    });
    const deadline = new Date(clock.now() + HOUR);
    await told(charge(client, 'cart/1', 1, { deadline, waitTimeout: 100 }));
    await clock.advance('2h');
    await until(async () => toldRecord(await world.record('cart/1')) === 'not-sent 1 none', 'given up');
    good = true;
    expect(await told(charge(client, 'cart/1', 1))).toBe(ONE);
  });
});
