import { expect, test } from 'vitest';
import { honoursKey } from '../../../src/core/route.ts';
import { modernTreasury } from '../../../src/profiles/modern-treasury.ts';
import { AGAIN, IN_PROGRESS, REJECTED, SUCCESS, testMockAnswers, testRecorded, UNPROVED } from './support.ts';

const API = 'https://app.moderntreasury.com';
const PAGE = 'docs.moderntreasury.com/reference/idempotent-requests';
const CODES = 'docs.moderntreasury.com/reference/status-codes';
const SPEC = 'Modern-Treasury/modern-treasury-openapi @fce4ea0';

testRecorded(modernTreasury, [
  {
    name: 'a payment order, or its echo: status and body are the same',
    source: `${PAGE}; ${CODES}: 201`,
    request: `POST ${API}/api/payment_orders`,
    answer: {
      status: 201,
      body: { id: 'c4237eb9-6f2e-4ac9-8eb5-6a3e1f7b1b05', object: 'payment_order', live_mode: false, amount: 1000 },
    },
    first: SUCCESS,
  },
  {
    name: 'the first request is being stored',
    source: `status: ${PAGE}; shape: ${SPEC}, error_message`,
    request: `POST ${API}/api/payment_orders`,
    answer: { status: 409, body: { errors: { code: 'conflict', message: 'The request conflicts with another.' } } },
    first: IN_PROGRESS,
  },
  {
    name: 'a conflict marked as final',
    source: 'Modern-Treasury/modern-treasury-node @6dea66e src/client.ts, x-should-retry',
    request: `POST ${API}/api/expected_payments`,
    answer: {
      status: 409,
      headers: { 'x-should-retry': 'false' },
      body: { errors: { code: 'conflict', message: 'The request conflicts with another.' } },
    },
    first: IN_PROGRESS,
    later: UNPROVED,
  },
  {
    name: 'told to repeat',
    source: 'Modern-Treasury/modern-treasury-node @6dea66e src/client.ts, x-should-retry',
    request: `POST ${API}/api/counterparties`,
    answer: {
      status: 409,
      headers: { 'X-Should-Retry': 'true' },
      body: { errors: { code: 'conflict', message: 'The request conflicts with another.' } },
    },
    first: AGAIN,
  },
  {
    name: 'not found',
    source: 'docs.moderntreasury.com/reference/errors',
    request: `POST ${API}/api/payment_orders`,
    answer: {
      status: 404,
      body: { errors: { code: 'resource_not_found', message: 'Resource not found', parameter: 'id' } },
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'invalid',
    source: `shape: docs.moderntreasury.com/reference/errors; ${CODES}: 422`,
    request: `POST ${API}/api/external_accounts`,
    answer: {
      status: 422,
      body: {
        errors: {
          code: 'parameter_invalid',
          message: 'The value provided for the parameter is invalid',
          parameter: 'account_type',
        },
      },
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'too many requests',
    source: `shape: ${CODES}: 429; ${SPEC}`,
    request: `POST ${API}/api/payment_orders`,
    answer: { status: 429, body: { errors: { code: 'too_many_requests', message: 'Too many requests' } } },
    first: AGAIN,
  },
  {
    name: 'an error that prevented completion: the next request is executed',
    source: `${PAGE}; ${CODES}: 500`,
    request: `POST ${API}/api/payment_orders`,
    answer: { status: 500, body: '' },
    first: AGAIN,
  },
  {
    name: 'the same from a gateway',
    source: `${CODES}: 502`,
    request: `POST ${API}/api/payment_orders`,
    answer: { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>502 Bad Gateway</html>' },
    first: AGAIN,
  },
]);

testMockAnswers(modernTreasury);

test.each([
  ['POST', '/api/ledger_transactions', 'yes'],
  ['POST', '/api/ledger_transactions/c4237eb9/reversal', 'unknown'],
  ['POST', '/api/internal_accounts/c4237eb9/request_closure', 'unknown'],
  ['POST', '/api/transaction_line_items', 'unknown'],
  ['PATCH', '/api/payment_orders/c4237eb9', 'unknown'],
  ['PUT', '/api/ledger_accounts/c4237eb9', 'no'],
  ['DELETE', '/api/counterparties/c4237eb9', 'no'],
])('%s %s: %s', (method, path, honoured) => {
  expect(honoursKey(modernTreasury.data, method, API + path)).toBe(honoured);
});
