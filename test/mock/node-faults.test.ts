import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMock, type Fault, type Mock } from '../../src/mock/index.ts';
import { type Listening, listen } from '../../src/mock/node.ts';

const BODY = 'x'.repeat(1000);

let mock: Mock;
let listening: Listening;

beforeEach(async () => {
  mock = createMock({ routes: { 'POST /charges': () => new Response(BODY, { status: 201 }) } });
  listening = await listen(mock);
});

afterEach(async () => {
  await listening.close();
});

interface Seen {
  readonly text: string;
  /** How the connection ended: an RST shows as ECONNRESET, a FIN as 'end', and silence as neither. */
  readonly end: string;
}

/** One POST over a raw socket, and what comes back until the connection ends or nothing has come for `patience`. */
function raw(key: string, { patience = 400, connection = 'close' } = {}): Promise<Seen> {
  const { hostname, port } = new URL(listening.url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    const done = (end: string): void => {
      socket.destroy();
      resolve({ text, end });
    };
    socket.setTimeout(patience, () => done('open'));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('end', () => done('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    socket.write(
      `POST /charges HTTP/1.1\r\nhost: x\r\nconnection: ${connection}\r\nidempotency-key: ${key}\r\ncontent-length: 2\r\n\r\n{}`,
    );
  });
}

const bodyOf = (text: string): string => text.split('\r\n\r\n')[1] ?? '';

test('without a fault: the whole answer, then the end', async () => {
  const { text, end } = await raw('k');
  expect(text).toMatch(/^HTTP\/1\.1 201 /);
  expect(text.toLowerCase()).toContain('content-length: 1000');
  expect(bodyOf(text)).toBe(BODY);
  expect(end).toBe('end');
});

describe('a fault on the wire', () => {
  test.each<[fault: Fault, seen: Seen, effects: number]>([
    ['reset-before', { text: '', end: 'ECONNRESET' }, 0],
    ['reset-after', { text: '', end: 'ECONNRESET' }, 1],
    ['stall', { text: '', end: 'open' }, 0],
    ['lose-response', { text: '', end: 'open' }, 1],
    [{ fault: 'reset-after', delay: '100ms' }, { text: '', end: 'ECONNRESET' }, 1],
  ])('%j', async (fault, seen, effects) => {
    mock.fail(fault);
    expect(await raw('k')).toEqual(seen);
    mock.assertPlanConsumed();
    expect(mock.ledger()).toMatchObject([{ hits: 1, effects, state: effects === 1 ? 'stored' : 'free' }]);
    const retry = await raw('k');
    expect(bodyOf(retry.text)).toBe(BODY);
    expect(retry.text.includes('idempotent-replayed: true')).toBe(effects === 1);
    expect(mock.effects()).toHaveLength(1);
  });

  test.each<[fault: Fault, hits: number]>([
    ['refuse', 1],
    // Once more, behind the one that was answered.
    ['zombie', 2],
  ])('%s: a reset, and the request has not come in', async (fault, hits) => {
    mock.fail(fault);
    expect(await raw('k')).toEqual({ text: '', end: 'ECONNRESET' });
    expect(mock.ledger()).toEqual([]);
    expect(bodyOf((await raw('k')).text)).toBe(BODY);
    expect(mock.ledger()).toMatchObject([{ hits, effects: 1 }]);
    mock.assertPlanConsumed();
  });

  test('misdirected: 421, and the connection is not used again', async () => {
    mock.fail('misdirected', 'status:503');
    const { text, end } = await raw('k', { connection: 'keep-alive' });
    expect(text).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\n/);
    expect(text.toLowerCase()).toContain('connection: close');
    expect(end).toBe('end');
    expect(mock.ledger()).toMatchObject([{ hits: 1, effects: 0, state: 'free' }]);
    expect((await raw('k', { connection: 'keep-alive' })).end).toBe('open');
  });

  test('truncate: the whole head, half the body, a reset', async () => {
    mock.fail('truncate');
    const { text, end } = await raw('k');
    expect(text.toLowerCase()).toContain('content-length: 1000');
    expect(bodyOf(text)).toBe(BODY.slice(0, 500));
    expect(end).toBe('ECONNRESET');
    expect(mock.ledger()).toMatchObject([{ hits: 1, effects: 1, state: 'stored', status: 201 }]);
  });

  test('truncate of an answer without a body is a reset', async () => {
    await listening.close();
    mock = createMock({ routes: { 'POST /charges': () => new Response(null, { status: 204 }) } });
    listening = await listen(mock);
    mock.fail('truncate');
    expect(await raw('k')).toEqual({ text: '', end: 'ECONNRESET' });
    expect(mock.effects()).toHaveLength(1);
  });

  test('status:N with Retry-After: not run, nothing stored', async () => {
    mock.fail({ fault: 'status:503', retryAfter: '7' }, 'status:204', 'status:304');
    const refused = await raw('k');
    expect(refused.text).toMatch(/^HTTP\/1\.1 503 /);
    expect(refused.text.toLowerCase()).toContain('retry-after: 7');
    expect((await raw('k')).text).toMatch(/^HTTP\/1\.1 204 /);
    expect((await raw('k')).text).toMatch(/^HTTP\/1\.1 304 /);
    expect(mock.ledger()).toMatchObject([{ hits: 3, effects: 0, state: 'free' }]);
  });

  test('duplicate: two deliveries, one run, the answer to the first', async () => {
    mock.fail('duplicate');
    expect(bodyOf((await raw('k')).text)).toBe(BODY);
    expect(mock.ledger()).toMatchObject([{ hits: 2, effects: 1 }]);
  });

  test('a delay runs on the clock of the mock', async () => {
    mock.fail({ fault: 'status:503', delay: '1h' });
    const sent = raw('k', { patience: 10_000 });
    await expect.poll(() => mock.ledger()[0]?.hits).toBe(1);
    await mock.clock.advance('1h');
    expect((await sent).text).toMatch(/^HTTP\/1\.1 503 /);
  });

  test('a crash resets who is being answered', async () => {
    await listening.close();
    mock = createMock({ routes: { 'POST /charges': () => new Promise<Response>(() => {}) } });
    listening = await listen(mock);
    const sent = raw('k', { patience: 10_000 });
    await expect.poll(() => mock.effects().length).toBe(1);
    await mock.crash();
    expect(await sent).toEqual({ text: '', end: 'ECONNRESET' });
  });
});

test('close ends silent connections and waiting ones', async () => {
  mock.fail('stall', 'lose-response');
  const sent = [raw('a', { patience: 10_000 }), raw('b', { patience: 10_000, connection: 'keep-alive' })];
  await expect.poll(() => mock.ledger().length).toBe(2);
  await listening.close();
  for (const { text, end } of await Promise.all(sent)) {
    expect(text).toBe('');
    expect(['end', 'ECONNRESET']).toContain(end);
  }
  await expect(listening.close()).resolves.toBeUndefined();
});
