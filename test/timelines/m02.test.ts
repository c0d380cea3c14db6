import { describe, expect, test } from 'vitest';
import { ietf } from '../../src/profiles/index.ts';
import { profileOf } from '../../src/profiles/profile.ts';
import { charge, JOURNALS, makeWorld, told, toldOutcome } from './support/world.ts';

const HTML = { 'content-type': 'text/html; charset=utf-8' };
const answered = (status: number, headers: Readonly<Record<string, string>>, body: string) => ({
  effect: false,
  answer: { status, headers, body },
});
const PORTAL = answered(200, HTML, '<h1>Welcome to the Wi-Fi</h1>');

describe.each(JOURNALS)('%s', (kind) => {
  test.each([
    ['the page of a captive portal', PORTAL],
    ['part of an answer', answered(206, {}, 'pa')],
    ['several answers in one', answered(207, { 'content-type': 'application/xml' }, '<multistatus/>')],
  ])('M2: a 2xx that is %s is no success: asked again, same key, charged once', async (_, step) => {
    const world = await makeWorld(kind);
    world.server.script(step, step);
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(await told(charge(await world.restart(client), 'cart/1', 5))).toBe('201 {"charge":1}');
    expect(world.server.arrivals).toHaveLength(3);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toHaveLength(1);
  });

  test('M2: behind a portal that never goes away it ends in doubt, not in a success with no charge', async () => {
    const world = await makeWorld(kind);
    world.server.always(PORTAL);
    const client = world.client();
    expect(await told(charge(client, 'cart/1', 5))).toBe('InDoubtError IN_DOUBT possible unreadable-response');
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('in-doubt possible unreadable-response');
    expect(world.server.arrivals).toHaveLength(8);
    expect(new Set(world.server.keys()).size).toBe(1);
    expect(world.server.charges).toEqual([]);
  });

  test('M2: who asks for HTML gets it', async () => {
    const world = await makeWorld(kind);
    world.server.script({ answer: { status: 200, headers: HTML, body: '<p>Paid</p>' } });
    const call = charge(world.client(), 'cart/1', 5, { headers: { accept: 'text/html' } });
    expect(await told(call)).toBe('200 <p>Paid</p>');
    expect(world.server.arrivals).toHaveLength(1);
  });

  test('M2: an API that refuses by 200 is read by its profile: a refusal to a first attempt, a doubt to a later one', async () => {
    const { data } = ietf({ keyLifetime: '24h' });
    const profile = profileOf({
      ...data,
      rules: [
        { when: { status: 200, json: { path: 'errors.*.message' } }, context: 'first', means: 'rejected' },
        { when: { status: 200, json: { path: 'errors.*.message' } }, means: { doubt: 'unproved-rejection' } },
        ...data.rules,
      ],
    });
    const world = await makeWorld(kind);
    const refusal = { effect: false, answer: { status: 200, body: { data: null, errors: [{ message: 'no' }] } } };
    world.server.script(refusal, { answer: 'reset' }, refusal);
    const client = world.client({ profile });
    expect(await told(charge(client, 'cart/1', 5))).toBe('HTTPError HTTP none 200');
    expect(world.server.charges).toEqual([]);
    expect(await told(charge(client, 'cart/2', 5))).toBe('InDoubtError IN_DOUBT possible unproved-rejection');
    expect(world.server.charges).toHaveLength(1);
    expect(world.server.arrivals).toHaveLength(3);
  });
});
