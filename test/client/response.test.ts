import { describe, expect, test } from 'vitest';
import type { Client } from '../../src/index.node.ts';
import { MEDIA } from '../support/client-media.ts';
import { nodeWith } from '../support/client-node.ts';
import { charge, makeWorld as makeWorldOf, told, toldOutcome, until } from '../support/client-world.ts';
import { worlds } from '../support/client-worlds.ts';

const makeWorld = worlds();
const MEBI = 1024 * 1024;
const BINARY = Uint8Array.from({ length: 1024 }, (_, index) => (index * 7 + (index >> 8)) % 256);

/** What a caller sees of a response. */
async function seen(response: Response): Promise<unknown> {
  return {
    status: response.status,
    headers: [...response.headers],
    body: [...new Uint8Array(await response.arrayBuffer())],
  };
}

describe.each(Object.entries(MEDIA))('the answer, as it came (I2): %s journal', (_kind, makeMedium) => {
  const ANSWERS: Readonly<Record<string, () => Response>> = {
    'every byte there is': () =>
      new Response(BINARY, { status: 200, headers: { 'content-type': 'application/octet-stream' } }),
    'bytes that are no UTF-8': () =>
      new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0xff, 0xfe, 0, 10, 13]), { status: 201 }),
    'a byte order mark before JSON': () =>
      new Response('\ufeff{"id":1}', { status: 201, headers: { 'content-type': 'text/plain' } }),
    'an empty body': () => new Response('', { status: 201, headers: { 'content-type': 'application/json' } }),
    'no body': () => new Response(null, { status: 204 }),
    'text beyond the basic plane': () => Response.json({ name: 'Zo\u00eb \u{1f600} \u2028' }, { status: 201 }),
    'headers that are kept, and others': () =>
      new Response('{}', {
        status: 201,
        headers: {
          'content-type': 'application/json',
          location: '/charges/1',
          etag: '"a"',
          'x-request-id': 'r-1',
          'set-cookie': 'a=1',
          'x-secret': 'no',
          'x-mine': 'yes',
        },
      }),
  };
  test.each(Object.entries(ANSWERS))('%s: now, from the journal, and after a restart', async (_, answer) => {
    const world = await makeWorldOf(nodeWith(makeMedium), { routes: { 'POST /charges': answer } });
    try {
      const client = world.client({ safeHeaders: ['X-Mine'] });
      const first = await seen(await charge(client, 'cart/1', 1));
      const stored = await seen(await charge(client, 'cart/1', 1));
      const next = await world.restart(client);
      const restarted = await seen(await charge(next, 'cart/1', 1));
      const direct = answer();
      const kept = new Set(['content-type', 'location', 'etag', 'x-request-id', 'x-mine', 'date']);
      const headers = [...direct.headers].filter(([name]) => kept.has(name));
      const body = [...new Uint8Array(await direct.arrayBuffer())];
      expect(first).toMatchObject({ status: direct.status, body });
      expect((first as { headers: [string, string][] }).headers.filter(([name]) => name !== 'date')).toEqual(headers);
      expect(stored).toEqual(first);
      expect(restarted).toEqual(first);
      expect(world.requests()).toBe(1);
    } finally {
      await world.close();
    }
  });
});

describe('where an answer comes from', () => {
  test('network, replay and journal are told apart', async () => {
    const world = await makeWorld();
    const client = world.client();
    const outcome = async (id: string) => toldOutcome(charge(client, id, 1).outcome());
    expect(await outcome('cart/1')).toBe('succeeded done network');
    expect(await outcome('cart/1')).toBe('succeeded done journal');
    world.mock.fail('reset-after');
    expect(await outcome('cart/2')).toBe('succeeded done replay');
  });

  test('a refusal with its body; throwHttpErrors: false gives the response', async () => {
    const world = await makeWorld({
      routes: { 'POST /charges': () => Response.json({ code: 'card_declined' }, { status: 402 }) },
    });
    const client = world.client();
    const error = await charge(client, 'cart/1', 1).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'HTTPError', status: 402, data: { code: 'card_declined' }, effect: 'none' });
    expect(JSON.stringify(error)).not.toContain('card_declined');
    const asResponse = async (by: Client, options = {}) => told(charge(by, 'cart/1', 1, options));
    expect(await asResponse(client, { throwHttpErrors: false })).toBe('402 {"code":"card_declined"}');
    expect(await asResponse(client.extend({ throwHttpErrors: false }))).toBe('402 {"code":"card_declined"}');
    expect(await asResponse(client.extend({ throwHttpErrors: false }), { throwHttpErrors: true })).toBe(
      'HTTPError HTTP none 402',
    );
    expect(await charge(client, 'cart/1', 1, { throwHttpErrors: false }).json()).toEqual({ code: 'card_declined' });
    expect(world.requests()).toBe(1);
  });

  test('doubt throws whatever throwHttpErrors says: it is no answer', async () => {
    const world = await makeWorld();
    world.mock.fail('status:501');
    expect(await told(charge(world.client(), 'cart/1', 1, { throwHttpErrors: false }))).toBe(
      'InDoubtError IN_DOUBT possible not-repeatable',
    );
  });

  test('doubt comes with the answer that caused it', async () => {
    const world = await makeWorld();
    world.mock.fail('status:501');
    const outcome = await charge(world.client(), 'cart/1', 1).outcome();
    expect(outcome).toMatchObject({
      status: 'in-doubt',
      response: { status: 501, headers: { 'content-type': 'application/problem+json' } },
    });
  });
});

describe('an answer of more than 1 MiB', () => {
  test('reaches the caller whole, and of it the fact is kept', async () => {
    const body = 'x'.repeat(MEBI + 1);
    const world = await makeWorld({ routes: { 'POST /charges': () => new Response(body, { status: 201 }) } });
    const client = world.client();
    const call = charge(client, 'cart/1', 1);
    expect(await call.text()).toBe(body);
    const outcome = await call.outcome();
    expect(outcome.status === 'succeeded' && outcome.response?.body.length).toBe(body.length);
    expect(await told(charge(client, 'cart/1', 1))).toBe('AlreadyFinishedError ALREADY_FINISHED done');
    expect(await toldOutcome(client.operations.outcome('cart/1'))).toBe('succeeded done journal');
    expect((await world.record('cart/1'))?.state.response?.body).toBeUndefined();
    expect(world.requests()).toBe(1);
  });

  test('of exactly 1 MiB all is kept', async () => {
    const body = 'x'.repeat(MEBI);
    const world = await makeWorld({ routes: { 'POST /charges': () => new Response(body, { status: 201 }) } });
    const client = world.client();
    await charge(client, 'cart/1', 1);
    expect(await charge(client, 'cart/1', 1).text()).toBe(body);
  });
});

test('what a caller does to its copy reaches nobody else', async () => {
  const world = await makeWorld();
  const client = world.client();
  const call = charge(client, 'cart/1', 1);
  const outcome = await call.outcome();
  if (outcome.status === 'succeeded') outcome.response?.body.fill(0);
  expect(await call.json()).toEqual({ charged: { amount: 1 } });
  expect(await charge(client, 'cart/1', 1).json()).toEqual({ charged: { amount: 1 } });
});

test('what a caller does to its options after the call changes nothing', async () => {
  const world = await makeWorld();
  const json = { amount: 1 };
  const headers = new Headers({ accept: 'application/json' });
  const buffer = new TextEncoder().encode('{"amount":1}');
  const client = world.client();
  const calls = [
    client.post('/charges', { once: 'cart/1', json, headers }),
    client.post('/charges', { once: 'cart/2', body: buffer, headers: { 'content-type': 'application/json' } }),
  ];
  json.amount = 99;
  headers.set('accept', 'text/plain');
  buffer.fill(0);
  expect(await Promise.all(calls.map(told))).toEqual(calls.map(() => '201 {"charged":{"amount":1}}'));
});

test('the request body is kept as long as it may be sent again, and no longer', async () => {
  const world = await makeWorld();
  world.hold();
  const client = world.client();
  const call = charge(client, 'cart/1', 1);
  await until(() => world.mock.effects().length === 1, 'the request arrived');
  expect((await world.record('cart/1'))?.fixed.request.body).toEqual(new TextEncoder().encode('{"amount":1}'));
  world.release();
  await call;
  expect((await world.record('cart/1'))?.fixed.request.body).toBeUndefined();
});
