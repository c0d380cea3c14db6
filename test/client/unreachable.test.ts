import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Client, type ClientOptions, createClient, memoryJournal } from '../../src/index.node.ts';
import { ietf } from '../../src/profiles/index.ts';
import { told, toldOutcome } from '../support/client-world.ts';

const servers: Server[] = [];
const clients: Client[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close({ timeout: 0 })));
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** What somebody other than the API answers to everything. */
const answering = (listener: RequestListener) => async (): Promise<string> => {
  const server = createHttpServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('connection', 'close');
      listener(request, response);
    });
  });
  return `http://127.0.0.1:${await portOf(server)}`;
};
const html =
  (status: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response
      .writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers })
      .end('<html>Welcome to the hotel</html>');

function clientOf(baseUrl: string, options: Partial<ClientOptions> = {}): Client {
  const client = createClient({
    baseUrl,
    profile: ietf({ keyLifetime: '24h' }),
    journal: memoryJournal(),
    // After eight attempts it parks for ten times maxDelay: longer than anybody waits here.
    retry: { baseDelay: 5, maxDelay: 200 },
    waitTimeout: 1_500,
    ...options,
  });
  clients.push(client);
  return client;
}

interface Row {
  /** The address of what is wrong. */
  readonly serve: () => Promise<string>;
  /** After one attempt, as the client may not repeat. */
  readonly once: string;
  /** In the end, as the client may repeat. */
  readonly finally: string;
}

const POSSIBLE = 'InDoubtError IN_DOUBT possible not-repeatable';
const PARKED = 'StillPendingError STILL_PENDING possible backoff';
const UNREADABLE = 'InDoubtError IN_DOUBT possible unreadable-response';
const UNPROVED = 'InDoubtError IN_DOUBT possible unproved-rejection';

const ROWS: Readonly<Record<string, Row>> = {
  'nobody listens': {
    serve: async () => {
      const server = createServer();
      const port = await portOf(server);
      await new Promise((resolve) => servers.pop()?.close(resolve));
      return `http://127.0.0.1:${port}`;
    },
    once: POSSIBLE,
    finally: PARKED,
  },
  'a port that speaks another protocol': {
    serve: async () =>
      `http://127.0.0.1:${await portOf(createServer((socket) => socket.on('error', () => undefined).end('220 mail.example.test ESMTP\r\n', () => socket.destroy())))}`,
    once: POSSIBLE,
    finally: PARKED,
  },
  'a port that hangs up': {
    serve: async () =>
      `http://127.0.0.1:${await portOf(createServer((socket) => socket.on('error', () => undefined).destroy()))}`,
    once: POSSIBLE,
    finally: PARKED,
  },
  'https to a port that speaks http': {
    serve: async () => (await answering(html(200))()).replace('http:', 'https:'),
    once: POSSIBLE,
    finally: PARKED,
  },
  'a captive portal that says 200': { serve: answering(html(200)), once: POSSIBLE, finally: UNREADABLE },
  'a captive portal that says 201': { serve: answering(html(201)), once: POSSIBLE, finally: UNREADABLE },
  'a captive portal that says 511': { serve: answering(html(511)), once: POSSIBLE, finally: PARKED },
  'a gateway that says 502': { serve: answering(html(502)), once: POSSIBLE, finally: PARKED },
  'a gateway that says 403 in HTML': { serve: answering(html(403)), once: UNPROVED, finally: UNPROVED },
  'a gateway that says 404 in HTML': { serve: answering(html(404)), once: UNPROVED, finally: UNPROVED },
  'a gateway that says 400 in HTML': { serve: answering(html(400)), once: UNPROVED, finally: UNPROVED },
  'a gateway that answers part of a body': {
    serve: answering((_, response) => {
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"id":', () => response.destroy());
    }),
    once: POSSIBLE,
    finally: PARKED,
  },
  'a gateway that answers 206': {
    serve: answering((_, response) => response.writeHead(206, { 'content-type': 'application/json' }).end('{}')),
    once: POSSIBLE,
    finally: UNREADABLE,
  },
};

describe('somebody else answers, or nobody: never "failed" where it may have happened', () => {
  test.each(Object.entries(ROWS))('%s', async (_, { serve, once, finally: last }) => {
    const baseUrl = await serve();
    const charge = (client: Client) => client.post('/charges', { once: 'cart/1', json: { amount: 1 } });
    expect(await told(charge(clientOf(baseUrl, { retry: { limit: 1 } })))).toBe(once);
    const patient = clientOf(baseUrl);
    const call = charge(patient);
    expect(await told(call)).toBe(last);
    expect((await call.outcome()).effect).toBe('possible');
    expect(await patient.operations.get('cart/1')).toMatchObject({
      effect: 'possible',
      attempts: last === UNPROVED ? 1 : 8,
    });
  });

  test('a captive portal that redirects: nothing happened, and both addresses are named', async () => {
    const client = clientOf(
      await answering(html(302, { location: 'http://portal.example.test/login?token=hunter2' }))(),
    );
    const call = client.post('/charges', { once: 'cart/1', json: { amount: 1 } });
    expect(await told(call)).toBe('RedirectError REDIRECT none');
    await expect(call).rejects.toMatchObject({
      to: 'http://portal.example.test/login',
      message: expect.not.stringContaining('hunter2'),
    });
  });

  test('a redirect after something was possible says nothing about it', async () => {
    let requests = 0;
    const client = clientOf(
      await answering((request, response) => {
        requests += 1;
        if (requests === 1) return void request.socket.destroy();
        html(302, { location: '/login' })(request, response as never);
      })(),
    );
    const call = client.post('/charges', { once: 'cart/1', json: { amount: 1 } });
    expect(await told(call)).toBe('InDoubtError IN_DOUBT possible redirect');
    expect(await toldOutcome(call.outcome())).toBe('in-doubt possible redirect');
  });

  test('a server that comes back is asked again with the same key, and the answer is its own', async () => {
    const keys = new Set<unknown>();
    let requests = 0;
    const client = clientOf(
      await answering((request, response) => {
        keys.add(request.headers['idempotency-key']);
        requests += 1;
        if (requests < 4) return html(requests === 1 ? 200 : 503)(request, response as never);
        response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":1}');
      })(),
    );
    expect(await told(client.post('/charges', { once: 'cart/1', json: { amount: 1 } }))).toBe('201 {"id":1}');
    expect([keys.size, requests]).toEqual([1, 4]);
  });
});
