import { expect, test } from 'vitest';
import { honoursKey } from '../../../src/core/route.ts';
import { zuora } from '../../../src/profiles/zuora.ts';
import {
  AGAIN,
  IN_PROGRESS,
  MISMATCH,
  REJECTED,
  STORED_ERROR,
  SUCCESS,
  testMockAnswers,
  testRecorded,
  UNPROVED,
} from './support.ts';

const API = 'https://rest.apisandbox.zuora.com';
const PAGE = 'developer.zuora.com/docs/guides/idempotent-requests';
const CODES = 'developer.zuora.com/docs/guides/error-codes';

const failed = (...codes: readonly number[]) => ({
  success: false,
  processId: 'CBCFED6580B4E076',
  reasons: codes.map((code) => ({ code, message: "'termType' value should be one of: TERMED, EVERGREEN" })),
});

testRecorded(zuora, [
  {
    name: 'an order',
    source: 'shape: developer.zuora.com/docs/guides/error-handling',
    request: `POST ${API}/v1/orders`,
    answer: {
      status: 200,
      body: { success: true, orderNumber: 'O-00000001', accountNumber: 'A00000001', status: 'Completed' },
    },
    first: SUCCESS,
  },
  {
    name: '200 that is a failure: an invalid value',
    source: CODES,
    request: `POST ${API}/v1/subscriptions`,
    answer: { status: 200, body: failed(53100320) },
    first: REJECTED,
  },
  {
    name: 'a lock competition, kept under the key',
    source: 'live: gitlab.com/gitlab-org/gitlab merge request 153765',
    request: `POST ${API}/v1/orders`,
    answer: {
      status: 200,
      body: {
        success: false,
        processId: 'CBCFED6580B4E076',
        reasons: [{ code: 58730050, message: 'Operation failed due to a lock competition, please retry later.' }],
      },
    },
    first: REJECTED,
  },
  {
    name: 'one reason of many may have had an effect',
    source: `shape: ${CODES}: categories`,
    request: `POST ${API}/v1/orders`,
    answer: { status: 200, body: failed(53100320, 53100060) },
    first: STORED_ERROR,
  },
  {
    name: 'a business rule: not on the list',
    source: `shape: ${CODES}: category 30`,
    request: `POST ${API}/v1/orders`,
    answer: { status: 200, body: failed(53100030) },
    first: STORED_ERROR,
  },
  {
    name: 'a failure without reasons',
    source: CODES,
    request: `POST ${API}/v1/orders`,
    answer: { status: 200, body: { success: false } },
    first: STORED_ERROR,
  },
  {
    name: 'CRUD writes it with a capital',
    source: `shape: ${CODES}: except Actions and CRUD; docs.zuora.com: errors of SOAP objects`,
    request: `POST ${API}/v1/object/account`,
    answer: {
      status: 200,
      body: { Success: false, Errors: [{ Code: 'INVALID_VALUE', Message: 'The value is invalid.' }] },
    },
    first: STORED_ERROR,
  },
  {
    name: 'an action answers for each object',
    source: 'shape: docs.zuora.com: the failed rows of a batch have errors, the others are processed',
    request: `POST ${API}/v1/action/create`,
    answer: {
      status: 200,
      body: [
        { Success: true, Id: '2c93808457d787030157e031fcd34e19' },
        { Success: false, Errors: [{ Code: 'LOCK_COMPETITION', Message: 'Retry later.' }] },
      ],
    },
    first: STORED_ERROR,
  },
  {
    name: 'the first request is running',
    source: `${PAGE}: 409`,
    request: `POST ${API}/v1/orders`,
    answer: { status: 409 },
    first: IN_PROGRESS,
  },
  {
    name: 'tenant, URL or method differ',
    source: `${PAGE}: 422`,
    request: `PATCH ${API}/v1/orders/O-00000001`,
    answer: { status: 422 },
    first: MISMATCH,
  },
  {
    name: '400 is kept as well',
    source: PAGE,
    request: `POST ${API}/v1/orders`,
    answer: { status: 400, body: failed(53100320) },
    first: REJECTED,
  },
  {
    name: '404 may come from before the layer',
    source: PAGE,
    request: `POST ${API}/v1/order`,
    answer: { status: 404 },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: '500 is kept',
    source: PAGE,
    request: `POST ${API}/v1/orders`,
    answer: { status: 500, body: failed(90000060) },
    first: STORED_ERROR,
  },
  {
    name: 'the rate limit',
    source: 'developer.zuora.com/docs/guides/error-handling: 429',
    request: `POST ${API}/v1/orders`,
    answer: { status: 429 },
    first: AGAIN,
  },
]);

testMockAnswers(zuora);

test.each([
  ['PATCH', '/v1/orders/O-00000001', 'yes'],
  ['PUT', '/v1/accounts/A00000001', 'no'],
  ['DELETE', '/v1/orders/O-00000001', 'no'],
  ['POST', '/object-query/accounts', 'unknown'],
])('%s %s: %s', (method, path, honoured) => {
  expect(honoursKey(zuora.data, method, API + path)).toBe(honoured);
});
