import type { Fact, Profile, RouteRule } from '../core/profile.ts';
import { profileOf } from './profile.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Routes that take the key, with its longest form and whether it must be there. */
function keyed(keyLimit: number, required: Fact, routes: readonly string[]): Record<string, RouteRule> {
  return Object.fromEntries(routes.map((route) => [route, { honoured: 'yes', keyLimit, required }]));
}

const error = (category: string, code: string, detail: string, field?: string) => ({
  status: 400,
  headers: JSON_TYPE,
  body: JSON.stringify({ errors: [{ category, code, detail, field }] }),
});

/** Square Connect v2. The key is a member of the JSON body, so the client writes it there; a body given by the caller has none.
 *
 *  Sources, by fact:
 *  - carrier, routes, limits, codes: github.com/square/connect-api-specification @5733f66 api.json; routes and requiredness again in the npm package
 *    square 46.0.0 (api/resources, every request with idempotencyKey)
 *  - same data, first successful response: developer.squareup.com/docs/working-with-apis/idempotency
 *  - no retention period is published, on purpose: developer.squareup.com/forums/t/question-about-idempotency-key-on-payments/28309 (staff, 2026-10)
 *  - IDEMPOTENCY_KEY_REUSED as 400: recorded answers
 *  - not callable from a page: github.com/square/square-nodejs-sdk issues 19, 37, 72 (staff)
 *
 *  Not published: the lifetime (give `.with({ keyLifetime })`, else five minutes are assumed), what a second request gets while the first runs,
 *  which errors are kept. Void-by-key (`POST /v2/payments/cancel`) is an operation, not a look-up: a late first request can still follow it.
 */
export const square: Profile = profileOf({
  name: 'square',
  carrier: { kind: 'json-body', path: 'idempotency_key' },
  // Safe everywhere; also taken where the specification sets no limit.
  key: { limit: 45 },
  routes: {
    ...keyed(45, 'yes', [
      'POST /v2/payments',
      // Here the key is that of the payment to void: hand it in with the option `key`.
      'POST /v2/payments/cancel',
      'PUT /v2/payments/*',
      'POST /v2/refunds',
      'POST /v2/cards',
      'POST /v2/bank-accounts',
      'POST /v2/disputes/*/evidence-text',
      'POST /v2/team-members/jobs',
      'POST /v2/inventory/adjustment-reasons/create',
      'PUT /v2/inventory/adjustments/update',
      'POST /v2/transfer-orders',
      'PUT /v2/transfer-orders/*',
      'POST /v2/transfer-orders/*/cancel',
      'POST /v2/transfer-orders/*/receive',
      'POST /v2/transfer-orders/*/start',
    ]),
    ...keyed(45, 'no', [
      'POST /v2/customers',
      'POST /v2/customers/groups',
      'POST /v2/subscriptions',
      'POST /v2/team-members',
      'POST /v2/orders/clone',
      'POST /v2/webhooks/subscriptions',
      'POST /v2/webhooks/subscriptions/*/signature-key',
      'POST /v2/bookings/custom-attribute-definitions',
      'PUT /v2/bookings/custom-attribute-definitions/*',
      'PUT /v2/bookings/*/custom-attributes/*',
      'POST /v2/customers/custom-attribute-definitions',
      'PUT /v2/customers/custom-attribute-definitions/*',
      'POST /v2/customers/*/custom-attributes/*',
      'POST /v2/locations/custom-attribute-definitions',
      'PUT /v2/locations/custom-attribute-definitions/*',
      'POST /v2/locations/*/custom-attributes/*',
      'POST /v2/merchants/custom-attribute-definitions',
      'PUT /v2/merchants/custom-attribute-definitions/*',
      'POST /v2/merchants/*/custom-attributes/*',
      'POST /v2/orders/custom-attribute-definitions',
      'PUT /v2/orders/custom-attribute-definitions/*',
      'POST /v2/orders/*/custom-attributes/*',
    ]),
    ...keyed(64, 'yes', ['POST /v2/terminals/actions', 'POST /v2/terminals/checkouts', 'POST /v2/terminals/refunds']),
    // Bulk routes take one key per entry, as the name of a property: not ours to write.
    'PUT /v2/vendors/bulk-update': 'no',
    ...keyed(128, 'yes', [
      'POST /v2/catalog/object',
      'POST /v2/catalog/batch-upsert',
      'POST /v2/devices/codes',
      'POST /v2/gift-cards',
      'POST /v2/gift-cards/activities',
      'POST /v2/inventory/changes/batch-create',
      'POST /v2/inventory/batch-change',
      'POST /v2/labor/scheduled-shifts/*/publish',
      'POST /v2/loyalty/accounts',
      'POST /v2/loyalty/accounts/*/accumulate',
      'POST /v2/loyalty/accounts/*/adjust',
      'POST /v2/loyalty/programs/*/promotions',
      'POST /v2/loyalty/rewards',
      'POST /v2/loyalty/rewards/*/redeem',
      'POST /v2/vendors/create',
    ]),
    ...keyed(128, 'no', [
      'POST /v2/invoices',
      'PUT /v2/invoices/*',
      'POST /v2/invoices/*/publish',
      'POST /v2/labor/break-types',
      'POST /v2/labor/scheduled-shifts',
      'POST /v2/labor/shifts',
      'POST /v2/labor/timecards',
      'PUT /v2/vendors/*',
    ]),
    ...keyed(192, 'yes', ['POST /v2/orders/*/pay', 'POST /v2/locations/*/checkouts']),
    ...keyed(192, 'no', ['POST /v2/orders', 'PUT /v2/orders/*', 'POST /v2/online-checkout/payment-links']),
    ...keyed(255, 'no', ['POST /v2/bookings', 'PUT /v2/bookings/*', 'POST /v2/bookings/*/cancel']),
    // No other operation has the member at its top level. Uploads (multipart) carry it in a part, where the client writes nothing.
    '* /**': 'no',
  },
  required: 'no',
  lifetime: { kind: 'unpublished' },
  // Only 200 is declared.
  accepted: 'final',
  // "First successful response": nothing is said of errors.
  stores: { success: 'yes', clientErrors: 'unknown', serverErrors: 'unknown', validation: 'unknown' },
  rejections: { first: [400, 402, 403, 404, 422], later: [] },
  // CONFLICT is a general code; nothing ties it to keys, and nothing excludes it.
  conflict: 'in-progress',
  companions: ['square-version'],
  cors: { callable: 'no', expose: [] },
  rules: [
    {
      when: { status: 400, json: { path: 'errors.*.code', equals: 'IDEMPOTENCY_KEY_REUSED' } },
      means: { doubt: 'key-mismatch' },
    },
    // The specification: repeat with the same key.
    {
      when: { status: { from: 400, to: 599 }, json: { path: 'errors.*.code', equals: 'TEMPORARY_ERROR' } },
      means: 'retry',
    },
  ],
  answers: {
    mismatch: error(
      'INVALID_REQUEST_ERROR',
      'IDEMPOTENCY_KEY_REUSED',
      'This key was used with other request data.',
      'idempotency_key',
    ),
    // The codes are documented, that they stand together is not.
    missingKey: error('INVALID_REQUEST_ERROR', 'MISSING_REQUIRED_PARAMETER', 'Field must be set', 'idempotency_key'),
    malformedKey: error('INVALID_REQUEST_ERROR', 'VALUE_TOO_LONG', 'Field is too long', 'idempotency_key'),
  },
});
