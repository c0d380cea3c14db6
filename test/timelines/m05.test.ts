import { describe, expect, test } from 'vitest';
import { anonymous, type Client } from '../../src/index.node.ts';
import { charge, JOURNALS, makeWorld, type Run, told, toldOutcome, until } from './support/world.ts';

const LATER = { effect: false, answer: { status: 503, headers: { 'retry-after': '7200' } } };

/** What `resume()` hands out, in short. */
async function resumed(client: Client): Promise<readonly string[]> {
  const operations = await client.operations.resume();
  return operations.map(({ id, status, waiting }) => [id, status, ...(waiting ? [waiting] : [])].join(' '));
}

describe.each(JOURNALS)('%s', (kind) => {
  test('M5: a program that awaits resume() at its start is not held by an operation parked for two hours', async () => {
    const world = await makeWorld(kind);
    world.server.always(LATER);
    const first = world.client();
    expect(await told(charge(first, 'cart/1', 5))).toBe('StillPendingError STILL_PENDING possible retry-after');
    const next = await world.restart(first);
    // No time passes: what this waited for would never come.
    expect(await next.operations.resume()).toMatchObject([{ id: 'cart/1', status: 'pending', effect: 'possible' }]);
    await next.idle();
    expect(await resumed(next)).toEqual(['cart/1 pending retry-after']);
    expect(world.server.arrivals).toHaveLength(1);
    // It was only waited for: at its time it goes on by itself.
    world.server.always({});
    await world.clock.advance('2h');
    await until(async () => (await next.operations.get('cart/1'))?.status === 'succeeded', 'it went on');
    expect(world.server.charges).toHaveLength(1);
    expect(new Set(world.server.keys()).size).toBe(1);
  });

  test.each([
    ['a name', 'cart/1'],
    ['no name', anonymous],
  ] as const)(
    'M5: dead after the outcome was stored and before anybody was told: with %s, the next process is told',
    async (_, once) => {
      const world = await makeWorld(kind);
      let finished = false;
      const run: Run = world.run({
        moments: {
          afterFinish: () => {
            finished = true;
            run.kill();
          },
        },
      });
      void told(run.client.post('/charges', { once, json: { amount: 5 } }));
      await until(() => finished, 'the outcome is stored');
      const next = world.client();
      const [found, ...others] = await next.operations.resume();
      expect(found).toMatchObject({ status: 'succeeded', effect: 'done' });
      expect(others).toEqual([]);
      const id = found?.id ?? '';
      // Handing it out is not delivering it: a start that dies here must not be the last to know.
      const third = await world.restart(next);
      expect(await resumed(third)).toEqual([`${id} succeeded`]);
      await third.operations.acknowledge(id);
      expect(await resumed(third)).toEqual([]);
      expect(world.server.arrivals).toHaveLength(1);
      expect(world.server.charges).toHaveLength(1);
    },
  );

  test('M5: two processes resume the same: one sends, and both are told what became of it', async () => {
    const world = await makeWorld(kind);
    world.server.script({ answer: 'reset' }, { answer: 'silence' });
    const dead = world.run();
    void told(charge(dead.client, 'cart/1', 5));
    await until(() => world.server.arrivals.length === 2, 'the second attempt is out');
    dead.kill();
    const held = Promise.withResolvers<object>();
    world.server.always(() => held.promise);
    const both = [world.client(), world.client()];
    await Promise.all(both.map((client) => client.operations.resume()));
    await until(() => world.server.arrivals.length === 3, 'one of them sends');
    const ends = both.map((client) => toldOutcome(client.operations.outcome('cart/1')));
    await world.clock.advance('5s');
    held.resolve({});
    for (const end of await Promise.all(ends)) expect(end).toMatch(/^succeeded done/);
    expect(world.server.arrivals).toHaveLength(3);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M5: an outcome a caller was given is handed out no more; one that nobody waited for is, and a doubt every time', async () => {
    const world = await makeWorld(kind);
    world.server.script({}, { answer: 'reset' }, { effect: false, answer: { status: 404, body: {} } });
    const client = world.client();
    expect(await told(charge(client, 'told', 1))).toBe('201 {"charge":1}');
    expect(await told(charge(client, 'doubtful', 2))).toBe('InDoubtError IN_DOUBT possible unproved-rejection');
    // Nobody asks for this one's answer.
    charge(client, 'unread', 3);
    await client.idle();
    const next = await world.restart(client);
    expect(await resumed(next)).toEqual(['doubtful in-doubt', 'unread succeeded']);
    expect(await told(charge(next, 'unread', 3))).toBe('201 {"charge":3}');
    await until(async () => (await resumed(next)).join() === 'doubtful in-doubt', 'only the doubt is left');
    expect(world.server.charges.map(({ body }) => body)).toEqual(['{"amount":1}', '{"amount":2}', '{"amount":3}']);
  });
});
