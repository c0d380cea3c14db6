import type { Profile } from '../core/profile.ts';
import { profileOf } from './profile.ts';

/** Stripe API v1. Keeps the first answer once the endpoint has begun to execute, 4xx and 500 included, for at least 24 hours.
 *
 *  Sources: docs.stripe.com/api/idempotent_requests, docs.stripe.com/error-low-level; stripe-node src/RequestSender.ts (should-retry precedence);
 *  live recordings: stripity-stripe issue 564 (409 body), stripe-node issue 2056 (lock_timeout body).
 *  A browser can read `stripe-should-retry` and none of the other signs, so rules on those do not fire there.
 */
export const stripeV1: Profile = profileOf({
  name: 'stripe-v1',
  carrier: { kind: 'header', name: 'Idempotency-Key' },
  key: { limit: 255 },
  // A key has no effect on DELETE and GET; v2 has other rules.
  routes: { 'POST /v1/**': 'yes', '* /**': 'no' },
  lifetime: { kind: 'floor', ms: 86_400_000 },
  // v1 answers synchronously; a 202 is not part of it.
  accepted: 'final',
  replay: { header: 'idempotent-replayed', equals: 'true' },
  required: 'no',
  // Most parameter errors are raised before the layer and not kept; the rules below name those that are.
  stores: { success: 'yes', clientErrors: 'yes', serverErrors: 'yes', validation: 'no' },
  rejections: { first: [400, 402, 403, 404], later: [] },
  conflict: 'in-progress',
  companions: ['stripe-version', 'stripe-account'],
  // Recorded: Access-Control-Allow-Origin is *, and of the signs only this one is exposed.
  cors: { callable: 'yes', expose: ['Request-Id', 'Stripe-Should-Retry'] },
  rules: [
    // Captured live: the type of "in use" is invalid_request_error, not idempotency_error.
    { when: { status: 409, json: { path: 'error.code', equals: 'idempotency_key_in_use' } }, means: 'in-progress' },
    { when: { status: 409, json: { path: 'error.type', equals: 'idempotency_error' } }, means: 'in-progress' },
    // Tri-state, and it takes precedence over the status; not over "in use", which is waited for no longer than two minutes.
    {
      when: { status: { from: 400, to: 599 }, header: { name: 'stripe-should-retry', equals: 'true' } },
      means: 'retry',
    },
    {
      when: { status: 400, json: { path: 'error.type', equals: 'idempotency_error' } },
      means: { doubt: 'key-mismatch' },
    },
    { when: { status: 429, json: { path: 'error.code', equals: 'lock_timeout' } }, means: 'retry' },
    // The limiter stands before the idempotency layer: nothing is stored.
    { when: { status: 429 }, means: 'retry' },
    {
      when: { status: { from: 500, to: 599 }, header: { name: 'idempotent-replayed', equals: 'true' } },
      means: { doubt: 'stored-error' },
    },
    // "false" on a 500: the layer would replay it. The one sign of a stored error that a browser can read.
    {
      when: { status: { from: 500, to: 599 }, header: { name: 'stripe-should-retry', equals: 'false' } },
      means: { doubt: 'stored-error' },
    },
    // A refused card: execution began, so this answer is what the key stands for. Final, also after a lost answer.
    { when: { status: 402, header: { name: 'content-type', includes: 'json' } }, means: 'rejected' },
    // Original-Request stands on answers the layer keeps: final as well.
    {
      when: { status: [400, 403, 404, 405, 410, 413, 415, 422], header: { name: 'original-request' } },
      means: 'rejected',
    },
    { when: { status: 424 }, means: 'retry' },
  ],
  answers: {
    inProgress: {
      status: 409,
      headers: { 'content-type': 'application/json', 'stripe-should-retry': 'true' },
      body: '{"error":{"code":"idempotency_key_in_use","message":"Another request with this idempotent key is in progress: <key>.","type":"invalid_request_error"}}',
    },
    mismatch: {
      status: 400,
      headers: { 'content-type': 'application/json', 'idempotency-key': '<key>' },
      body: '{"error":{"message":"This idempotent key was first used with other parameters: <key>.","type":"idempotency_error"}}',
    },
    missingKey: {
      status: 400,
      headers: { 'content-type': 'application/json' },
      body: '{"error":{"message":"An idempotency key is needed here.","type":"invalid_request_error"}}',
    },
  },
});
