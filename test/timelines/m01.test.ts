import { describe, expect, test } from 'vitest';
import { charge, JOURNALS, makeWorld, told } from './support/world.ts';

const PROBLEM = { 'content-type': 'application/problem+json' };
/** What Rails, Laravel, FastAPI and GitHub say to a bad e-mail address. */
const VALIDATION = { effect: false, answer: { status: 422, body: { errors: { email: ['is invalid'] } } } };
/** The draft's own words for a key that belongs to another payload. */
const MISMATCH = {
  effect: false,
  answer: { status: 422, headers: PROBLEM, body: { title: 'Idempotency-Key is already used', status: 422 } },
};

describe.each(JOURNALS)('%s', (kind) => {
  test('M1: a 422 to a bad e-mail is a refusal of this request, and the corrected one goes out under a new key', async () => {
    const world = await makeWorld(kind);
    world.server.script(VALIDATION);
    const client = world.client();
    const call = charge(client, 'cart/1', 5);
    expect(await told(call)).toBe('HTTPError HTTP none 422');
    await expect(call).rejects.toMatchObject({ data: { errors: { email: ['is invalid'] } } });
    expect(await told(charge(client, 'cart/1', 6))).toBe('201 {"charge":1}');
    const [first, second] = world.server.arrivals;
    expect(second?.key).not.toBe(first?.key);
    expect(world.server.charges).toMatchObject([{ key: second?.key, body: '{"amount":6}' }]);
  });

  test('M1: a 422 after a lost success is no refusal: in doubt, with the answer, under one key', async () => {
    const world = await makeWorld(kind);
    world.server.script({ answer: 'reset' }, VALIDATION);
    const client = world.client();
    const outcome = await charge(client, 'cart/1', 5).outcome();
    expect(outcome).toMatchObject({
      status: 'in-doubt',
      effect: 'possible',
      reason: 'unproved-rejection',
      response: { status: 422, data: { errors: { email: ['is invalid'] } } },
    });
    expect(await told(charge(client, 'cart/1', 6))).toBe('InDoubtError IN_DOUBT possible unproved-rejection');
    expect(world.server.arrivals).toHaveLength(2);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test.each([
    ['to the first attempt', [MISMATCH], 0],
    ['after a lost success', [{ answer: 'reset' }, MISMATCH], 1],
  ] as const)("M1: the draft's own words say that the key is foreign: %s", async (_, steps, charges) => {
    const world = await makeWorld(kind);
    world.server.script(...steps);
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible key-mismatch');
    expect(await told(charge(client, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible key-mismatch');
    expect(world.server.arrivals).toHaveLength(steps.length);
    expect(world.server.charges).toHaveLength(charges);
  });
});
