import { expect, test } from 'vitest';
import { matches } from '../../../src/core/match-rule.ts';
import { recoveryUrl } from '../../../src/core/recovery.ts';
import { routeFacts } from '../../../src/core/route.ts';
import { paypal } from '../../../src/profiles/paypal.ts';
import { json } from '../../core/support/rules.ts';
import { IN_PROGRESS, MISMATCH, REJECTED, SUCCESS, testMockAnswers, testRecorded, UNPROVED } from './support.ts';

const API = 'https://api-m.sandbox.paypal.com';
const ORDER = `${API}/v2/checkout/orders/5O190127TN364715T`;
const SPEC = 'paypal/paypal-rest-api-specifications @ec4d8f3';

const captured = (issue: string, description: string) => ({
  name: 'UNPROCESSABLE_ENTITY',
  details: [{ issue, description }],
  message: 'The requested action could not be performed, semantically incorrect, or failed business validation.',
  debug_id: 'f8574efcf7ad9',
  links: [
    {
      href: `https://developer.paypal.com/docs/api/orders/v2/#error-${issue}`,
      rel: 'information_link',
      method: 'GET',
    },
  ],
});

const completed = {
  id: '5O190127TN364715T',
  status: 'COMPLETED',
  payment_source: { paypal: { name: { given_name: 'John', surname: 'Doe' }, email_address: 'customer@example.com' } },
  links: [{ href: ORDER, rel: 'self', method: 'GET' }],
};

testRecorded(paypal, [
  {
    name: 'a capture',
    source: `${SPEC} checkout_orders_v2.json`,
    request: `POST ${ORDER}/capture`,
    answer: { status: 201, body: completed },
    first: SUCCESS,
  },
  {
    name: 'its replay: 200 instead of 201',
    source: 'developer.paypal.com/reference/guidelines/idempotency; 200 beside 201 in the specification',
    request: `POST ${ORDER}/capture`,
    answer: { status: 200, body: completed },
    first: SUCCESS,
  },
  {
    name: 'another request on this resource is running',
    source: `${SPEC} payments_payment_v2.json, schema 409`,
    request: `POST ${API}/v2/payments/captures/2GG279541U471931P/refund`,
    answer: {
      status: 409,
      body: {
        name: 'RESOURCE_CONFLICT',
        message: 'The server has detected a conflict while processing this request.',
        debug_id: '90957fca61718',
        details: [
          {
            issue: 'PREVIOUS_REQUEST_IN_PROGRESS',
            description:
              'A previous request on this resource is currently in progress. Please wait for sometime and try again. It is best to space out the initial and the subsequent request(s) to avoid receiving this error.',
          },
        ],
      },
    },
    first: IN_PROGRESS,
  },
  {
    name: 'PayPal itself is capturing',
    source: 'PayPal SDK doc/models/ordercompletioninprogress.md',
    request: `POST ${ORDER}/capture`,
    answer: {
      status: 422,
      body: captured(
        'ORDER_COMPLETION_IN_PROGRESS',
        'The order was created with processing_instruction of ORDER_COMPLETE_ON_PAYMENT_APPROVAL. The customer has approved the payment and PayPal is still in the process of capturing the order on your behalf as instructed. Please try your request again.',
      ),
    },
    first: IN_PROGRESS,
  },
  {
    name: 'captured already',
    source: 'a live body in the code of PerfectPayments; the same in two other projects',
    request: `POST ${ORDER}/capture`,
    answer: {
      status: 422,
      body: captured(
        'ORDER_ALREADY_CAPTURED',
        "Order already captured.If 'intent=CAPTURE' only one capture per order is allowed.",
      ),
    },
    first: REJECTED,
    later: { means: 'recover' },
  },
  {
    name: 'declined',
    source: 'live body: paypal/PayPal-PHP-Server-SDK issue 48',
    request: `POST ${ORDER}/capture`,
    answer: {
      status: 422,
      body: captured('PAYMENT_DENIED', 'PayPal has declined to process this transaction.'),
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'an authorization that was captured: our own echo, perhaps',
    source: `shape: ${SPEC} payments_payment_v2.json`,
    request: `POST ${API}/v2/payments/authorizations/0VF52814937998046/capture`,
    answer: {
      status: 422,
      body: captured(
        'AUTHORIZATION_ALREADY_CAPTURED',
        'Authorization has already been captured. If final_capture is set to to true, additional captures are not possible against the authorization.',
      ),
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'no id where one is needed',
    source: `${SPEC} checkout_orders_v2.json, orders.create-400`,
    request: `POST ${API}/v2/checkout/orders`,
    answer: {
      status: 400,
      body: {
        name: 'INVALID_REQUEST',
        message: 'Request is not well-formed, syntactically incorrect, or violates schema.',
        details: [
          {
            issue: 'PAYPAL_REQUEST_ID_REQUIRED',
            description:
              'A PayPal-Request-Id is required if you are trying to process payment for an Order. Please specify a PayPal-Request-Id or Create the Order without a `payment_source` specified.',
          },
        ],
      },
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'an id used before, Vault v3',
    source:
      'shape, status by the text: developer.paypal.com/api/payment-tokens/v3/errors/paypal_request_id_previously_used',
    request: `POST ${API}/v3/vault/payment-tokens`,
    answer: {
      status: 422,
      body: {
        name: 'UNPROCESSABLE_ENTITY',
        message: 'The requested action could not be performed, semantically incorrect, or failed business validation.',
        details: [{ issue: 'PAYPAL_REQUEST_ID_PREVIOUSLY_USED', description: 'Specified request ID was used.' }],
      },
    },
    first: MISMATCH,
  },
  {
    name: 'an id used before, Payments v1',
    source: 'live answer: paypal/PayPal-Cordova-Plugin issue 282',
    request: 'POST https://api.sandbox.paypal.com/v1/payments/payment',
    honoured: 'unknown',
    answer: {
      status: 400,
      headers: { 'paypal-debug-id': '160ae1488f2e5', 'Content-Language': '*' },
      body: {
        message: 'PayPal-Request-Id header was already used.',
        information_link: 'https://developer.paypal.com/webapps/developer/docs/api/#DUPLICATE_REQUEST_ID',
        name: 'DUPLICATE_REQUEST_ID',
        debug_id: '160ae1488f2e5',
      },
    },
    first: MISMATCH,
  },
]);

testMockAnswers(paypal, { replay: SUCCESS });

test('an order that says COMPLETED proves the capture; one that does not proves nothing', () => {
  const { recover } = paypal.data;
  if (recover === undefined) throw new Error('no recovery');
  const request = { method: 'POST', url: `${ORDER}/capture`, headers: [] };
  expect(recoveryUrl(recover, { request, key: 'k' }, undefined)).toBe(ORDER);
  expect(matches(recover.accept, json(200, completed), completed)).toBe(true);
  const approved = { ...completed, status: 'APPROVED' };
  expect(matches(recover.accept, json(200, approved), approved)).toBe(false);
});

const HOUR = 3_600_000;
test.each([
  ['POST', '/v2/checkout/orders', 6 * HOUR, 108, 'unknown'],
  ['POST', '/v2/checkout/orders/5O190127TN364715T/authorize', 6 * HOUR, 108, 'no'],
  ['POST', '/v2/payments/captures/2GG279541U471931P/refund', 45 * 24 * HOUR, 38, 'no'],
  ['POST', '/v2/payments/authorizations/0VF52814937998046/void', 45 * 24 * HOUR, 38, 'no'],
  ['POST', '/v3/vault/setup-tokens', 3 * HOUR, 38, 'unknown'],
  ['POST', '/v1/billing/subscriptions/I-BW452GLLEP1G/capture', 72 * HOUR, 38, 'no'],
  ['POST', '/v1/catalogs/products', 72 * HOUR, 38, 'no'],
  ['POST', '/v1/payments/payouts', 30 * 24 * HOUR, 1000, 'no'],
])('%s %s', (method, path, ms, keyLimit, required) => {
  expect(routeFacts(paypal.data, method, API + path)).toEqual({
    honoured: 'yes',
    lifetime: { kind: 'fixed', ms },
    keyLimit,
    required,
  });
});

test.each([
  ['POST', '/v2/checkout/orders/5O190127TN364715T/confirm-payment-source', 'no'],
  ['POST', '/v1/billing/subscriptions/I-BW452GLLEP1G/cancel', 'no'],
  ['POST', '/v2/invoicing/invoices', 'no'],
  ['PATCH', '/v2/checkout/orders/5O190127TN364715T', 'no'],
  ['POST', '/v1/notifications/webhooks', 'unknown'],
])('%s %s: %s', (method, path, honoured) => {
  expect(routeFacts(paypal.data, method, API + path).honoured).toBe(honoured);
});
