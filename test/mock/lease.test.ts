import { describe, expect, test } from 'vitest';
import type { MockOptions } from '../../src/mock/index.ts';
import { HELD_INIT, HELD_URL, type Held, held } from './support/held.ts';

const created = (id: number): Response => Response.json({ id }, { status: 201 });

/** Leaves a key locked by a process that died. */
async function crashed(options: MockOptions): Promise<Held> {
  const one = held(options);
  const cut = one.send().catch((error: unknown) => error);
  await expect.poll(one.runs).toBe(1);
  await one.mock.crash();
  expect(await cut).toBeInstanceOf(TypeError);
  return one;
}

const why = ({ mock }: Held): unknown[] =>
  mock
    .events()
    .filter(({ kind }) => kind === 'released')
    .map((event) => event.why);

describe('a lock of a dead process', () => {
  test.each<[lifetime: '24h' | '7d', lease: '24h' | '7d' | '30s']>([
    ['24h', '24h'],
    ['7d', '7d'],
    ['24h', '30s'],
  ])('key for %s, lease %s: stuck until the lease is over', async (keyLifetime, lease) => {
    const one = await crashed({ keyLifetime, lease });
    const { mock, send, answer } = one;
    expect(mock.ledger()).toMatchObject([{ state: 'processing', effects: 0 }]);
    expect((await send()).status).toBe(409);
    await mock.clock.advance(lease);
    expect(mock.ledger()).toMatchObject([{ state: 'free', effects: 0 }]);
    const again = send();
    await answer(1, created(2));
    expect((await again).status).toBe(201);
    expect(mock.effects()).toHaveLength(1);
    // The first handler goes on, in a process that is gone.
    await answer(0, created(1));
    expect(await (await send()).json()).toEqual({ id: 2 });
    expect(why(one)).toEqual(['lease']);
  });

  test('without a lease it is gone at once', async () => {
    const one = await crashed({ keyLifetime: '24h' });
    expect(one.mock.ledger()).toMatchObject([{ state: 'free', effects: 0 }]);
    expect(why(one)).toEqual(['crash']);
  });

  test('wait: the repeat runs when the lease is over', async () => {
    const one = await crashed({ inProgress: 'wait', lease: '10s' });
    const again = one.send();
    await expect.poll(() => one.mock.events().at(-1)?.kind).toBe('waiting');
    await one.mock.clock.advance('10s');
    await one.answer(1, created(2));
    expect((await again).status).toBe(201);
  });

  test('accepted: the monitor runs until the lease is over, and is gone then', async () => {
    const { mock, send } = await crashed({ inProgress: 'accepted', lease: '10s' });
    const again = await send();
    expect(again.status).toBe(202);
    const monitor = again.headers.get('location') ?? '';
    expect((await mock.fetch(monitor)).status).toBe(202);
    await mock.clock.advance('10s');
    expect((await mock.fetch(monitor)).status).toBe(404);
  });
});

describe('a lease that is over before its handler', () => {
  /** Two requests that both run, the first one out of its lease. */
  async function overrun(options: MockOptions): Promise<{ one: Held; first: Response; second: Response }> {
    const one = held({ lease: '10s', ...options });
    const sentFirst = one.send();
    await expect.poll(one.runs).toBe(1);
    await one.mock.clock.advance('10s');
    const sentSecond = one.send();
    await one.answer(1, created(2));
    const second = await sentSecond;
    await one.answer(0, created(1));
    return { one, first: await sentFirst, second };
  }

  test('atomic: its effect is taken back, and it is told to come again', async () => {
    const { one, first, second } = await overrun({});
    expect([first.status, second.status]).toEqual([409, 201]);
    expect(one.mock.effects()).toHaveLength(1);
    expect(one.mock.ledger()).toMatchObject([{ state: 'stored', effects: 1 }]);
    expect(await (await one.send()).json()).toEqual({ id: 2 });
  });

  test('careless: two effects, two answers', async () => {
    const { one, first, second } = await overrun({ atomic: false });
    expect([await first.json(), await second.json()]).toEqual([{ id: 1 }, { id: 2 }]);
    expect(one.mock.effects()).toHaveLength(2);
  });

  test('nobody came meanwhile: its end counts', async () => {
    const one = held({ lease: '10s' });
    const sent = one.send();
    await expect.poll(one.runs).toBe(1);
    await one.mock.clock.advance('1h');
    await one.answer(0, created(1));
    expect((await sent).status).toBe(201);
    expect(one.mock.ledger()).toMatchObject([{ state: 'stored', effects: 1 }]);
  });
});

describe('a crash between effect and store', () => {
  test.each<[atomic: boolean | undefined, effects: number]>([
    [undefined, 1],
    [true, 1],
    [false, 2],
  ])('atomic: %s leaves %i effects after the repeat', async (atomic, effects) => {
    const one = held(atomic === undefined ? {} : { atomic });
    one.mock.fail('crash:before-store');
    const cut = one.send().catch((error: unknown) => error);
    await one.answer(0, created(1));
    expect(await cut).toBeInstanceOf(TypeError);
    const again = one.send();
    await one.answer(1, created(2));
    expect((await again).status).toBe(201);
    expect(one.mock.effects()).toHaveLength(effects);
    expect(one.mock.ledger()).toMatchObject([{ state: 'stored', effects, hits: 2 }]);
  });
});

describe('wait has a limit', () => {
  test.each<[limit: MockOptions['waitLimit'], advance: number]>([
    [undefined, 30_000],
    ['5s', 5_000],
  ])('%s: then the refusal', async (waitLimit, advance) => {
    const one = held({ inProgress: 'wait', ...(waitLimit !== undefined && { waitLimit }) });
    const first = one.send();
    const second = one.send();
    let settled = false;
    void second.finally(() => (settled = true));
    await expect.poll(() => one.mock.events().at(-1)?.kind).toBe('waiting');
    await one.mock.clock.advance(advance / 2);
    expect(settled).toBe(false);
    await one.mock.clock.advance(advance / 2);
    expect((await second).status).toBe(409);
    await one.answer(0, created(1));
    expect((await first).status).toBe(201);
  });

  test('Infinity waits for ever', async () => {
    const one = held({ inProgress: 'wait', waitLimit: Number.POSITIVE_INFINITY });
    const sent = [one.send(), one.send()];
    await expect.poll(() => one.mock.events().at(-1)?.kind).toBe('waiting');
    await one.mock.clock.advance('23h');
    await one.answer(0, created(1));
    expect((await Promise.all(sent)).map(({ status }) => status)).toEqual([201, 201]);
  });
});

test('a reset frees every key, leased ones too', async () => {
  const { mock, send, answer } = await crashed({ lease: '24h' });
  mock.reset();
  const again = send();
  await answer(1, created(2));
  expect((await again).status).toBe(201);
  expect((await mock.fetch(HELD_URL, HELD_INIT)).headers.get('idempotent-replayed')).toBe('true');
});
