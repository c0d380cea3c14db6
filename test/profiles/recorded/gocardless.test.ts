import { expect, test } from 'vitest';
import { recoveryUrl } from '../../../src/core/recovery.ts';
import { honoursKey } from '../../../src/core/route.ts';
import { gocardless } from '../../../src/profiles/gocardless.ts';
import { json } from '../../core/support/rules.ts';
import { AGAIN, REJECTED, SUCCESS, testMockAnswers, testRecorded, UNPROVED } from './support.ts';

const API = 'https://api.gocardless.com';
const SDK = 'gocardless/gocardless-nodejs @d15252a';

const conflict = {
  error: {
    message: 'A resource has already been created with this idempotency key',
    errors: [
      {
        reason: 'idempotent_creation_conflict',
        message: 'A resource has already been created with this idempotency key',
        links: { conflicting_resource_id: 'PM1234' },
      },
    ],
    documentation_url: 'https://developer.gocardless.com/api-reference#idempotent_creation_conflict',
    type: 'invalid_state',
    request_id: 'HARDCODED_REQUEST_ID',
    code: 409,
  },
};

testRecorded(gocardless, [
  {
    name: 'a payment',
    source: 'gocardless.com/blog/idempotency-keys: 201 Created',
    request: `POST ${API}/payments`,
    answer: {
      status: 201,
      body: { payments: { id: 'PM1234', amount: 100, currency: 'GBP', links: { mandate: 'MD00001EKBQ412' } } },
    },
    first: SUCCESS,
  },
  {
    name: 'the key has created something: its id',
    source: `${SDK} src/fixtures/idempotency_conflict.json`,
    request: `POST ${API}/payments`,
    answer: { status: 409, body: conflict },
    first: { means: 'recover' },
  },
  {
    name: 'the key has created something: no id',
    source: `${SDK} src/errors.ts (MalformedResponseError)`,
    request: `POST ${API}/payments`,
    answer: {
      status: 409,
      body: {
        error: {
          ...conflict.error,
          errors: [{ reason: 'idempotent_creation_conflict', message: conflict.error.message }],
        },
      },
    },
    first: { means: 'done' },
  },
  {
    name: 'another conflict: the account exists',
    source: 'shape: developer.gocardless.com/api-reference#bank_account_exists',
    request: `POST ${API}/customer_bank_accounts`,
    answer: {
      status: 409,
      body: {
        error: {
          message: 'Bank account already exists',
          errors: [
            {
              reason: 'bank_account_exists',
              message: 'Bank account already exists',
              links: { customer_bank_account: 'BA123' },
            },
          ],
          documentation_url: 'https://developer.gocardless.com/api-reference#bank_account_exists',
          type: 'invalid_state',
          request_id: 'HARDCODED_REQUEST_ID',
          code: 409,
        },
      },
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'a state that forbids it',
    source: `${SDK} src/fixtures/invalid_state.json`,
    request: `POST ${API}/payments/PM1234/actions/cancel`,
    honoured: 'unknown',
    answer: {
      status: 422,
      body: {
        error: {
          message: 'Payment cannot be cancelled',
          documentation_url: 'https://developer.gocardless.com/api-reference#cancellation_failed',
          type: 'invalid_state',
          errors: [{ message: 'Payment cannot be cancelled', reason: 'cancellation_failed' }],
          request_id: 'HARDCODED_REQUEST_ID',
          code: 422,
        },
      },
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'a wrong parameter',
    source: `${SDK} src/fixtures/invalid_api_usage.json`,
    request: `POST ${API}/payments`,
    answer: {
      status: 422,
      body: {
        error: {
          message: 'One of your parameters was incorrectly typed',
          errors: [{ message: '"currency" wasn\'t supplied.', request_pointer: '/payments' }],
          documentation_url: 'https://developer.gocardless.com/api-reference#invalid_type',
          type: 'invalid_api_usage',
          request_id: 'HARDCODED_REQUEST_ID',
          code: 422,
        },
      },
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'an internal error: repeat with the same key',
    source: 'shape: gocardless.com/blog/idempotency-keys; developer.gocardless.com/api-reference#internal_server_error',
    request: `POST ${API}/payments`,
    answer: {
      status: 500,
      body: {
        error: {
          message: 'Internal server error',
          errors: [{ reason: 'internal_server_error', message: 'Internal server error' }],
          documentation_url: 'https://developer.gocardless.com/api-reference#internal_server_error',
          type: 'gocardless',
          request_id: 'HARDCODED_REQUEST_ID',
          code: 500,
        },
      },
    },
    first: AGAIN,
  },
]);

testMockAnswers(gocardless, { replay: { means: 'recover' } });

test('the resource is read below the path of the request', () => {
  const { recover } = gocardless.data;
  if (recover === undefined) throw new Error('no recovery');
  const request = { method: 'POST', url: `${API}/payments`, headers: [] };
  expect(recoveryUrl(recover, { request, key: 'k' }, json(409, conflict))).toBe(`${API}/payments/PM1234`);
});

test.each([
  ['POST', '/refunds', 'yes'],
  ['POST', '/billing_requests', 'yes'],
  ['POST', '/instalment_schedules/create_with_schedule', 'yes'],
  ['POST', '/billing_requests/BRQ123/actions/fulfil', 'unknown'],
  ['POST', '/outbound_payments/withdrawal', 'unknown'],
  ['PUT', '/customers/CU123', 'no'],
  ['DELETE', '/customers/CU123', 'no'],
])('%s %s: %s', (method, path, honoured) => {
  expect(honoursKey(gocardless.data, method, API + path)).toBe(honoured);
});
