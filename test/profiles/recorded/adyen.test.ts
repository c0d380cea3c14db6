import { expect, test } from 'vitest';
import { honoursKey } from '../../../src/core/route.ts';
import { adyen } from '../../../src/profiles/adyen.ts';
import { IN_PROGRESS, REJECTED, STORED_ERROR, SUCCESS, testMockAnswers, testRecorded, UNPROVED } from './support.ts';

const TEST = 'https://checkout-test.adyen.com/v72';
const LIVE = 'https://1797a841fbb37ca7-AdyenDemo-checkout-live.adyenpayments.com/checkout/v72';
const PAGE = 'docs.adyen.com/development-resources/api-idempotency';
const SPEC = 'Adyen/adyen-openapi @aa014f0';
const KEY = { 'Idempotency-Key': '37ca9c97-d1d1-4c62-89e8-706891a563ed' };

const UNCHANGED = { means: 'again', because: 'unavailable', unchanged: true } as const;

const inUse = {
  status: 409,
  errorCode: '704',
  message: 'request already processed or in progress',
  errorType: 'validation',
};

testRecorded(adyen, [
  {
    name: 'a payment, handled idempotently',
    source: PAGE,
    request: `POST ${TEST}/payments`,
    answer: { status: 200, headers: KEY, body: { pspReference: 'V4HZ4RBFJGXXGN82', resultCode: 'Authorised' } },
    first: SUCCESS,
  },
  {
    name: 'a refused payment is a success of the request',
    source: `${SPEC} CheckoutService-v72.json`,
    request: `POST ${LIVE}/payments`,
    answer: {
      status: 200,
      headers: KEY,
      body: { pspReference: 'V4HZ4RBFJGXXGN82', refusalReason: 'Refused', resultCode: 'Refused' },
    },
    first: SUCCESS,
  },
  {
    name: 'two at once: the other one is processed',
    source: `${PAGE}, transient errors`,
    request: `POST ${TEST}/payments`,
    answer: { status: 422, headers: { 'transient-error': 'true' }, body: { ...inUse, status: 422 } },
    first: IN_PROGRESS,
  },
  {
    name: 'the same with 409',
    source: `${PAGE}, transient errors`,
    request: `POST ${LIVE}/payments/details`,
    answer: { status: 409, headers: { 'Transient-Error': 'true' }, body: inUse },
    first: IN_PROGRESS,
  },
  {
    name: '704 that must not be repeated; the payment had been authorised',
    source: 'live body: VTEX known issue 884154',
    request: `POST ${TEST}/payments/details`,
    answer: { status: 409, body: inUse },
    first: { means: 'doubt', reason: 'stuck' },
  },
  {
    name: '704, told not to repeat',
    source: PAGE,
    request: `POST ${TEST}/payments`,
    answer: { status: 422, headers: { 'transient-error': 'false' }, body: { ...inUse, status: 422 } },
    first: { means: 'doubt', reason: 'stuck' },
  },
  {
    name: 'the key store is down',
    source: `${PAGE}, designing for resilience`,
    request: `POST ${TEST}/payments`,
    answer: {
      status: 503,
      headers: { 'transient-error': 'true' },
      body: { status: 503, errorCode: '703', message: 'required resource temporarily unavailable' },
    },
    first: UNCHANGED,
  },
  {
    name: 'the same where a page cannot read the header',
    source: `${PAGE}, designing for resilience`,
    request: `POST ${TEST}/payments`,
    answer: {
      status: 503,
      body: { status: 503, errorCode: '703', message: 'required resource temporarily unavailable' },
    },
    first: UNCHANGED,
  },
  {
    name: 'a transient error has no side effect',
    source: `shape: ${PAGE}, transient errors`,
    request: `POST ${TEST}/payments/993617895204576J/captures`,
    answer: {
      status: 500,
      headers: { 'transient-error': 'true' },
      body: { status: 500, errorCode: '905_1', message: 'No connection available', errorType: 'configuration' },
    },
    first: UNCHANGED,
  },
  {
    name: 'a server error that is not transient is kept',
    source: 'live body: Adyen/adyen-php-api-library issue 262',
    request: `POST ${TEST}/payments`,
    answer: {
      status: 500,
      body: '{"status":500,"errorCode":"701","message":"server could not process request","errorType":"internal","pspReference":"881615392704097H"}',
    },
    first: STORED_ERROR,
  },
  {
    name: 'invalid, and it went through the layer',
    source: `docs.adyen.com/development-resources/error-codes; header: ${SPEC} CheckoutService-v72.json, 422`,
    request: `POST ${TEST}/payments`,
    answer: {
      status: 422,
      headers: KEY,
      body: {
        status: 422,
        errorCode: '101',
        message: 'Invalid card number',
        errorType: 'validation',
        pspReference: 'F7WCWRG6JPHR8HG2',
      },
    },
    first: REJECTED,
  },
  {
    name: 'invalid, without the sign of the layer',
    source: 'docs.adyen.com/development-resources/error-codes',
    request: `POST ${TEST}/sessions`,
    answer: {
      status: 422,
      body: { status: 422, errorCode: '14_030', message: 'Return URL is missing.', errorType: 'validation' },
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'a missing permission, before the layer',
    source: 'docs.adyen.com/development-resources/error-codes: 010',
    request: `POST ${TEST}/payments`,
    answer: { status: 403, body: { status: 403, errorCode: '010', message: 'Not allowed', errorType: 'security' } },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'a transfer that is accepted',
    source: `${SPEC} TransferService-v4.json, 202`,
    request: 'POST https://balanceplatform-api-test.adyen.com/btl/v4/transfers',
    answer: { status: 202, headers: KEY, body: { id: '1W1UG35U8A9J5ZLG', status: 'received' } },
    first: SUCCESS,
  },
]);

testMockAnswers(adyen);

test.each([
  ['POST', `${LIVE}/payments/993617895204576J/refunds`, 'yes'],
  ['POST', `${TEST}/paymentMethods/balance`, 'yes'],
  ['POST', 'https://balanceplatform-api-test.adyen.com/btl/v4/transfers/1W1UG35U8A9J5ZLG/returns', 'yes'],
  ['POST', `${TEST}/validateShopperId`, 'no'],
  ['PATCH', `${TEST}/paymentLinks/PL61C53A8B97E6915A`, 'no'],
  ['POST', 'https://balanceplatform-api-test.adyen.com/btl/v4/cashouts', 'no'],
  ['POST', 'https://pal-test.adyen.com/pal/servlet/Payment/v68/authorise', 'unknown'],
  ['POST', 'https://management-test.adyen.com/v3/merchants', 'unknown'],
])('%s %s: %s', (method, url, honoured) => {
  expect(honoursKey(adyen.data, method, url)).toBe(honoured);
});
