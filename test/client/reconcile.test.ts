import { describe, expect, test } from 'vitest';
import type { ClientOptions, Operation } from '../../src/index.node.ts';
import { charge, makeWorld, timePasses, told, until, type World } from '../timelines/support/world.ts';

type Reconcile = NonNullable<ClientOptions['reconcile']>;

/** A lost answer, then one that proves nothing: the way into doubt. */
const LOST = { answer: 'reset' } as const;
const REFUSED = { effect: false, answer: { status: 404, body: { error: 'no such route' } } } as const;
const DOUBT = 'InDoubtError IN_DOUBT possible unproved-rejection';

async function doubtful(reconcile: Reconcile): Promise<{ readonly world: World; readonly answer: string }> {
  const world = await makeWorld('memory');
  world.server.script(LOST, REFUSED);
  return { world, answer: await told(charge(world.client({ reconcile }), 'cart/1', 5)) };
}

describe('reconcile', () => {
  test('is asked before an operation is given up, with its name, key and reason', async () => {
    const asked: unknown[] = [];
    const { world, answer } = await doubtful((operation, { key }) => {
      asked.push([operation.id, operation.status, operation.reason, operation.effect, key]);
      return undefined;
    });
    expect(answer).toBe(DOUBT);
    expect(asked).toEqual([['cart/1', 'in-doubt', 'unproved-rejection', 'possible', world.server.keys()[0]]]);
  });

  test("'done' ends it with the response, as recovered", async () => {
    const { world, answer } = await doubtful(() => ({ effect: 'done', response: Response.json({ id: 'ch_1' }) }));
    expect(answer).toBe('200 {"id":"ch_1"}');
    const { records } = await world.journal().list('');
    expect(records[0]?.state).toMatchObject({ state: 'succeeded', source: 'recovered' });
  });

  test("'none' is not taken while the last attempt could still arrive", async () => {
    const { world, answer } = await doubtful(() => ({ effect: 'none' }));
    expect(answer).toBe(DOUBT);
    const reconcile: Reconcile = () => ({ effect: 'none' });
    await world.clock.advance('2m');
    const client = world.client({ reconcile });
    await client.operations.resume();
    await until(async () => (await client.operations.get('cart/1'))?.status === 'discarded', 'discarded');
    expect(await client.operations.get('cart/1')).toMatchObject({ effect: 'none' });
  });

  test('is asked again at every resume(), and its answer is handed out', async () => {
    const world = await makeWorld('memory');
    world.server.script(LOST, REFUSED);
    await told(charge(world.client(), 'cart/1', 5));
    let knows = false;
    const reconcile: Reconcile = () => (knows ? { effect: 'done' } : undefined);
    const client = world.client({ reconcile });
    expect((await client.operations.resume()).map(({ status }) => status)).toEqual(['in-doubt']);
    await client.idle();
    knows = true;
    expect((await client.operations.resume()).map(({ status }) => status)).toEqual(['in-doubt']);
    await client.idle();
    expect((await client.operations.resume()).map(({ status }) => status)).toEqual(['succeeded']);
    expect(world.server.arrivals).toHaveLength(2);
  });

  test.each<[string, Reconcile]>([
    ['throws', () => Promise.reject(new Error('no database'))],
    [
      'throws at once',
      () => {
        throw new Error('no database');
      },
    ],
    ['answers nonsense', () => ({ effect: 'perhaps' }) as never],
    [
      'answers with a response that was read',
      async () => {
        const response = new Response('x');
        await response.text();
        return { effect: 'done', response };
      },
    ],
  ])('that %s has decided nothing', async (_, reconcile) => {
    expect((await doubtful(reconcile)).answer).toBe(DOUBT);
  });

  test('that hangs is waited for no longer than 30 seconds, and told so', async () => {
    const world = await makeWorld('memory');
    world.server.script(LOST, REFUSED);
    let signal: AbortSignal | undefined;
    const client = world.client({
      waitTimeout: '5m',
      reconcile: (_, tools) => {
        ({ signal } = tools);
        return new Promise(() => undefined);
      },
    });
    const started = world.clock.now();
    let answer = '';
    void told(charge(client, 'cart/1', 5)).then((text) => {
      answer = text;
    });
    await timePasses(world, () => answer !== '', 'given up');
    expect(answer).toBe(DOUBT);
    expect(signal?.aborted).toBe(true);
    expect(world.clock.now() - started).toBeLessThan(60_000);
  });

  test('its fetch asks with the credentials of the operation, at its own origin', async () => {
    const world = await makeWorld('memory');
    world.server.script(LOST, REFUSED, { effect: false, answer: { status: 200, body: { id: 'ch_1' } } });
    const client = world.client({
      authorize: () => ({ authorization: 'Bearer token' }),
      reconcile: async (operation: Operation, tools) => {
        const url = `${new URL(operation.url).origin}/charges?key=${tools.key}`;
        return { effect: 'done', response: await tools.fetch(url, { signal: tools.signal }) };
      },
    });
    expect(await told(charge(client, 'cart/1', 5))).toBe('200 {"id":"ch_1"}');
    expect(world.server.arrivals[2]).toMatchObject({
      method: 'GET',
      path: `/charges?key=${world.server.keys()[0]}`,
      headers: { authorization: 'Bearer token' },
    });
  });

  test.each<[string, (fetch: typeof globalThis.fetch, url: string) => Promise<unknown>]>([
    ['POST', (fetch, url) => fetch(`${url}/charges`, { method: 'POST' })],
    ['a foreign origin', (fetch) => fetch('https://elsewhere.example/')],
  ])('its fetch refuses %s', async (_, ask) => {
    let refused: unknown;
    const { world, answer } = await doubtful(async ({ url }, { fetch }) => {
      refused = await ask(fetch, new URL(url).origin).catch((error: unknown) => error);
      return undefined;
    });
    expect(answer).toBe(DOUBT);
    expect(refused).toMatchObject({ code: 'ERR_ONCEWARD_INVALID_OPTION' });
    expect(world.server.arrivals).toHaveLength(2);
  });
});
