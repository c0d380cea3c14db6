import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { square } from '../../src/profiles/index.ts';
import { type VerifyOptions, verify } from '../../src/verify/index.ts';
import { settle } from '../../src/verify/settled.ts';

const request = (n: string) => ({ path: '/charges', json: { reference: n } });
let calls = 0;

describe('refused before anything is sent', () => {
  test.each<[what: string, options: Partial<VerifyOptions>, says: string]>([
    ['a host elsewhere', { url: 'http://192.0.2.1' }, 'is not on this machine'],
    ['a name elsewhere', { url: 'https://localhost.example.com' }, 'is not on this machine'],
    ['no URL', { url: 'localhost:3000' }, 'url is an absolute http(s) URL'],
    ['credentials in it', { url: 'http://user:secret@localhost' }, 'credentials belong in headers'],
    ['a query', { url: 'http://localhost/?a=1' }, 'nor a query'],
    ['an unknown case', { only: ['C26'] }, "There is no case 'C26': they are C01 to C25"],
    ['an unknown case to skip', { skip: ['c01'] }, "There is no case 'c01'"],
    ['no case left', { only: ['C02'], skip: ['C02'] }, 'leave no case'],
    ['no repeats', { repeat: 0 }, 'repeat is a whole number from 1'],
    ['half a key', { soak: 1.5 }, 'soak is a whole number from 1'],
    ['no rate', { rate: 0 }, 'rate is a number above 0'],
    ['a strange limit', { limits: { slow: 'x' as '5s' } }, 'limits.slow must be'],
    ['no path', { request: () => ({}) as { path: string } }, 'request(n) gives { path, json }'],
    ['a request without n', { request: () => ({ path: '/a' }) }, 'must put n into what it gives'],
    [
      'a request with a counter',
      { request: (n) => ({ path: `/${n}/${(calls += 1)}` }) },
      'the same request for the same n',
    ],
    [
      'no body for a key in the body',
      { profile: square, request: (n) => ({ path: `/v2/payments/${n}` }) },
      'an object without idempotency_key',
    ],
  ])('%s', async (_what, options, says) => {
    const refused = verify({ url: 'http://127.0.0.1:9', request, ...options });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_ONCEWARD_INVALID_OPTION' });
    await expect(refused).rejects.toThrow(says);
  });

  test('no error repeats what may be a credential', async () => {
    await expect(verify({ url: 'http://user:secret@localhost', request })).rejects.not.toThrow('secret');
  });
});

test.each<[what: string, limits: VerifyOptions['limits'], expected: object]>([
  ['as they are', {}, { slow: 5_000, attempt: 30_000, patience: 60_000 }],
  ['what takes long on purpose is waited for', { slow: '1m' }, { attempt: 120_000, patience: 240_000 }],
  ['whoever says so knows better', { slow: '1m', attempt: '5s', patience: '1s' }, { attempt: 5_000, patience: 1_000 }],
])('limits: %s', (_what, limits, expected) => {
  expect(settle({ url: 'http://localhost', request, ...(limits && { limits }) }).limits).toMatchObject(expected);
});

test.each<[url: string, rate: number, soak: number]>([
  ['http://localhost', Number.POSITIVE_INFINITY, 1000],
  ['http://127.9.9.9', Number.POSITIVE_INFINITY, 1000],
  ['http://[::1]:8080', Number.POSITIVE_INFINITY, 1000],
  ['https://staging.example.com', 10, 100],
])('%s is asked as its place allows', (url, rate, soak) => {
  expect(settle({ url, request, ownServer: true })).toMatchObject({ rate, soak, repeat: 20 });
});

test('a dry run sends nothing, wherever it is, and says what it would send', async () => {
  let hits = 0;
  const server = createServer((_request, response) => {
    hits += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const report = await verify({
    url: `http://127.0.0.1:${port}`,
    request,
    headers: { authorization: 'Bearer canary' },
    dryRun: true,
  });
  server.close();
  expect(hits).toBe(0);
  expect(report.ok).toBe(true);
  expect(report.cases).toHaveLength(25);
  const [first] = report.cases;
  expect(first?.evidence).toMatch(
    /^would send: two requests.*POST http:\/\/127\.0\.0\.1:\d+\/charges with host, authorization/,
  );
  expect(JSON.stringify(report)).not.toContain('canary');
  const elsewhere = await verify({ url: 'https://api.example.com', request, dryRun: true, only: ['C06'] });
  expect(elsewhere.cases).toMatchObject([{ id: 'C06', verdict: 'skip', evidence: expect.stringContaining('about 1') }]);
});
