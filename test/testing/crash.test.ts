import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { type Client, createClient, memoryJournal } from '../../src/index.node.ts';
import { createMock, type Fault } from '../../src/mock/index.ts';
import { listen } from '../../src/mock/node.ts';
import { ietf } from '../../src/profiles/index.ts';
import { crash } from '../../src/testing/index.ts';
import { useMockMatchers } from '../support/mock-matchers.ts';

useMockMatchers();

/** A server on a port, and clients on one journal. */
async function makeShop(...plan: Fault[]) {
  const mock = createMock({ inProgress: 'wait' });
  mock.fail(...plan);
  const server = await listen(mock);
  const journal = memoryJournal();
  const client = (): Client =>
    createClient({ baseUrl: server.url, profile: ietf({ keyLifetime: '24h' }), journal, retry: { baseDelay: 10 } });
  return { mock, journal, client, [Symbol.asyncDispose]: () => server.close() };
}

const pay = (client: Client) => client.post('/charges', { once: ['cart', '1'], json: { amount: 1 } });

describe('crash', () => {
  test('no promise of it settles, its connections are cut, and another client goes on at once', async () => {
    await using shop = await makeShop('lose-response');
    const first = shop.client();
    const told = vi.fn<(how: unknown) => void>();
    void pay(first).then(told, told);
    void first.idle().then(told, told);
    await vi.waitUntil(() => shop.mock.effects().length === 1);
    const before = await shop.journal.list('');
    crash(first);

    const next = shop.client();
    const [found] = await next.operations.resume();
    expect(found).toMatchObject({ id: 'cart/1', status: 'pending', effect: 'possible' });
    expect(await next.operations.outcome('cart/1')).toMatchObject({ status: 'succeeded', source: 'replay' });
    expect(shop.mock).toHaveExecutedOnce('POST /charges');
    expect(shop.mock).toHaveReplayed();
    expect(before.records).toHaveLength(1);
    // Longer than its next attempt would have taken.
    await delay(100);
    expect(told.mock.calls.filter(([how]) => how !== undefined)).toEqual([]);
    expect(shop.mock.ledger()).toMatchObject([{ hits: 2 }]);
    await next.close();
  });

  test.each(['reset-after', 'status:503', 'stall'] as const)(
    'after %s nothing more is written or sent',
    async (fault) => {
      await using shop = await makeShop(fault);
      const client = shop.client();
      const crashed = new Promise<void>((resolve) => {
        shop.mock.on(({ kind }) => {
          if (kind !== 'answered' && kind !== 'lost') return;
          crash(client);
          resolve();
        });
      });
      pay(client);
      await crashed;
      const { records } = await shop.journal.list('');
      await delay(100);
      expect((await shop.journal.list('')).records).toEqual(records);
      expect(shop.mock.ledger()).toMatchObject([{ hits: 1 }]);
      await client.close();
      expect((await shop.journal.list('')).records).toEqual(records);
    },
  );

  test('at once: nothing was claimed, nothing is sent, and nothing is thrown at anybody', async () => {
    await using shop = await makeShop();
    const client = shop.client();
    const told = vi.fn<(how: unknown) => void>();
    pay(client);
    void client.post('/charges', { once: ['cart', '2'], json: {} }).then(told, told);
    crash(client);
    await delay(50);
    expect(told).not.toHaveBeenCalled();
    expect((await shop.journal.list('')).records).toEqual([]);
    expect(shop.mock).toHaveExecutedTimes(0);
  });

  test('clients made of it with extend go too, and who calls a crashed client is told', async () => {
    await using shop = await makeShop();
    const client = shop.client();
    const other = client.extend({ owner: 'bob' });
    crash(other);
    crash(client);
    for (const one of [client, other]) await expect(pay(one)).rejects.toMatchObject({ code: 'ERR_ONCEWARD_CLOSED' });
    await client.close();
    expect(shop.mock).toHaveExecutedTimes(0);
  });

  test('only a client can crash', () => {
    for (const other of [{}, undefined, { ...createClient({ profile: ietf({ keyLifetime: '24h' }) }) }.operations]) {
      expect(() => crash(other as unknown as Client)).toThrow('crash() takes a client');
    }
  });
});
