import type { Profile } from '../core/profile.ts';
import { profileOf } from './profile.ts';

/** The page asks for 30 seconds between two tries. */
const LEAST = 30_000;

/** Checkout.com. Keeps 2xx alone, for 24 hours. A request that ended with 4xx or 5xx is carried out again under the same key, so after a 500 the key
 *  protects nothing.
 *
 *  Sources, by fact:
 *  - routes, 24 hours, what is kept, an expired key is processed as normal: checkout.com/docs/payments/manage-payments/retry-a-payment (2026-01) and
 *    /idempotency (2025-02)
 *  - at least 30 seconds between tries; the sandbox kept keys for 120 seconds until 2024: checkout.com/docs/developer-resources/api/idempotency (2024-08)
 *  - 409 while the first request runs (429 until 2024): support.checkout.com/hc/en-us/articles/24570669653010
 *  - the header's name, no retries in the SDK: github.com/checkout/checkout-sdk-node @a1d2c72 src/services/http.js, src/services/errors.js
 *  - 202, 403, 404, 422 and their bodies: github.com/checkout/checkout-api-reference @2fc946c nas_spec/paths/payments*.yaml
 *
 *  Not published: the longest key, the scope of a key, the body of the 409, what the same key with another body does.
 */
export const checkoutCom: Profile = profileOf({
  name: 'checkout-com',
  carrier: { kind: 'header', name: 'Cko-Idempotency-Key' },
  // No number was found; a UUID is recommended. Ours.
  key: { limit: 64 },
  routes: {
    'POST /payments': 'yes',
    'POST /payments/*/authorizations': 'yes',
    'POST /payments/*/cancellations': 'yes',
    'POST /payments/*/captures': 'yes',
    'POST /payments/*/refunds': 'yes',
    'POST /payments/*/voids': 'yes',
    // The SDK sends a key; the page's list does not have it.
    'POST /payments/*/reversals': 'unknown',
    'POST /payment-contexts': 'yes',
    'POST /transfers': 'yes',
    // The page names the routes that keep a key; nothing else is among them.
    '* /**': 'no',
  },
  required: 'no',
  lifetime: { kind: 'fixed', ms: 86_400_000 },
  // Captures, refunds and voids answer 202 with an action's id, and that is what is kept. What comes of it is told by webhook.
  accepted: 'final',
  stores: { success: 'yes', clientErrors: 'no', serverErrors: 'no', validation: 'no' },
  // A refused card is a 2xx (`approved: false`). A 4xx is not kept, so later it speaks for itself alone; a 403 may be the doing of our own success.
  rejections: { first: [400, 403, 404, 422], later: [] },
  conflict: 'in-progress',
  companions: [],
  minWait: { 409: LEAST, 429: LEAST, 502: LEAST, 503: LEAST, 504: LEAST },
  // Recorded answers have no access-control header; nothing is said of pages.
  cors: { callable: 'unknown', expose: [] },
  rules: [
    { when: { status: 409 }, means: 'in-progress' },
    // Asked again, the payment is executed again. If this 500 left after the acquirer had acted, that is a second charge.
    { when: { status: 500 }, means: { doubt: 'not-repeatable' } },
  ],
  answers: {
    // The status is documented, a body is not.
    inProgress: { status: 409, headers: { 'cko-request-id': 'mock-0001' }, body: '' },
  },
});
