import { describe, expect, test } from 'vitest';
import { createMock, type Fault, type Mock } from '../../src/mock/index.ts';
import { BASE, post } from './support/transports.ts';

function send(mock: Mock, key = 'k', path = '/charges'): Promise<Response> {
  return mock.fetch(`${BASE}${path}`, post({ amount: 1 }, { 'idempotency-key': key }));
}

/** A request of key `k` that its caller holds for lost, while it is still on its way. */
async function haunted(fault: Fault = 'zombie'): Promise<Mock> {
  const mock = createMock();
  mock.fail(fault);
  await expect(send(mock)).rejects.toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ code: 'ECONNRESET' }) }),
  );
  expect(mock.ledger()).toEqual([]);
  return mock;
}

const kinds = (mock: Mock): string[] => mock.events().map(({ kind, request, why }) => [request, kind, why].join(' '));

describe('a request that arrives after its caller has given it up', () => {
  test('comes behind the retry, and is a repeat like any other', async () => {
    const mock = await haunted();
    expect((await send(mock)).status).toBe(201);
    await expect.poll(() => kinds(mock)).toContain('3 lost zombie');
    expect(kinds(mock)).toEqual([
      '1 fault ',
      '1 lost reset',
      ...['2 arrived ', '2 locked ', '2 effect ', '2 stored ', '2 answered '],
      ...['3 arrived ', '3 replayed ', '3 lost zombie'],
    ]);
    expect(mock.ledger()).toMatchObject([{ hits: 2, effects: 1 }]);
  });

  test('does what it was sent for, where nothing of its key came before', async () => {
    const mock = await haunted();
    await send(mock, 'another');
    expect(mock.effects().map(({ key }) => key)).toEqual(['another', 'k']);
  });

  test('arrives when the clock is moved, in the time that is then: past its key, it runs again', async () => {
    const mock = createMock({ keyLifetime: '24h' });
    expect((await send(mock)).status).toBe(201);
    mock.fail('zombie');
    await expect(send(mock)).rejects.toThrow(TypeError);
    await mock.clock.advance('25h');
    expect(mock.effects()).toHaveLength(2);
  });

  test('waits for its own time where it has one', async () => {
    const mock = await haunted({ fault: 'zombie', delay: '1h' });
    await send(mock, 'another');
    await mock.clock.advance('59m');
    expect(mock.effects().map(({ key }) => key)).toEqual(['another']);
    await mock.clock.advance('1m');
    expect(mock.effects().map(({ key }) => key)).toEqual(['another', 'k']);
  });

  test.each<Fault>(['zombie', { fault: 'zombie', delay: '1h' }])(
    'survives a crash, not a new server: %j',
    async (fault) => {
      const mock = await haunted(fault);
      await mock.crash();
      await mock.clock.advance('1h');
      expect(mock.effects()).toHaveLength(1);
      mock.fail(fault);
      await expect(send(mock, 'second')).rejects.toThrow(TypeError);
      mock.reset();
      await mock.clock.advance('1h');
      await send(mock, 'third');
      expect(mock.effects().map(({ key }) => key)).toEqual(['third']);
    },
  );
});

test('what is refused never comes in: no hit, no arrival, and fetch says that there was no connection', async () => {
  const lines: unknown[] = [];
  const mock = createMock({ log: ({ outcome, hits, fault }) => lines.push({ outcome, hits, fault }) });
  mock.fail('refuse');
  await expect(send(mock)).rejects.toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ code: 'ECONNREFUSED' }) }),
  );
  expect(mock.ledger()).toEqual([]);
  expect(kinds(mock)).toEqual(['1 fault ', '1 lost refused']);
  expect(lines).toEqual([{ outcome: 'not-run', hits: 0, fault: 'refuse' }]);
});

test('a misdirected request is answered 421, once', async () => {
  const mock = createMock();
  mock.fail('misdirected');
  const answer = await send(mock);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([421, 'application/problem+json']);
  expect((await send(mock)).status).toBe(201);
  expect(mock.ledger()).toMatchObject([{ hits: 2, effects: 1 }]);
});
