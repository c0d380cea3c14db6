import { describe, expect, test } from 'vitest';
import type { Client } from '../../src/index.node.ts';
import { crash } from '../../src/testing/index.ts';
import { doomed } from '../support/client-deaths.ts';
import { charge, told, toldError, toldOutcome, toldRecord, until } from '../support/client-world.ts';
import { worlds } from '../support/client-worlds.ts';

const makeWorld = worlds();
const ONE = '201 {"charged":{"amount":1}}';

/** Everything that is unfinished comes to an end, and its outcome is read. */
async function resumeAll(client: Client): Promise<string[]> {
  const found = await client.operations.resume();
  return Promise.all(found.map(({ id }) => toldOutcome(client.operations.outcome(id))));
}

describe('a client dies, another one finds its journal', () => {
  test('before the claim is stored: nothing was sent, and the name is free', async () => {
    const world = await makeWorld();
    const client = doomed(world, 'before-claim');
    void charge(client, 'cart/1', 1).then(undefined, () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const next = world.client();
    expect(await next.operations.resume()).toEqual([]);
    expect(await told(charge(next, 'cart/1', 1))).toBe(ONE);
    expect([world.requests(), world.mock.effects().length]).toEqual([1, 1]);
  });

  test('after the claim, before the send: resumed, sent once', async () => {
    const world = await makeWorld();
    const client = doomed(world, 'after-claim');
    void charge(client, 'cart/1', 1).then(undefined, () => undefined);
    await until(async () => (await world.record('cart/1')) !== undefined, 'claimed');
    const key = (await world.record('cart/1'))?.fixed.key;
    const next = world.client();
    const [found] = await next.operations.resume();
    // A claim that sends at once is marked in the same write: from outside nobody can tell how far it came.
    expect(found).toMatchObject({ id: 'cart/1', status: 'pending', effect: 'possible' });
    expect(await toldOutcome(next.operations.outcome('cart/1'))).toBe('succeeded done network');
    expect(world.mock.ledger()).toMatchObject([{ key, hits: 1, effects: 1 }]);
  });

  test('while the answer is outstanding: the same key and the same bytes are sent again, and the answer is the replay', async () => {
    const sent: string[] = [];
    const world = await makeWorld();
    const wrapFetch =
      (send: typeof fetch): typeof fetch =>
      async (input, init) => {
        const request = new Request(input, init);
        const { method, url, headers } = request;
        sent.push(JSON.stringify([method, url, [...headers].sort(), await request.clone().text()]));
        return send(request);
      };
    const form = new FormData();
    form.append('amount', '1');
    form.append('receipt', new File(['a\r\nb'], 'r.txt', { type: 'text/plain' }));
    world.mock.fail('lose-response');
    const client = world.client({ wrapFetch, headers: { accept: 'application/json' } });
    const options = {
      once: 'cart/1',
      body: form,
      headers: { 'accept-language': 'de' },
      searchParams: { a: 1 },
      waitTimeout: 20,
    };
    expect(await told(client.post('/charges', options))).toBe('StillPendingError STILL_PENDING possible sending');
    await until(() => world.mock.effects().length === 1, 'the request arrived');
    crash(client);
    expect(await resumeAll(world.client({ wrapFetch }))).toEqual(['succeeded done replay']);
    expect(world.mock.ledger()).toMatchObject([{ hits: 2, effects: 1, state: 'stored' }]);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toBe(sent[0]);
    expect(sent[0]).toContain(world.mock.ledger()[0]?.key);
  });

  test('after the answer, before it is stored: asked again, and replayed', async () => {
    const world = await makeWorld();
    const client = doomed(world, 'before-finish');
    void charge(client, 'cart/1', 1).then(undefined, () => undefined);
    await until(() => world.mock.ledger()[0]?.state === 'stored', 'answered');
    await new Promise((resolve) => setTimeout(resolve, 50));
    const next = world.client();
    expect(await resumeAll(next)).toEqual(['succeeded done replay']);
    expect(world.mock.ledger()).toMatchObject([{ hits: 2, effects: 1 }]);
  });

  test('resume takes over whatever it finds, each once, and says so again until it is acknowledged', async () => {
    const world = await makeWorld();
    world.mock.fail('lose-response', 'lose-response', 'status:501');
    const client = world.client({ waitTimeout: 50 });
    await Promise.all(['cart/1', 'cart/2'].map((id) => told(charge(client, id, 1))));
    expect(await told(charge(client, 'cart/3', 1, { waitTimeout: 5_000 }))).toMatch(/^InDoubtError/);
    await until(() => world.mock.effects().length === 2, 'the requests arrived');
    crash(client);
    const next = world.client();
    const found = await next.operations.resume();
    expect(found.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'cart/1 pending',
      'cart/2 pending',
      'cart/3 in-doubt',
    ]);
    await next.idle();
    // Both have finished, and nobody has been told.
    const again = (await next.operations.resume()).map(({ id, status }) => `${id} ${status}`);
    expect(again).toEqual(['cart/1 succeeded', 'cart/2 succeeded', 'cart/3 in-doubt']);
    await next.operations.acknowledge('cart/1');
    expect(await toldOutcome(next.operations.outcome('cart/2'))).toBe('succeeded done journal');
    await until(async () => (await next.operations.resume()).length === 1, 'acknowledged');
    expect((await next.operations.resume()).map(({ id }) => id)).toEqual(['cart/3']);
    expect(world.mock.effects()).toHaveLength(2);
  });
});

describe('who has been told', () => {
  test('an outcome that was read is not handed out again', async () => {
    const world = await makeWorld();
    const client = world.client();
    await told(charge(client, 'cart/1', 1));
    await until(async () => (await world.record('cart/1'))?.state.acknowledgedAt !== undefined, 'acknowledged');
    expect(await (await world.restart(client)).operations.resume()).toEqual([]);
  });

  test('an outcome that nobody read is, with its answer', async () => {
    const world = await makeWorld();
    const client = world.client();
    charge(client, 'cart/1', 1);
    await client.idle();
    const next = await world.restart(client);
    expect((await next.operations.resume()).map(({ id, status }) => `${id} ${status}`)).toEqual(['cart/1 succeeded']);
    const outcome = await next.operations.outcome<{ charged: unknown }>('cart/1');
    expect(outcome).toMatchObject({ status: 'succeeded', effect: 'done', source: 'journal', persisted: true });
    expect(outcome.status === 'succeeded' && outcome.response?.data).toEqual({ charged: { amount: 1 } });
  });

  test('a caller that stopped waiting has not been told', async () => {
    const world = await makeWorld();
    world.hold();
    const client = world.client();
    await told(charge(client, 'cart/1', 1, { waitTimeout: 20 }));
    world.release();
    await client.idle();
    expect((await client.operations.resume()).map(({ status }) => status)).toEqual(['succeeded']);
  });

  test('acknowledge is for what has finished', async () => {
    const world = await makeWorld();
    world.hold();
    const client = world.client();
    await told(charge(client, 'cart/1', 1, { waitTimeout: 20 }));
    await expect(client.operations.acknowledge('cart/1')).rejects.toMatchObject({
      code: 'ERR_ONCEWARD_WRONG_STATE',
      effect: 'possible',
    });
    await expect(client.operations.acknowledge('cart/2')).rejects.toMatchObject({
      code: 'ERR_ONCEWARD_UNKNOWN_ID',
      effect: 'none',
    });
    expect(toldRecord(await world.record('cart/1'))).toBe('dispatched 1 possible');
  });
});

describe('a record that cannot be read', () => {
  test.each(['corrupt', 'newer-version'] as const)(
    '%s: ready() reports it, and keeps nobody else from being resumed',
    async (what) => {
      const world = await makeWorld();
      world.mock.fail('lose-response');
      const client = world.client({ waitTimeout: 50 });
      await told(charge(client, 'cart/1', 1));
      await until(() => world.mock.effects().length === 1, 'the request arrived');
      crash(client);
      await world.plant('cart/2', what);
      const next = world.client();
      const diagnosis = await next.ready();
      expect(diagnosis).toMatchObject({ ok: false, journal: { kind: 'store', pending: 1, inDoubt: 0 } });
      expect(diagnosis.problems).toMatchObject([
        { code: 'ERR_ONCEWARD_JOURNAL', reason: what, message: expect.stringContaining('cart%2F2') },
      ]);
      expect(await resumeAll(next)).toEqual(['succeeded done replay']);
      expect(toldError(await next.operations.get('cart/2').catch((error: unknown) => error))).toBe(
        `JournalError JOURNAL none ${what}`,
      );
      expect(await told(charge(next, 'cart/2', 1))).toBe(`JournalError JOURNAL none ${what}`);
      expect(world.mock.effects()).toHaveLength(1);
    },
  );
});
