import { describe, expect, test } from 'vitest';
import { ietf } from '../../src/profiles/index.ts';
import { profileOf } from '../../src/profiles/profile.ts';
import { charge, inTime, JOURNALS, makeWorld, settable, told, toldOutcome, until } from './support/world.ts';

/** An API whose own gateway says 429, before anything is done. */
const { data } = ietf({ keyLifetime: '24h' });
const GATEWAY = profileOf({ ...data, rules: [{ when: { status: 429 }, means: 'unchanged' }, ...data.rules] });

const LOST = { answer: 'reset' } as const;
const says = (status: number, headers: Record<string, string> = {}, body?: unknown) => ({
  effect: false,
  answer: { status, headers, body },
});

describe.each(JOURNALS)('%s', (kind) => {
  test('M10: the same form again is the same request, bytes and all', async () => {
    const world = await makeWorld(kind);
    const form = () => {
      const data = new FormData();
      data.append('amount', '5');
      data.append('receipt', new File(['a\r\nb'], 'r.txt', { type: 'text/plain' }));
      return data;
    };
    const client = world.client();
    world.server.script(LOST);
    expect(await told(client.post('/charges', { once: 'cart/1', body: form() }))).toBe('201 {"charge":1}');
    const next = await world.restart(client);
    expect(await told(next.post('/charges', { once: 'cart/1', body: form() }))).toBe('201 {"charge":1}');
    const [first, second] = world.server.arrivals;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['content-type']).toBe(first?.headers['content-type']);
    expect(world.server.arrivals).toHaveLength(2);
  });

  test('M10: after a deploy the body has another field: joined by name, or by a fingerprint of the caller', async () => {
    const world = await makeWorld(kind);
    const client = world.client();
    world.server.script(LOST, says(503, { 'retry-after': '40' }));
    void told(client.post('/charges', { once: 'cart/1', json: { amount: 5 }, fingerprint: 'cart 1, 5' }));
    await until(() => world.server.arrivals.length === 2, 'asked twice');
    const deployed = { once: 'cart/1', json: { amount: 5, version: 2 } };
    expect(await told(client.post('/charges', deployed))).toBe('OperationConflictError CONFLICT possible');
    const joined = told(client.post('/charges', { ...deployed, fingerprint: 'cart 1, 5' }));
    const byName = toldOutcome(client.operations.outcome('cart/1'));
    expect(await inTime(world, Promise.all([joined, byName]))).toEqual(['201 {"charge":1}', 'succeeded done replay']);
    expect(new Set(world.server.arrivals.map(({ body }) => body)).size).toBe(1);
  });

  test.each([408, 425, 429, 500, 502, 503, 504])(
    'M11: a first %i leaves it possible: a gateway may say it after it passed the request on',
    async (status) => {
      const world = await makeWorld(kind);
      // The charge is made, and the gateway answers.
      world.server.script({ answer: { status, headers: { 'retry-after': '7200' } } });
      const client = world.client();
      expect(await told(charge(client, 'cart/1', 5))).toBe('StillPendingError STILL_PENDING possible retry-after');
      await expect(client.operations.discard('cart/1')).rejects.toMatchObject({ effect: 'possible' });
      expect(world.server.charges).toHaveLength(1);
    },
  );

  test.each([408, 409, 425, 429, 500, 502, 503, 504])(
    'M11: what a %i has left possible, a later refusal does not make unhappen',
    async (status) => {
      const world = await makeWorld(kind);
      world.server.script({ answer: { status } }, says(402, {}, { error: 'declined' }));
      const client = world.client({ waitTimeout: Number.POSITIVE_INFINITY });
      expect(await inTime(world, told(charge(client, 'cart/1', 5)))).toBe(
        'InDoubtError IN_DOUBT possible unproved-rejection',
      );
      expect(world.server.arrivals).toHaveLength(2);
      expect(world.server.charges).toHaveLength(1);
    },
  );

  test('M11: only a profile may say that nothing happened: then a later refusal is one', async () => {
    const world = await makeWorld(kind);
    world.server.script(says(429), says(402, {}, { error: 'declined' }));
    expect(await told(charge(world.client({ profile: GATEWAY }), 'cart/1', 5))).toBe('HTTPError HTTP none 402');
    expect(world.server.charges).toEqual([]);
  });

  test('M12: a 401 asks for other credentials once, at once, with the same key', async () => {
    const world = await makeWorld(kind);
    const reasons: string[] = [];
    world.server.script(says(401));
    const client = world.client({
      authorize: ({ reason }) => {
        reasons.push(reason);
        return { authorization: reason === 'unauthorized' ? 'fresh' : 'stale' };
      },
    });
    expect(await told(charge(client, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(reasons).toEqual(['attempt', 'unauthorized']);
    expect(world.server.arrivals.map(({ headers }) => headers['authorization'])).toEqual(['stale', 'fresh']);
    expect(new Set(world.server.keys()).size).toBe(1);
  });

  test('M12: a second 401 parks it, and a further call with other credentials wakes it: the same key', async () => {
    const world = await makeWorld(kind);
    let token = 'revoked';
    world.server.script(LOST, says(401), says(401));
    const client = world.client({ authorize: () => ({ authorization: token }) });
    expect(await told(charge(client, 'cart/1', 5))).toBe('StillPendingError STILL_PENDING possible credentials');
    token = 'renewed';
    expect(await told(charge(client, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M12: a 403 is like any other refusal: after a lost answer it proves nothing', async () => {
    const world = await makeWorld(kind);
    world.server.script(LOST, says(403, {}, { error: 'forbidden' }));
    const call = told(charge(world.client({ authorize: () => ({ authorization: 'x' }) }), 'cart/1', 5));
    expect(await call).toBe('InDoubtError IN_DOUBT possible unproved-rejection');
  });

  test.each([
    ['a Retry-After of 115 days', undefined, says(503, { 'retry-after': '9999999' }), 'key-expired'],
    ['a Retry-After beyond the deadline', 60_000, says(503, { 'retry-after': '61' }), 'deadline'],
  ])('M21: %s is decided now, not after the silence', async (_, deadline, answer, reason) => {
    const world = await makeWorld(kind);
    world.server.script(answer);
    const clock = settable(world.clock);
    const options = deadline === undefined ? {} : { deadline: new Date(clock.now() + deadline) };
    const before = clock.now();
    const call = charge(world.client({ clock }), 'cart/1', 5, options);
    expect(await told(call)).toBe(`InDoubtError IN_DOUBT possible ${reason}`);
    expect(clock.now() - before).toBeLessThan(5_000);
  });

  test('M21: where nothing happened a key has no age: parked for as long as asked, and then sent', async () => {
    const world = await makeWorld(kind);
    world.server.script(says(429, { 'retry-after': '172800' }));
    const client = world.client({ profile: GATEWAY });
    expect(await told(charge(client, 'cart/1', 5))).toBe('StillPendingError STILL_PENDING none retry-after');
    await world.clock.advance('48h');
    expect(await inTime(world, toldOutcome(client.operations.outcome('cart/1')))).toBe('succeeded done network');
    expect(world.server.arrivals).toHaveLength(2);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M21: where nothing happened, a Retry-After beyond the deadline ends it as not sent', async () => {
    const world = await makeWorld(kind);
    world.server.script(says(429, { 'retry-after': '61' }));
    const deadline = new Date(world.clock.now() + 60_000);
    const client = world.client({ profile: GATEWAY });
    expect(await told(charge(client, 'cart/1', 5, { deadline }))).toBe('NotSentError NOT_SENT none');
    // The name is free again.
    expect(await told(charge(client, 'cart/1', 5))).toBe('201 {"charge":1}');
  });
});
