import { describe, expect, test } from 'vitest';
import { createMock } from '../../src/mock/index.ts';
import { stripeV1 } from '../../src/profiles/index.ts';
import { createTestClient } from '../../src/testing/index.ts';
import { useMockMatchers } from '../support/mock-matchers.ts';

useMockMatchers();

const CHARGE = { once: ['cart', '1'], json: { amount: 1 } } as const;

describe('createTestClient', () => {
  test('a client and a server, and nothing to set up', async () => {
    const { client, mock } = createTestClient();
    expect(await client.post('/charges', CHARGE).json()).toEqual({ id: 'mock_1' });
    expect(mock).toHaveExecutedOnce('POST /charges');
    expect(await client.ready()).toMatchObject({ ok: true, journal: { kind: 'memory' } });
    await client.close();
  });

  test.each([
    [['lose-response'], '1m', 'replay'],
    [['lose-response', 'lose-response', 'stall', 'lose-response'], '10m', 'replay'],
    [['stall', { fault: 'status:503', retryAfter: '120' }], '10m', 'network'],
  ] as const)('%j: time passes when it is told to, however many sleeps that takes', async (plan, time, source) => {
    const { client, mock, clock } = createTestClient({ waitTimeout: '1h' });
    mock.fail(...plan);
    const started = performance.now();
    const paid = client.post('/charges', CHARGE).outcome();
    await clock.advance(time);
    expect(await paid).toMatchObject({ status: 'succeeded', source });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(mock).toHaveExecutedOnce();
    mock.assertPlanConsumed();
    await client.close();
  });

  test('advance moves time by as much as it says', async () => {
    const { clock } = createTestClient();
    const [now, monotonic, real] = [clock.now(), clock.monotonic(), performance.now()];
    await clock.advance('36h');
    const both = [clock.now() - now, clock.monotonic() - monotonic];
    const passed = performance.now() - real;
    for (const moved of both) {
      expect(moved).toBeGreaterThanOrEqual(36 * 3_600_000 - 1);
      expect(moved).toBeLessThan(36 * 3_600_000 + passed + 2);
    }
  });

  test('restart crashes the client and makes another one on its journal', async () => {
    const { client, mock, restart } = createTestClient();
    mock.fail('lose-response', 'lose-response');
    client.post('/charges', CHARGE);
    await expect.poll(() => mock.effects().length).toBe(1);
    const second = await restart();
    expect((await second.operations.resume()).map(({ id }) => id)).toEqual(['cart/1']);
    await expect.poll(() => mock.events().filter(({ kind }) => kind === 'lost').length).toBe(2);
    const third = await restart({ headers: { 'accept-language': 'de' } });
    expect(await third.operations.outcome('cart/1')).toMatchObject({ status: 'succeeded', source: 'replay' });
    expect(mock).toHaveExecutedOnce();
    await third.close();
    await expect(client.post('/charges', CHARGE)).rejects.toMatchObject({ code: 'ERR_ONCEWARD_CLOSED' });
  });

  test('a clean end, and the next client finds what was stored', async () => {
    const { client, mock, restart } = createTestClient();
    await client.post('/charges', CHARGE);
    await client.close();
    const next = await restart();
    expect(await next.post('/charges', CHARGE).outcome()).toMatchObject({ status: 'succeeded', source: 'journal' });
    expect(mock).toHaveExecutedOnce();
    await next.close();
  });

  test('mock, profile and options of createClient are taken', async () => {
    const mock = createMock({
      baseUrl: 'https://pay.example/v1',
      profile: stripeV1,
      routes: { 'POST /charges': ({ key }) => Response.json({ key }, { status: 200 }) },
    });
    const { client } = createTestClient({
      mock,
      profile: stripeV1,
      owner: 'alice',
      baseUrl: 'https://pay.example/v1/',
    });
    const { key } = await client.post('charges', CHARGE).json<{ key: string }>();
    expect(mock.ledger()).toMatchObject([{ key }]);
    expect(await client.operations.get('cart/1')).toMatchObject({ status: 'succeeded' });
    await client.close();
  });
});
