import { expect, test } from 'vitest';
import { stripeV1 } from '../../src/profiles/index.ts';
import { HELD_URL, held } from './support/held.ts';
import { BASE, post } from './support/transports.ts';

const URL_ = HELD_URL;

test('wait holds repeats until the first is done, then replays', async () => {
  const { mock, send, answer } = held({ inProgress: 'wait' });
  const sent = [send(), send(), send()];
  await answer(0, Response.json({ id: 1 }, { status: 201 }));
  const answers = await Promise.all(sent);
  expect(answers.map(({ status, headers }) => [status, headers.get('idempotent-replayed')])).toEqual([
    [201, null],
    [201, 'true'],
    [201, 'true'],
  ]);
  expect(mock.effects()).toHaveLength(1);
});

test('wait lets the next one run where the outcome is not kept', async () => {
  const { mock, send, answer } = held({ inProgress: 'wait' });
  const sent = [send(), send(), send()];
  await answer(0, new Response(null, { status: 500 }));
  await answer(1, new Response(null, { status: 201 }));
  const statuses = (await Promise.all(sent)).map(({ status }) => status);
  expect(statuses).toEqual([500, 201, 201]);
  expect(mock.effects()).toHaveLength(2);
});

test('wait refuses another request under the key at once', async () => {
  const { mock, send, answer } = held({ inProgress: 'wait' });
  const first = send();
  const other = await mock.fetch(URL_, post({ amount: 2 }, { 'idempotency-key': 'k' }));
  expect(other.status).toBe(422);
  await answer(0, new Response(null, { status: 201 }));
  expect((await first).status).toBe(201);
});

test('conflict says 409 with Retry-After, and frees the key with the answer', async () => {
  const { send, answer } = held({});
  const first = send();
  const second = await send();
  expect([second.status, second.headers.get('retry-after')]).toEqual([409, '1']);
  await answer(0, new Response(null, { status: 204 }));
  expect((await first).status).toBe(204);
  expect((await send()).status).toBe(204);
});

test('accepted answers 202 with a monitor that ends with the stored answer', async () => {
  const { mock, send, answer } = held({ inProgress: 'accepted' });
  const first = send();
  const second = await send();
  const third = await send();
  const monitor = second.headers.get('location') ?? '';
  expect([second.status, second.headers.get('retry-after')]).toEqual([202, '1']);
  expect(third.headers.get('location')).toBe(monitor);
  expect(new URL(monitor)).toMatchObject({
    origin: BASE,
    pathname: expect.stringMatching(/^\/__onceward\/operations\//),
  });

  const running = await mock.fetch(monitor);
  expect([running.status, running.headers.get('location')]).toEqual([202, monitor]);
  await answer(0, Response.json({ id: 7 }, { status: 201 }));
  expect((await first).status).toBe(201);
  const done = await mock.fetch(monitor);
  expect([done.status, await done.json()]).toEqual([200, { id: 7 }]);
  expect((await mock.fetch(monitor, { headers: { authorization: 'Bearer another' } })).status).toBe(404);
  // Who asks for what is another's neither sees it nor makes it go away.
  expect((await mock.fetch(monitor)).status).toBe(200);
  const replay = await send();
  expect([replay.status, replay.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
  await mock.clock.advance('24h');
  expect((await mock.fetch(monitor)).status).toBe(404);
});

test('a monitor shows an error as it was, also one that is not kept', async () => {
  const { mock, send, answer } = held({ inProgress: 'accepted' });
  const first = send();
  const monitor = (await send()).headers.get('location') ?? '';
  await answer(0, Response.json({ error: 'declined' }, { status: 402 }));
  await first;
  const done = await mock.fetch(monitor);
  expect([done.status, await done.json()]).toEqual([402, { error: 'declined' }]);
  expect(mock.ledger()).toMatchObject([{ state: 'free' }]);
});

test.each(['conflict', 'wait', 'accepted'] as const)(
  'a crash loses the running, not the stored (%s)',
  async (inProgress) => {
    const { mock, send, answer } = held({ inProgress });
    const stored = mock.fetch(URL_, post({}, { 'idempotency-key': 'stored' }));
    await answer(0, Response.json({ id: 1 }));
    await stored;
    const first = send();
    const second = send();
    const cut = Promise.all(
      [first, inProgress === 'wait' ? second : first].map((sent) => sent.catch((error: unknown) => error)),
    );
    const monitor = inProgress === 'accepted' ? (await second).headers.get('location') : null;
    await expect.poll(() => mock.ledger()[1]?.hits).toBe(2);
    await mock.crash();
    expect(mock.ledger()).toMatchObject([{ state: 'stored' }, { key: 'k', state: 'free', effects: 0 }]);
    for (const error of await cut) expect(error).toBeInstanceOf(TypeError);
    await answer(1, Response.json({ id: 2 }));
    expect(mock.ledger()[1]).toMatchObject({ key: 'k', state: 'free', effects: 0 });
    if (monitor !== null) expect((await mock.fetch(monitor)).status).toBe(404);

    const again = send();
    await answer(2, Response.json({ id: 3 }));
    expect(await (await again).json()).toEqual({ id: 3 });
    const replayed = await mock.fetch(URL_, post({}, { 'idempotency-key': 'stored' }));
    expect(replayed.headers.get('idempotent-replayed')).toBe('true');
    expect(mock.effects()).toHaveLength(2);
  },
);

test('a crash cuts off unprotected requests too', async () => {
  const { mock, answer } = held({ profile: stripeV1 });
  const caught = mock.fetch(URL_, { method: 'POST' }).catch((error: unknown) => error);
  await expect.poll(() => mock.effects()).toMatchObject([{ key: undefined }]);
  await mock.crash();
  expect(mock.effects()).toEqual([]);
  expect(await caught).toBeInstanceOf(TypeError);
  await answer(0, new Response());
});

test('reset makes a new server: nothing is known, nobody is answered, time stays', async () => {
  const { mock, send, answer } = held({});
  const running = send().catch((error: unknown) => error);
  await expect.poll(() => mock.effects().length).toBe(1);
  mock.fail('stall');
  await mock.clock.advance('1h');
  const before = mock.clock.now();
  mock.reset();
  expect([mock.ledger(), mock.effects()]).toEqual([[], []]);
  expect(() => mock.assertPlanConsumed()).not.toThrow();
  expect(mock.clock.now()).toBeGreaterThanOrEqual(before);

  expect(await running).toBeInstanceOf(TypeError);
  const again = send();
  await answer(0, Response.json({ run: 0 }));
  expect(mock.ledger()).toMatchObject([{ state: 'processing', hits: 1, effects: 1 }]);
  await mock.crash();
  await expect(again).rejects.toBeInstanceOf(TypeError);
});
