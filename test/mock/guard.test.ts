import { request as send } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { isLoopback, refusalOf } from '../../src/mock/guard.ts';
import { createMock, type Mock } from '../../src/mock/index.ts';
import { type Listening, listen } from '../../src/mock/node.ts';

describe('who may control it', () => {
  test.each<[host: string | undefined, origin: string | undefined, allowed: boolean]>([
    // Programs say no origin.
    ['127.0.0.1:4010', undefined, true],
    ['localhost:4010', undefined, true],
    ['LOCALHOST.:4010', undefined, false],
    ['shop.localhost:4010', undefined, true],
    ['[::1]:4010', undefined, true],
    ['[0:0:0:0:0:0:0:1]:4010', undefined, true],
    ['127.1.2.3', undefined, true],
    ['mock.test:4010', undefined, true],
    ['MOCK.test', undefined, true],
    ['192.168.7.7:4010', undefined, true],
    // Another name leads here: a page of that name would be of the same origin.
    ['evil.test:4010', undefined, false],
    ['localhost.evil.test', undefined, false],
    ['127.0.0.1.evil.test', undefined, false],
    ['evil.test', 'http://evil.test', false],
    ['192.168.7.8:4010', undefined, false],
    ['0.0.0.0:4010', undefined, false],
    ['[fe80::2]', undefined, false],
    ['', undefined, false],
    [undefined, undefined, false],
    ['a b', undefined, false],
    ['127.0.0.1@evil.test', undefined, false],
    // Its own page, and others.
    ['127.0.0.1:4010', 'http://127.0.0.1:4010', true],
    ['localhost:4010', 'http://localhost:4010', true],
    ['mock.test', 'https://mock.test', true],
    ['[::1]:4010', 'http://[::1]:4010', true],
    ['localhost:4010', 'http://127.0.0.1:4010', false],
    ['127.0.0.1:4010', 'http://127.0.0.1:5173', false],
    ['127.0.0.1:4010', 'http://evil.test', false],
    ['127.0.0.1:4010', 'null', false],
    ['127.0.0.1:4010', 'file://', false],
    ['127.0.0.1:4010', '', false],
  ])('host %s, origin %s: %s', (host, origin, allowed) => {
    const refusal = refusalOf({ host, origin }, ['Mock.Test', '::ffff:192.168.7.7', 'fe80::1%eth0']);
    expect(refusal === undefined).toBe(allowed);
    if (refusal !== undefined) expect(refusal.status).toBe(403);
  });

  test('an address is known by its IPv6 form, too', () => {
    expect(refusalOf({ host: '[fe80::1]:4010', origin: undefined }, ['fe80::1%eth0'])).toBeUndefined();
  });

  test.each([
    ['127.0.0.1', true],
    ['::1', true],
    ['localhost', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.1', false],
    ['128.0.0.1', false],
  ])('%s is loopback: %s', (address, loopback) => {
    expect(isLoopback(address)).toBe(loopback);
  });
});

let listening: Listening | undefined;

afterEach(async () => {
  await listening?.close();
  listening = undefined;
});

interface Seen {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

/** fetch would not send another Host. */
function ask(url: string, method: string, headers: Record<string, string>, body = ''): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const request = send(url, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () =>
        resolve({ status: response.statusCode, type: response.headers['content-type'], body: text }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function started(host?: string, baseUrl?: string): Promise<{ mock: Mock; url: string }> {
  const mock = createMock({ cors: '*', inProgress: 'accepted', ...(baseUrl !== undefined && { baseUrl }) });
  listening = await listen(mock, host === undefined ? {} : { host });
  return { mock, url: listening.url };
}

describe('over a socket', () => {
  test.each([
    '/__onceward',
    '/__onceward/',
    '/__onceward/ledger',
    '/__onceward/events',
    '/__onceward/nothing',
    '/v1/__onceward/ledger',
  ])('%s is closed to foreign names and pages', async (path) => {
    const { url } = await started(undefined, 'https://api.test/v1');
    for (const foreign of [{ host: 'evil.test' }, { origin: 'http://evil.test' }]) {
      expect(await ask(`${url}${path}`, 'GET', foreign)).toMatchObject({
        status: 403,
        type: 'application/problem+json',
      });
    }
    expect((await ask(`${url}${path}`, 'HEAD', {})).status).not.toBe(403);
  });

  test('nothing is done, and a preflight is no way in', async () => {
    const { url, mock } = await started();
    const faults = `${url}/__onceward/faults`;
    const origin = 'http://evil.test';
    expect((await ask(faults, 'POST', { origin, 'content-type': 'text/plain' }, '"stall"')).status).toBe(403);
    expect((await ask(faults, 'OPTIONS', { origin, 'access-control-request-method': 'POST' })).status).toBe(403);
    expect((await ask(`${url}/__onceward/reset`, 'POST', { host: 'evil.test' })).status).toBe(403);
    expect(mock.events()).toEqual([]);
    expect(() => mock.assertPlanConsumed()).not.toThrow();
    expect((await ask(faults, 'POST', { origin: url }, '"status:503"')).status).toBe(200);
  });

  test('the API itself is open to both, its monitors included', async () => {
    const { url } = await started();
    const foreign = { host: 'api.test', origin: 'http://shop.test', 'idempotency-key': 'k' };
    expect((await ask(`${url}/charges`, 'POST', foreign, '{}')).status).toBe(201);
    expect((await ask(`${url}/__onceward/operations/none`, 'GET', foreign)).status).toBe(404);
  });

  test('beyond loopback a warning is given, and it goes by the address it was reached by', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
    const { url } = await started('0.0.0.0');
    expect(await warned).toMatchObject({ name: 'OncewardWarning', code: 'ONCEWARD_MOCK_EXPOSED' });
    const { port } = new URL(url);
    const outer = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal);
    const address = outer?.address ?? '127.0.0.1';
    expect((await ask(`http://${address}:${port}/__onceward/ledger`, 'GET', {})).status).toBe(200);
    expect((await ask(`http://${address}:${port}/__onceward/ledger`, 'GET', { host: 'evil.test' })).status).toBe(403);
  });

  test('on loopback none is', async () => {
    const warnings: Error[] = [];
    const heard = (warning: Error): void => void warnings.push(warning);
    process.on('warning', heard);
    await started();
    await listening?.close();
    listening = await listen(createMock(), { host: '::1' }).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', heard);
    expect(warnings).toEqual([]);
  });
});
