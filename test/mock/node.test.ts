import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createMock, type Mock } from '../../src/mock/index.ts';
import { listen, toListener } from '../../src/mock/node.ts';

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function served(mock: Mock): Promise<string> {
  const { url, close } = await listen(mock);
  open.push(close);
  return url;
}

test('listens on a free loopback port, and stops when disposed', async () => {
  const listening = await listen(createMock());
  expect(listening.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await fetch(`${listening.url}/x`, { method: 'POST', headers: { 'idempotency-key': 'k' } })).status).toBe(201);
  await listening[Symbol.asyncDispose]();
  await expect(fetch(listening.url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
});

test('a port in use is an error, not a hang', async () => {
  const { port } = new URL(await served(createMock()));
  await expect(listen(createMock(), { port: Number(port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('binary bodies pass both ways unchanged', async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256);
  const seen: Uint8Array[] = [];
  const url = await served(
    createMock({
      routes: {
        'PUT /blob': async ({ request, json }) => {
          expect(json).toBeNull();
          const body = new Uint8Array(await request.arrayBuffer());
          seen.push(body);
          return new Response(body);
        },
      },
    }),
  );
  const response = await fetch(`${url}/blob`, { method: 'PUT', body: bytes, headers: { 'idempotency-key': 'k' } });
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  expect(seen).toEqual([bytes]);
});

test('several cookies, HEAD with the length of GET, and the date of the mock', async () => {
  const mock = createMock({
    routes: {
      'GET /page': () => {
        const headers = new Headers({
          'content-type': 'text/plain',
          connection: 'close',
          'transfer-encoding': 'chunked',
        });
        headers.append('set-cookie', 'a=1');
        headers.append('set-cookie', 'b=2');
        return new Response('four', { headers });
      },
    },
  });
  const url = await served(mock);
  await mock.clock.advance('10d');
  const got = await fetch(`${url}/page`);
  expect([await got.text(), got.headers.get('content-length'), got.headers.get('transfer-encoding')]).toEqual([
    'four',
    '4',
    null,
  ]);
  expect(got.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(Math.abs(Date.parse(got.headers.get('date') ?? '') - mock.clock.now())).toBeLessThan(5_000);
  const head = await fetch(`${url}/page`, { method: 'HEAD' });
  expect([await head.text(), head.headers.get('content-length')]).toEqual(['', '4']);
  expect(mock.effects()).toEqual([]);
});

test('a key header sent twice on the wire is malformed', async () => {
  const mock = createMock();
  const url = await served(mock);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const sent = httpRequest(`${url}/x`, {
      method: 'POST',
      headers: ['Idempotency-Key', 'a', 'Idempotency-Key', 'b', 'Host', 'x'],
    });
    sent
      .on('response', (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end('{}');
  });
  expect(status).toBe(400);
  expect(mock.ledger()).toEqual([]);
});

test('a handler sees the request as it was written on the wire, in any spelling', async () => {
  const seen: unknown[] = [];
  const url = await served(
    createMock({
      tenant: (request) => request.headers.get('x-team') ?? 'none',
      routes: {
        'POST /x': async ({ request, json, key }) => {
          seen.push(request.url, [...request.headers.keys()].sort(), request.headers.get('x-team'), json, key);
          return new Response(await request.text());
        },
      },
    }),
  );
  const { host, port, hostname } = new URL(url);
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    connect(Number(port), hostname)
      .setEncoding('latin1')
      .on('data', (chunk) => {
        text += chunk;
      })
      .on('end', () => resolve(text))
      .on('error', reject)
      .end(
        `POST http://${host}/x?y=1 HTTP/1.1\r\nHOST: ${host}\r\nX-Team: a\r\nx-team:  b  \r\nIDEMPOTENCY-key: k\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n`,
      );
  });
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\[\]$/);
  const names = ['connection', 'host', 'idempotency-key', 'transfer-encoding', 'x-team'];
  expect(seen).toEqual([`${url}/x?y=1`, names, 'a, b', [], 'k']);
});

test('a body over 10 MiB is refused with 413 and does not count', async () => {
  const mock = createMock();
  const url = await served(mock);
  const init = { method: 'POST', headers: { 'idempotency-key': 'k' } };
  expect((await fetch(url, { ...init, body: new Uint8Array(10 * 1024 * 1024 + 1) })).status).toBe(413);
  expect(mock.ledger()).toEqual([]);
  expect((await fetch(url, { ...init, body: new Uint8Array(10 * 1024 * 1024) })).status).toBe(201);
});

test('an upload that breaks off never came in', async () => {
  const mock = createMock();
  const { port, hostname } = new URL(await served(mock));
  const socket = connect(Number(port), hostname);
  await new Promise<void>((resolve) => {
    socket.write('POST /x HTTP/1.1\r\nhost: x\r\nidempotency-key: k\r\ncontent-length: 100\r\n\r\n{"half"', () =>
      resolve(),
    );
  });
  socket.resetAndDestroy();
  expect(
    (await fetch(`http://${hostname}:${port}/y`, { method: 'POST', headers: { 'idempotency-key': 'other' } })).status,
  ).toBe(201);
  expect(mock.ledger().map(({ key }) => key)).toEqual(['other']);
});

test.each([
  ['a method that a Request cannot say', 'TRACE / HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a host that is none', 'POST / HTTP/1.1\r\nhost: a b\r\n\r\n'],
])('%s is a 400', async (_what, text) => {
  const { port, hostname } = new URL(await served(createMock()));
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.on('error', reject).on('data', (chunk) => {
      socket.destroy();
      resolve(chunk.toString());
    });
  });
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

test('toListener serves inside a server of the caller', async () => {
  const listener = toListener(createMock());
  const server = createServer((request, response) =>
    request.url === '/own' ? response.end('own') : listener(request, response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await (await fetch(`${url}/own`)).text()).toBe('own');
  expect(await (await fetch(`${url}/__onceward/ledger`)).json()).toEqual([]);
});
