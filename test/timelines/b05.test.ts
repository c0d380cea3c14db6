import { describe, expect, expectTypeOf, test } from 'vitest';
import { type ClientOptions, createClient } from '../../src/index.node.ts';
import { ietf } from '../../src/profiles/index.ts';
import { profileOf } from '../../src/profiles/profile.ts';
import { charge, JOURNALS, makeWorld, told } from './support/world.ts';

const { data } = ietf({ keyLifetime: '24h' });

describe.each(JOURNALS)('%s', (kind) => {
  test('B5: nobody guesses what a server does with keys: profile and lifetime have to be said', () => {
    expect(() => createClient({ baseUrl: 'https://pay.example' } as ClientOptions)).toThrow(/needs a profile/);
    expect(() => ietf(undefined as never)).toThrow(/keyLifetime.*documentation/);
    expect(() => ietf({} as never)).toThrow(/keyLifetime.*documentation/);
    expectTypeOf<{ baseUrl: string }>().not.toExtend<ClientOptions>();
    expectTypeOf<object>().not.toExtend<Parameters<typeof ietf>[0]>();
  });

  test.each([
    ['said: 30 minutes', ietf({ keyLifetime: '30m' }), '2h'],
    ['said: 5 minutes', ietf({ keyLifetime: '5m' }), '10m'],
    ['unpublished', profileOf({ ...data, lifetime: { kind: 'unpublished' } }), '10m'],
  ] as const)('B5: lifetime %s: after a sleep beyond it the key is not sent again', async (_, profile, sleep) => {
    const world = await makeWorld(kind);
    world.server.script({ answer: 'reset' }, { answer: 'silence' });
    const first = world.run({ profile });
    void told(charge(first.client, 'cart/1', 5));
    await expect.poll(() => world.server.arrivals.length).toBe(2);
    first.kill();
    await world.clock.advance(sleep);
    world.server.forgetKeys();
    const next = world.client({ profile });
    await next.operations.resume();
    expect(await told(charge(next, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible key-expired');
    expect(world.server.arrivals).toHaveLength(2);
    expect(world.server.charges).toHaveLength(1);
  });

  test.each(['no', 'unknown'] as const)(
    'B5: on a route where keys are "%s" honoured, what may have happened is not sent again',
    async (honoured) => {
      const world = await makeWorld(kind, { honoursKeys: false });
      world.server.script({ answer: 'reset' });
      const profile = profileOf({ ...data, routes: { 'POST /charges': honoured } });
      const client = world.client({ profile });
      expect(await told(charge(client, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible not-repeatable');
      const next = await world.restart(client, { profile });
      await next.operations.resume();
      expect(await told(charge(next, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible not-repeatable');
      expect(world.server.arrivals).toHaveLength(1);
      expect(world.server.charges).toHaveLength(1);
    },
  );
});
