import type { Match, Profile, RouteRule } from '../core/profile.ts';
import { profileOf } from './profile.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const JSON_TYPE = { 'content-type': 'application/json' };

/** `details[].issue` of an error names the case; the status alone is shared by many. */
const issue = (...issues: readonly string[]): Pick<Match, 'json'> => ({
  json: { path: 'details.*.issue', in: issues },
});

const ALREADY = issue('ORDER_ALREADY_CAPTURED', 'ORDER_ALREADY_AUTHORIZED', 'ORDER_ALREADY_COMPLETED');

/** Orders keep a key for 6 hours (an account manager can raise it to 72) and take 108 characters. */
const ORDERS: RouteRule = { honoured: 'yes', lifetime: { kind: 'fixed', ms: 6 * HOUR }, keyLimit: 108 };
const PAYMENTS: RouteRule = { honoured: 'yes', lifetime: { kind: 'fixed', ms: 45 * DAY } };
/** Required in the OpenAPI of 2024, optional in the SDK of 2026. */
const VAULT: RouteRule = { honoured: 'yes', lifetime: { kind: 'fixed', ms: 3 * HOUR }, required: 'unknown' };
const BILLING: RouteRule = { honoured: 'yes', lifetime: { kind: 'fixed', ms: 72 * HOUR } };

const error = (status: number, name: string, message: string, details: object) => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify({ name, message, debug_id: 'mock0001', details: [details] }),
});
const UNPROCESSABLE = ['UNPROCESSABLE_ENTITY', 'The requested action could not be performed.'] as const;

/** PayPal REST: Orders v2, Payments v2, Vault v3, Subscriptions, Catalog, Payouts. One header, a lifetime per API; a replay tells the latest state with
 *  status 200 where the first answer was 201, so it cannot be told from a first success and need not be.
 *
 *  Sources, by fact:
 *  - routes, lifetimes, limits, issues: github.com/paypal/paypal-rest-api-specifications @ec4d8f3 openapi/{checkout_orders_v2,payments_payment_v2,
 *    vault_payment_tokens_v3,billing_subscriptions_v1,catalogs_products_v1,payments_payouts_batch_v1,invoicing_v2}.json;
 *    github.com/paypal/PayPal-TypeScript-Server-SDK @4f10a01 src/controllers (2026)
 *  - what a repeat does, 38 characters, 5xx may be repeated: developer.paypal.com/reference/guidelines/idempotency.md
 *  - reused ids: developer.paypal.com/api/payment-tokens/v3/errors/paypal_request_id_previously_used;
 *    developer.paypal.com/api/deprecated/payments/v1/errors/duplicate_request_id; live bodies: paypal/PayPal-Java-SDK issue 369,
 *    paypal/PayPal-Cordova-Plugin issue 282
 *  - no exposed header but one: live headers, 2026-03
 *
 *  Not published: which 4xx are kept, so none is final after a lost answer; what the same id with another body does on Orders and Payments.
 */
export const paypal: Profile = profileOf({
  name: 'paypal',
  carrier: { kind: 'header', name: 'PayPal-Request-Id' },
  // The general page's number, the smallest found. A UUID fits everywhere.
  key: { limit: 38 },
  routes: {
    // Required only where the body has a payment_source.
    'POST /v2/checkout/orders': { ...ORDERS, required: 'unknown' },
    'POST /v2/checkout/orders/*/authorize': ORDERS,
    'POST /v2/checkout/orders/*/capture': ORDERS,
    'POST /v2/checkout/orders/*/confirm-payment-source': 'no',
    'POST /v2/checkout/orders/*/track': 'no',
    'POST /v2/payments/authorizations/*/capture': PAYMENTS,
    'POST /v2/payments/authorizations/*/reauthorize': PAYMENTS,
    // In the SDK of 2026, not in the OpenAPI of 2024.
    'POST /v2/payments/authorizations/*/void': PAYMENTS,
    'POST /v2/payments/captures/*/refund': PAYMENTS,
    'POST /v3/vault/payment-tokens': VAULT,
    'POST /v3/vault/setup-tokens': VAULT,
    'POST /v1/billing/plans': BILLING,
    'POST /v1/billing/subscriptions': BILLING,
    'POST /v1/billing/subscriptions/*/capture': BILLING,
    'POST /v1/billing/subscriptions/*/activate': 'no',
    'POST /v1/billing/subscriptions/*/suspend': 'no',
    'POST /v1/billing/subscriptions/*/cancel': 'no',
    'POST /v1/billing/subscriptions/*/revise': 'no',
    'POST /v1/catalogs/products': BILLING,
    'POST /v1/payments/payouts': { honoured: 'yes', lifetime: { kind: 'fixed', ms: 30 * DAY }, keyLimit: 1000 },
    '* /v2/invoicing/**': 'no',
    'PATCH /**': 'no',
  },
  required: 'no',
  // The shortest of all, for a route without a number.
  lifetime: { kind: 'fixed', ms: 3 * HOUR },
  // Only the capture of a subscription may answer 202, and nothing says where to ask.
  accepted: 'final',
  stores: { success: 'yes', clientErrors: 'unknown', serverErrors: 'no', validation: 'unknown' },
  // Later none: whether a 4xx is kept under the id is not documented, and AUTHORIZATION_ALREADY_CAPTURED, CAPTURE_FULLY_REFUNDED,
  // PREVIOUSLY_VOIDED and DUPLICATE_INVOICE_ID can be the echo of our own success.
  rejections: { first: [400, 403, 404, 422], later: [] },
  // Equal requests at once "might fail", with codes that are not listed: every other 409 is waited for, too.
  conflict: 'in-progress',
  // Decides between the minimal and the full body.
  companions: ['prefer'],
  // An order is captured once: COMPLETED says so, whoever did it.
  recover: {
    url: '{parent}',
    accept: { status: 200, json: { path: 'status', equals: 'COMPLETED' } },
    when: 'named',
  },
  // The conflict's own text asks to space requests out; one second is ours.
  minWait: { 409: 1_000, 422: 1_000 },
  cors: { callable: 'unknown', expose: ['Server-Timing'] },
  rules: [
    // About the resource, not the key: a request with another id causes it as well.
    { when: { status: 409, ...issue('PREVIOUS_REQUEST_IN_PROGRESS') }, means: 'in-progress' },
    // PayPal itself captures after the approval.
    { when: { status: 422, ...issue('ORDER_COMPLETION_IN_PROGRESS') }, means: 'in-progress' },
    // Later it may be our own echo, or another id's doing. Before anything of ours was possible it was somebody else: a rejection, as any 422.
    { when: { status: 422, ...ALREADY }, context: 'later', means: 'recover' },
    // Vault v3. The page names the code and the family of 422, no status.
    {
      when: { status: { from: 400, to: 499 }, ...issue('PAYPAL_REQUEST_ID_PREVIOUSLY_USED') },
      means: { doubt: 'key-mismatch' },
    },
    // Payments v1, which is deprecated.
    {
      when: { status: 400, json: { path: 'name', equals: 'DUPLICATE_REQUEST_ID' } },
      means: { doubt: 'key-mismatch' },
    },
  ],
  answers: {
    inProgress: error(409, 'RESOURCE_CONFLICT', 'The server has detected a conflict while processing this request.', {
      issue: 'PREVIOUS_REQUEST_IN_PROGRESS',
      description: 'An earlier request on this resource has not finished.',
    }),
    // The code is documented, the status is the one its text belongs to.
    mismatch: error(422, ...UNPROCESSABLE, {
      issue: 'PAYPAL_REQUEST_ID_PREVIOUSLY_USED',
      description: 'This id was used for another request.',
    }),
    missingKey: error(400, 'INVALID_REQUEST', 'Request is not well-formed.', {
      issue: 'PAYPAL_REQUEST_ID_REQUIRED',
      description: 'An order with a payment source needs a PayPal-Request-Id.',
    }),
    replay: {
      status: 200,
      headers: JSON_TYPE,
      body: '{"id":"<id>","status":"COMPLETED","links":[{"href":"https://api-m.sandbox.paypal.com/v2/checkout/orders/<id>","rel":"self","method":"GET"}]}',
    },
  },
});
