import { expect, test } from 'vitest';
import { recoveryUrl } from '../../../src/core/recovery.ts';
import { increase } from '../../../src/profiles/increase.ts';
import { operation } from '../../core/support/rules.ts';
import { AGAIN, MISMATCH, REJECTED, SUCCESS, testMockAnswers, testRecorded, UNPROVED } from './support.ts';

const API = 'https://api.increase.com';
const KEYS = 'increase.com/documentation/idempotency-keys';
const ERRORS = 'increase.com/documentation/errors';
const SDK = 'Increase/increase-typescript @aac4760 src/core/error.ts';
const PROBLEM = { 'Content-Type': 'application/problem+json' };
const WAITED_FOR = { means: 'in-progress', named: false } as const;

testRecorded(increase, [
  {
    name: 'a transfer',
    source: 'shape: increase.com/documentation/api/ach-transfers',
    request: `POST ${API}/ach_transfers`,
    answer: {
      status: 200,
      body: { id: 'ach_transfer_uoxatyh3lt5evrsdvo7q', type: 'ach_transfer', amount: 100, idempotency_key: 'k' },
    },
    first: SUCCESS,
  },
  {
    name: 'the same arguments once more',
    source: `${KEYS}: Idempotent-Replayed`,
    request: `POST ${API}/ach_transfers`,
    answer: {
      status: 200,
      headers: { 'Idempotent-Replayed': 'true' },
      body: { id: 'ach_transfer_uoxatyh3lt5evrsdvo7q', type: 'ach_transfer', amount: 100, idempotency_key: 'k' },
    },
    first: { means: 'success', source: 'replay' },
  },
  {
    name: 'other arguments: whose object it is',
    source: `${KEYS}: 409, type, resource_id`,
    request: `POST ${API}/ach_transfers`,
    answer: {
      status: 409,
      headers: PROBLEM,
      body: {
        type: 'idempotency_key_already_used_error',
        title: 'This idempotency key has already been used for another object.',
        detail: null,
        status: 409,
        resource_id: 'ach_transfer_uoxatyh3lt5evrsdvo7q',
      },
    },
    first: MISMATCH,
  },
  {
    name: 'a balance that is too small',
    source: `${ERRORS}: the example`,
    request: `POST ${API}/ach_transfers`,
    answer: {
      status: 409,
      headers: PROBLEM,
      body: {
        type: 'invalid_operation_error',
        status: 409,
        title: "The action you specified can't be performed on the object in its current state.",
        detail: "There's an insufficient balance in the account.",
      },
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'a 409 without a type that is known',
    source: `${SDK}: retried by the SDK, for locks`,
    request: `POST ${API}/ach_transfers`,
    answer: { status: 409 },
    first: WAITED_FOR,
  },
  {
    name: 'a parameter that is wrong',
    source: `${ERRORS}: 400 invalid_parameters_error`,
    request: `POST ${API}/ach_transfers`,
    answer: { status: 400, headers: PROBLEM, body: { type: 'invalid_parameters_error', status: 400 } },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'no permission',
    source: `${SDK}: 403 insufficient_permissions_error`,
    request: `POST ${API}/ach_transfers`,
    answer: { status: 403, headers: PROBLEM, body: { type: 'insufficient_permissions_error', status: 403 } },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'too many requests',
    source: `${SDK}: 429 rate_limited_error, retry_after`,
    request: `POST ${API}/ach_transfers`,
    answer: { status: 429, headers: PROBLEM, body: { type: 'rate_limited_error', status: 429, retry_after: 1 } },
    first: AGAIN,
  },
  {
    name: 'the server says: again',
    source: 'Increase/increase-typescript @aac4760 src/client.ts: x-should-retry',
    request: `POST ${API}/ach_transfers`,
    answer: { status: 500, headers: { ...PROBLEM, 'X-Should-Retry': 'true' }, body: { type: 'internal_server_error' } },
    first: AGAIN,
  },
  {
    name: 'a server error',
    source: `${SDK}: 500 internal_server_error`,
    request: `POST ${API}/ach_transfers`,
    answer: { status: 500, headers: PROBLEM, body: { type: 'internal_server_error', status: 500 } },
    first: { means: 'server-error' },
  },
  {
    name: 'an action creates nothing',
    source: `${KEYS}: the promise is about objects created`,
    request: `POST ${API}/ach_transfers/ach_transfer_1/approve`,
    honoured: 'unknown',
    answer: { status: 200, body: { id: 'ach_transfer_1' } },
    first: SUCCESS,
  },
]);

testMockAnswers(increase);

test('the list is searched by the key', () => {
  const { recover } = increase.data;
  const { fixed } = operation(
    {},
    { key: 'a+b', request: { method: 'POST', url: `${API}/ach_transfers`, headers: [] } },
  );
  expect(recover && recoveryUrl(recover, fixed, undefined)).toBe(`${API}/ach_transfers?idempotency_key=a%2Bb`);
});
