import { describe, expect, test } from 'vitest';
import { type Client, type Journal, storeJournal } from '../../src/index.node.ts';
import { slowed } from '../support/client-journals.ts';
import { told, until } from '../support/client-world.ts';
import { mapStore } from '../support/map-store.ts';
import { smallWorld } from '../support/small-world.ts';

const charge = (client: Client, amount: number, more = {}) =>
  client.post('/charges', { once: 'cart/1', json: { amount }, waitTimeout: 1_500, ...more });
const close = (...clients: Client[]) => Promise.all(clients.map((client) => client.close({ timeout: 0 })));
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

describe('a key handed in that the server has seen', () => {
  async function refusedAndDiscarded() {
    const world = smallWorld('status:401', 'status:401');
    const client = world.client(world.inner, { authorize: () => ({ authorization: 'Bearer x' }) });
    const gets = await told(charge(client, 1, { key: 'key-of-the-backend' }));
    expect(gets).toBe('StillPendingError STILL_PENDING none credentials');
    await client.operations.discard('cart/1');
    return { world, client };
  }

  test('never goes out with other bytes, though its request was refused without effect (I4)', async () => {
    const { world, client } = await refusedAndDiscarded();
    expect(await told(charge(client, 2, { key: 'key-of-the-backend' }))).toBe('OperationConflictError CONFLICT none');
    expect(world.sent).toHaveLength(2);
    expect(await told(charge(client, 2, { key: 'another-key' }))).toBe('201 {"charged":{"amount":2}}');
    await close(client);
  });

  test('goes out again with the same ones', async () => {
    const { world, client } = await refusedAndDiscarded();
    expect(await told(charge(client, 1, { key: 'key-of-the-backend' }))).toBe('201 {"charged":{"amount":1}}');
    expect(new Set(world.sent.map(({ bytes }) => bytes)).size).toBe(1);
    await close(client);
  });
});

describe('closing', () => {
  test('a claim that comes through while the client closes names no driver, and its caller is told', async () => {
    const world = smallWorld();
    let come: (() => void) | undefined;
    const coming = new Promise<void>((resolve) => {
      come = resolve;
    });
    const client = world.client(slowed(world.inner, { claim: () => coming }));
    const call = told(charge(client, 1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const closed = client.close({ timeout: 500 });
    come?.();
    await closed;
    expect(await call).toBe('StillPendingError STILL_PENDING possible interrupted');
    const [record] = await world.records();
    expect({ sent: world.sent, driver: record?.state.driver }).toEqual({ sent: [], driver: undefined });
  });

  test('does not wait for ever for a journal that does not close', async () => {
    const world = smallWorld();
    const client = world.client({ ...world.inner, close: never });
    await told(charge(client, 1));
    const late = new Promise<string>((resolve) => setTimeout(() => resolve('it hangs'), 8_000));
    expect(await Promise.race([client.close({ timeout: 0 }).then(() => 'closed'), late])).toBe('closed');
  }, 10_000);
});

test('a journal whose hints cannot be had is polled', async () => {
  const world = smallWorld();
  const journal: Journal = {
    ...world.inner,
    watch: () => {
      throw new Error('no channel in a sandboxed frame');
    },
  };
  const client = world.client(journal);
  expect(await told(charge(client, 1))).toBe('201 {"charged":{"amount":1}}');
  await close(client);
});

test.each([
  { what: 'answers nonsense', write: async () => null as unknown as string },
  { what: 'reads behind its writes', write: async () => false as const },
])('a store that $what: the error shows no whole key', async ({ write }) => {
  const world = smallWorld();
  const client = world.client(storeJournal({ ...mapStore(), write }));
  const call = charge(client, 1, { key: 'a-key-that-nobody-may-read' });
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'JournalError', effect: 'none' });
  expect(String(error)).not.toContain('nobody-may-read');
  await until(() => world.sent.length === 0, 'nothing was sent');
});
