import { expect, test } from 'vitest';
import { routeFacts } from '../../../src/core/route.ts';
import { square } from '../../../src/profiles/square.ts';
import { AGAIN, MISMATCH, REJECTED, SUCCESS, testMockAnswers, testRecorded, UNPROVED } from './support.ts';

const API = 'https://connect.squareup.com';
const SPEC = 'square/connect-api-specification @5733f66 api.json';

const errors = (category: string, code: string, detail: string, field?: string) => ({
  errors: [{ category, code, detail, ...(field !== undefined && { field }) }],
});

testRecorded(square, [
  {
    name: 'a payment',
    source: `${SPEC}, CreatePayment`,
    request: `POST ${API}/v2/payments`,
    answer: {
      status: 200,
      body: {
        payment: {
          id: 'R2B3Z8WMVt3EAmzYWLZvz7Y69EbZY',
          created_at: '2021-10-13T21:14:29.577Z',
          amount_money: { amount: 1000, currency: 'USD' },
          status: 'COMPLETED',
        },
      },
    },
    first: SUCCESS,
  },
  {
    name: 'the key with other data',
    source: 'a recorded answer to a catalog upsert, status line included',
    request: `POST ${API}/v2/catalog/object`,
    answer: {
      status: 400,
      body: errors(
        'INVALID_REQUEST_ERROR',
        'IDEMPOTENCY_KEY_REUSED',
        'The idempotency key can only be retried with the same request data.',
        'idempotency_key',
      ),
    },
    first: MISMATCH,
  },
  {
    name: 'a bad value',
    source: 'the same recording',
    request: `POST ${API}/v2/catalog/object`,
    answer: {
      status: 400,
      body: errors(
        'INVALID_REQUEST_ERROR',
        'INVALID_VALUE',
        'Object `#Tea` of type ITEM references unknown object #Beverages in attr SQ_COGS_MCID',
      ),
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'a declined card',
    source: 'shape: developer.squareup.com/docs/payments-api/error-codes',
    request: `POST ${API}/v2/payments`,
    answer: {
      status: 402,
      body: errors('PAYMENT_METHOD_ERROR', 'GENERIC_DECLINE', "Authorization error: 'GENERIC_DECLINE'"),
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'a passing fault: repeat with the same key',
    source: `shape, status by the category: ${SPEC}, ErrorCode TEMPORARY_ERROR`,
    request: `POST ${API}/v2/payments`,
    answer: {
      status: 400,
      body: errors('PAYMENT_METHOD_ERROR', 'TEMPORARY_ERROR', 'A temporary internal error occurred.'),
    },
    first: AGAIN,
  },
  {
    name: 'the rate limit',
    source: `shape: ${SPEC}, ErrorCode RATE_LIMITED; woocommerce-square issue 106 (same key, by the vendor)`,
    request: `POST ${API}/v2/orders`,
    answer: { status: 429, body: errors('RATE_LIMIT_ERROR', 'RATE_LIMITED', 'Rate limited.') },
    first: AGAIN,
  },
  {
    name: 'a conflict that nothing ties to the key',
    source: `shape: ${SPEC}, ErrorCode CONFLICT`,
    request: `PUT ${API}/v2/orders/CAISENgvlJ6jLWAzERDzjyHVybY`,
    answer: { status: 409, body: errors('API_ERROR', 'CONFLICT', 'Conflict.') },
    first: { means: 'in-progress', named: false },
  },
  {
    name: 'a server error',
    source: `shape: ${SPEC}, ErrorCode INTERNAL_SERVER_ERROR`,
    request: `POST ${API}/v2/payments`,
    answer: { status: 500, body: errors('API_ERROR', 'INTERNAL_SERVER_ERROR', 'An internal error has occurred.') },
    first: { means: 'server-error' },
  },
]);

testMockAnswers(square);

/** Numbers of the specification's maxLength; 45 where it has none. */
test.each([
  ['POST', '/v2/payments', 45, 'yes'],
  ['PUT', '/v2/payments/bP9mAsEMYPUGjjGNaNO5ZDVyLhSZY', 45, 'yes'],
  ['POST', '/v2/refunds', 45, 'yes'],
  ['POST', '/v2/customers', 45, 'no'],
  ['POST', '/v2/terminals/checkouts', 64, 'yes'],
  ['POST', '/v2/gift-cards', 128, 'yes'],
  ['POST', '/v2/invoices/inv:0-ChCHu2mZEabLeeHahQnXDjZQECY/publish', 128, 'no'],
  ['POST', '/v2/loyalty/rewards/a8f43ebe-2ad6-3001-bdd5-7d7c2da08943/redeem', 128, 'yes'],
  ['POST', '/v2/orders', 192, 'no'],
  ['POST', '/v2/orders/lgwOlEityYPJtcuvKTVKT1pA986YY/pay', 192, 'yes'],
  ['POST', '/v2/bookings', 255, 'no'],
  ['POST', '/v2/customers/Z0CH3T8VGHRGQ4NHJFNJFQBK30/custom-attributes/favoritemovie', 45, 'no'],
])('%s %s takes %i characters', (method, path, keyLimit, required) => {
  expect(routeFacts(square.data, method, API + path)).toEqual({
    honoured: 'yes',
    lifetime: { kind: 'unpublished' },
    keyLimit,
    required,
  });
});

test.each([
  ['POST', '/v2/payments/1QjqpBVyrI9S4H9sTGDWU9JeiWdZY/complete'],
  ['POST', '/v2/subscriptions/910afd30-464a-4e00-a8d8-2296eEXAMPLE/pause'],
  ['PUT', '/v2/customers/Z0CH3T8VGHRGQ4NHJFNJFQBK30'],
  ['POST', '/v2/invoices/inv:0-ChCHu2mZEabLeeHahQnXDjZQECY/cancel'],
  ['POST', '/v2/gift-cards/gftc:71ea002277a34f8a945e284b04822edb/link-customer'],
  ['PUT', '/v2/vendors/bulk-update'],
  ['POST', '/v2/orders/calculate'],
  ['DELETE', '/v2/locations/L0TBCBTB7P8RQ/custom-attributes/bestseller'],
])('%s %s takes none', (method, path) => {
  expect(routeFacts(square.data, method, API + path).honoured).toBe('no');
});

test('the vendor publishes no lifetime; the caller can say one', () => {
  expect(square.data.lifetime).toEqual({ kind: 'unpublished' });
  const { data } = square.with({ keyLifetime: '24h' });
  expect(routeFacts(data, 'POST', `${API}/v2/payments`).lifetime).toEqual({ kind: 'fixed', ms: 86_400_000 });
});
