import { setupServer } from 'msw/node';
import { afterEach, describe, expect, test } from 'vitest';
import { createMock, type Mock } from '../../src/mock/index.ts';
import { handlers } from '../../src/mock/msw.ts';
import { listen } from '../../src/mock/node.ts';
import { post } from './support/transports.ts';

let stop: (() => void) | undefined;

afterEach(() => stop?.());

function serve(mock: Mock): void {
  const server = setupServer(...handlers(mock));
  server.listen({ onUnhandledFrame: 'bypass' });
  stop = () => server.close();
}

describe('what the mock answers for', () => {
  test('everything, where it has no baseUrl', async () => {
    const mock = createMock();
    serve(mock);
    for (const url of ['https://one.test/a', 'http://localhost:4010/b?c=d']) {
      expect((await fetch(url, post({}, { 'idempotency-key': url.slice(-3) }))).status).toBe(201);
    }
    expect(mock.effects().map(({ route }) => route)).toEqual(['POST /a', 'POST /b']);
  });

  test('only what is below its baseUrl, port and path included', async () => {
    const other = createMock();
    const { url, close } = await listen(other);
    const mock = createMock({ baseUrl: `${url}/v1/` });
    serve(mock);
    const send = (path: string): Promise<Response> => fetch(`${url}${path}`, post({}, { 'idempotency-key': 'k' }));
    expect((await send('/v1/charges?x=1')).status).toBe(201);
    expect((await send('/v1')).status).toBe(422);
    expect((await send('/v10/charges')).status).toBe(201);
    expect(mock.effects().map(({ route }) => route)).toEqual(['POST /charges']);
    expect(other.effects().map(({ route }) => route)).toEqual(['POST /v10/charges']);
    await close();
  });
});

test('a reset is the network error of msw, a cut body an error while reading', async () => {
  const mock = createMock({ routes: { 'POST /a': () => new Response('0123456789') } });
  serve(mock);
  mock.fail('reset-before', 'reset-after', 'truncate');
  const send = (): Promise<Response> => fetch('https://one.test/a', post({}, { 'idempotency-key': 'k' }));
  await expect(send()).rejects.toThrow(TypeError);
  await expect(send()).rejects.toThrow(TypeError);
  const cut = await send();
  expect(cut.status).toBe(200);
  await expect(cut.text()).rejects.toThrow(TypeError);
  expect(await (await send()).text()).toBe('0123456789');
  expect(mock.ledger()).toMatchObject([{ hits: 4, effects: 1 }]);
});

test('silence lasts until the caller hangs up', async () => {
  const mock = createMock();
  serve(mock);
  mock.fail('stall');
  const sent = fetch('https://one.test/a', post({}, { 'idempotency-key': 'k' }, { signal: AbortSignal.timeout(50) }));
  await expect(sent).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(mock.effects()).toEqual([]);
});

test('headers given as an array are sent and stored as they are', async () => {
  const mock = createMock({
    routes: {
      'POST /a': () =>
        new Response('x', {
          headers: [
            ['x-one', '1'],
            ['x-two', '2'],
          ],
        }),
    },
  });
  serve(mock);
  const init = { method: 'POST', headers: [['idempotency-key', 'k']] as [string, string][] };
  for (const replayed of [null, 'true', 'true']) {
    const { headers } = await fetch('https://one.test/a', init);
    expect([headers.get('x-one'), headers.get('x-two'), headers.get('idempotent-replayed')]).toEqual([
      '1',
      '2',
      replayed,
    ]);
  }
});

test('after a 421 fetch comes again by itself, without the body: that is no request, and the next one is', async () => {
  const mock = createMock();
  serve(mock);
  mock.fail('misdirected');
  const send = (): Promise<Response> => fetch('https://one.test/a', post({ n: 1 }, { 'idempotency-key': 'k' }));
  await send().catch(() => {});
  expect((await send()).status).toBe(201);
  expect(mock.effects()).toMatchObject([{ body: { n: 1 } }]);
  expect(mock.ledger()).toMatchObject([{ hits: 2, effects: 1 }]);
});
