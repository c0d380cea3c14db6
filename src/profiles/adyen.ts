import type { Profile, Rule } from '../core/profile.ts';
import { profileOf } from './profile.ts';

const TRANSIENT = { name: 'transient-error', equals: 'true' } as const;
const IN_USE = { path: 'errorCode', in: ['704', 704] } as const;

/** Below `/v72` on test hosts, below `/checkout/v72` on a live prefix. */
const CHECKOUT: readonly string[] = [
  'payments',
  'payments/details',
  'payments/*/amountUpdates',
  'payments/*/cancels',
  'payments/*/captures',
  'payments/*/refunds',
  'payments/*/reversals',
  'sessions',
  'paymentLinks',
  'orders',
  'orders/cancel',
  'cancels',
  'donations',
  'donationCampaigns',
  'cardDetails',
  'storedPaymentMethods',
  'forward',
  'paypal/updateOrder',
  'applePay/sessions',
  'originKeys',
  'paymentMethods',
  'paymentMethods/balance',
].flatMap((path) => [`POST /*/${path}`, `POST /checkout/*/${path}`]);

const TRANSFERS: readonly string[] = [
  'POST /btl/*/transfers',
  'POST /btl/*/transfers/approve',
  'POST /btl/*/transfers/cancel',
  'POST /btl/*/transfers/*/returns',
  'POST /btl/*/grants',
];

const RULES: readonly Rule[] = [
  // The key store is down. The page offers to send without the key as a way out: never.
  { when: { status: 503, json: { path: 'errorCode', in: ['703', 703] } }, means: 'unchanged' },
  // This attempt had no effect; the one that holds the key may.
  { when: { status: [409, 422], header: TRANSIENT, json: IN_USE }, means: 'in-progress' },
  // Without the header the page says: do not retry. Merchants saw it while the payment had been authorised.
  { when: { status: [409, 422], json: IN_USE }, means: { doubt: 'stuck' } },
  // Defined as temporary and without side effects; the next request counts as the first.
  { when: { status: { from: 400, to: 599 }, header: TRANSIENT }, means: 'unchanged' },
  // A server error of the API that is not transient is what the key stands for, and the issuer may have acted. A proxy's page is neither.
  {
    when: { status: { from: 500, to: 599 }, header: { name: 'content-type', includes: 'json' } },
    means: { doubt: 'stored-error' },
  },
  // The echo is declared on 200, 201, 202 and 422 alone: such a 422 went through the layer and is kept.
  { when: { status: 422, header: { name: 'idempotency-key' } }, means: 'rejected' },
];

/** Adyen Checkout and Transfers. One response header, `transient-error: true`, says "no side effect, ask again with the same key"; every other answer is
 *  kept for at least seven days, errors included.
 *
 *  Sources, by fact:
 *  - header, 64 characters, 7 days, company account and region, 703, 704, transient errors: docs.adyen.com/development-resources/api-idempotency
 *  - routes, the echoed header, errors: github.com/Adyen/adyen-openapi @aa014f0 json/{CheckoutService-v71,CheckoutService-v72,TransferService-v4}.json
 *  - 704 without the header: VTEX known issue 884154; Adyen/adyen-magento2 issues 1166 and 2211
 *
 *  Traps: keys live per company account and region, so another regional host is another memory; any credential of the company account that knows a key
 *  can read its stored answer, hence random keys. Not published: what the same key with another body does.
 */
export const adyen: Profile = profileOf({
  name: 'adyen',
  carrier: { kind: 'header', name: 'Idempotency-Key' },
  key: { limit: 64 },
  routes: {
    'POST /*/validateShopperId': 'no',
    'POST /checkout/*/validateShopperId': 'no',
    'PATCH /*/paymentLinks/*': 'no',
    'PATCH /checkout/*/paymentLinks/*': 'no',
    'POST /btl/*/cashouts': 'no',
    // The page speaks of every POST; other hosts do not declare the header, so nothing is said of them here.
    ...Object.fromEntries([...CHECKOUT, ...TRANSFERS].map((route) => [route, 'yes' as const])),
  },
  required: 'no',
  // At least, from the first submission.
  lifetime: { kind: 'floor', ms: 7 * 86_400_000 },
  // POST /transfers may answer 202; it is not asked again.
  accepted: 'final',
  // A refused payment is a 200 with a resultCode. 4xx and 5xx unless transient.
  stores: { success: 'yes', clientErrors: 'yes', serverErrors: 'yes', validation: 'yes' },
  // Later only the 422 of the rules: 400 and 403 come from before the layer.
  rejections: { first: [400, 403, 422], later: [] },
  conflict: 'in-progress',
  companions: [],
  cors: { callable: 'unknown', expose: [] },
  rules: RULES,
  answers: {
    // 422 is equally legal.
    inProgress: {
      status: 409,
      headers: { 'content-type': 'application/json', 'transient-error': 'true', 'idempotency-key': '<key>' },
      body: '{"status":409,"errorCode":"704","message":"request already processed or in progress","errorType":"validation"}',
    },
    honoured: { 'idempotency-key': '<key>' },
  },
});
