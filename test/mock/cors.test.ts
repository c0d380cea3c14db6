import { describe, expect, test } from 'vitest';
import { createMock } from '../../src/mock/index.ts';
import { stripeV1 } from '../../src/profiles/index.ts';
import { BASE, post } from './support/transports.ts';

const PAGE = 'https://shop.test';

const PREFLIGHT: RequestInit = {
  method: 'OPTIONS',
  headers: {
    origin: PAGE,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,idempotency-key,x-own',
  },
};

const list = (value: string | null): string[] => (value ?? '').split(/,\s*/);

describe.each(['*', PAGE])('cors %s', (cors) => {
  test('a preflight is answered, and allows what was asked for and the key', async () => {
    const mock = createMock({ cors });
    const { status, headers } = await mock.fetch(`${BASE}/charges`, PREFLIGHT);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, cors]);
    expect(list(headers.get('access-control-allow-headers'))).toEqual(
      expect.arrayContaining(['authorization', 'content-type', 'idempotency-key', 'x-own']),
    );
    expect(list(headers.get('access-control-allow-methods'))).toEqual(
      expect.arrayContaining(['POST', 'PUT', 'PATCH', 'DELETE']),
    );
    expect(mock.ledger()).toEqual([]);
  });

  test('every answer may be read, with the headers a client looks at', async () => {
    const mock = createMock({ cors });
    const init = post({}, { 'idempotency-key': 'k', origin: PAGE });
    const answers = [
      await mock.fetch(`${BASE}/charges`, init),
      await mock.fetch(`${BASE}/charges`, init),
      await mock.fetch(`${BASE}/charges`, post({ other: 1 }, { 'idempotency-key': 'k', origin: PAGE })),
      await mock.fetch(`${BASE}/unknown`, { headers: { origin: PAGE } }),
      await mock.fetch(`${BASE}/__onceward/ledger`, { headers: { origin: PAGE } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 422, 404, 200]);
    for (const { headers } of answers) {
      expect(headers.get('access-control-allow-origin')).toBe(cors);
      expect(headers.get('access-control-allow-credentials')).toBe(cors === '*' ? null : 'true');
      expect(list(headers.get('access-control-expose-headers'))).toEqual(
        expect.arrayContaining(['date', 'location', 'retry-after', 'idempotent-replayed', 'idempotency-key']),
      );
    }
  });
});

test('a page of another origin is not let in', async () => {
  const mock = createMock({ cors: 'https://elsewhere.test' });
  const preflight = await mock.fetch(`${BASE}/charges`, PREFLIGHT);
  const answer = await mock.fetch(`${BASE}/charges`, post({}, { 'idempotency-key': 'k', origin: PAGE }));
  for (const { headers } of [preflight, answer]) expect(headers.get('access-control-allow-origin')).toBeNull();
  expect(answer.headers.get('vary')).toBe('origin');
});

test('the headers of the page do not change what is stored', async () => {
  const mock = createMock({ cors: PAGE, profile: stripeV1 });
  const first = await mock.fetch(`${BASE}/v1/x`, post({}, { 'idempotency-key': 'k', origin: PAGE }));
  const foreign = await mock.fetch(`${BASE}/v1/x`, post({}, { 'idempotency-key': 'k' }));
  expect(first.headers.get('access-control-allow-origin')).toBe(PAGE);
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  expect(foreign.headers.get('idempotent-replayed')).toBe('true');
});

test('off by default: OPTIONS is a request like any other', async () => {
  const { status, headers } = await createMock().fetch(`${BASE}/charges`, PREFLIGHT);
  expect([status, headers.get('access-control-allow-origin')]).toEqual([404, null]);
});
