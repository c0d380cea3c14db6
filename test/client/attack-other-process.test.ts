import { describe, expect, test } from 'vitest';
import type { Client } from '../../src/index.node.ts';
import { told, until } from '../support/client-world.ts';
import { type SmallWorld, smallWorld } from '../support/small-world.ts';

const charge = (client: Client, amount: number, more = {}) =>
  client.post('/charges', { once: 'cart/1', json: { amount }, waitTimeout: 50, ...more });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const close = (...clients: Client[]) => Promise.all(clients.map((client) => client.close({ timeout: 0 })));
const storedState = async (world: SmallWorld) => (await world.records())[0]?.state.state;

describe('somebody else ends an operation while we drive it', () => {
  // Full jitter may well be no wait at all: a Retry-After is one.
  test.each([
    { how: 'in a backoff', plan: [{ fault: 'status:503', retryAfter: '1' }] as const },
    { how: 'parked', plan: ['status:503', { fault: 'status:503', retryAfter: '1' }] as const },
  ])('discarded by another client $how: nothing more is sent', async ({ plan }) => {
    const world = smallWorld(...plan);
    const retry = { limit: 2, baseDelay: 1, maxDelay: 1 };
    const [driver, office] = [world.client(world.inner, { retry }), world.client(world.inner)];
    await told(charge(driver, 1));
    const waits = async () => (await world.records())[0]?.state.waiting === 'retry-after';
    await until(async () => world.sent.length === plan.length && (await waits()), 'waiting');
    await office.operations.discard('cart/1', { evenIfPossiblySent: true });
    await pause(1_200);
    expect({ sent: world.sent.length, state: await storedState(world) }).toEqual({
      sent: plan.length,
      state: 'discarded',
    });
    await close(driver, office);
  });

  test('discarded, forgotten and called again: the old key is not sent any more, and its answer is not the new one', async () => {
    const world = smallWorld({ fault: 'status:503', retryAfter: '1' });
    const driver = world.client(world.inner);
    const office = world.client(world.inner);
    await told(charge(driver, 1));
    await until(async () => (await world.records())[0]?.state.waiting !== undefined, 'waiting');
    await office.operations.discard('cart/1', { evenIfPossiblySent: true });
    await office.operations.forget('cart/1');
    // By the very client whose driver is still asleep.
    expect(await told(charge(driver, 2, { waitTimeout: 2_000 }))).toBe('201 {"charged":{"amount":2}}');
    await pause(1_200);
    expect(world.mock.effects().map(({ body }) => body)).toEqual([{ amount: 2 }]);
    expect(new Set(world.sent.map(({ key }) => key)).size).toBe(2);
    await close(driver, office);
  });

  test('an answer to a forgotten operation is not stored as that of its successor', async () => {
    const world = smallWorld({ fault: 'duplicate', delay: 0 });
    let answer: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const slow = world.client(world.inner, {
      attemptTimeout: 5_000,
      fetch: async (input, init) => {
        const response = await world.fetch(input, init);
        await held;
        return response;
      },
    });
    const office = world.client(world.inner);
    await told(charge(slow, 1));
    await until(() => world.mock.effects().length > 0, 'executed');
    await office.operations.discard('cart/1', { evenIfPossiblySent: true });
    await office.operations.forget('cart/1');
    let second: (() => void) | undefined;
    const reached = new Promise<void>((resolve) => {
      second = resolve;
    });
    let go: (() => void) | undefined;
    const going = new Promise<void>((resolve) => {
      go = resolve;
    });
    const next = world.client(world.inner, {
      attemptTimeout: 5_000,
      fetch: async (input, init) => {
        second?.();
        await going;
        return world.fetch(input, init);
      },
    });
    const call = charge(next, 2, { waitTimeout: 3_000 });
    const result = told(call);
    await reached;
    answer?.();
    await pause(50);
    go?.();
    expect(await result).toBe('201 {"charged":{"amount":2}}');
    await close(slow, office, next);
  });
});
