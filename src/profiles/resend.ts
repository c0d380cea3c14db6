import type { ExampleAnswer, Profile } from '../core/profile.ts';
import { profileOf } from './profile.ts';

const error = (statusCode: number, name: string, message: string): ExampleAnswer => ({
  status: statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ statusCode, name, message }),
});

/** Resend. Two routes, 24 hours. "In progress" and "another payload" share 409; the name in the body tells them apart.
 *
 *  Sources, by fact:
 *  - routes, 24 hours, 256 characters, the three errors with their messages: resend.com/docs/dashboard/emails/idempotency-keys,
 *    resend.com/changelog/batch-idempotency-keys, resend.com/docs/api-reference/errors
 *  - the header is optional, on two routes: github.com/resend/resend-openapi @fd6f395 resend.json
 *  - shape of answers, no CORS headers, no retries: github.com/resend/resend-node @3f67459 src (50 recordings, 190 answers)
 *
 *  Not published: which errors are kept under the key, so none is final after a lost answer; the scope of a key. A quota that is used up is a 429 whose
 *  end is hours or days away: the operation waits no longer than its key lives.
 */
export const resend: Profile = profileOf({
  name: 'resend',
  carrier: { kind: 'header', name: 'Idempotency-Key' },
  key: { limit: 256 },
  // One key for the whole batch.
  routes: { 'POST /emails': 'yes', 'POST /emails/batch': 'yes', '* /**': 'no' },
  required: 'no',
  lifetime: { kind: 'fixed', ms: 86_400_000 },
  // 200 with ids: queued.
  accepted: 'final',
  stores: { success: 'yes', clientErrors: 'unknown', serverErrors: 'unknown', validation: 'unknown' },
  rejections: { first: [400, 403, 404, 405, 422], later: [] },
  conflict: 'in-progress',
  companions: [],
  // 190 recorded answers carry no access-control header; nothing is said of pages.
  cors: { callable: 'unknown', expose: [] },
  rules: [
    { when: { status: 409, json: { path: 'name', equals: 'concurrent_idempotent_requests' } }, means: 'in-progress' },
    {
      when: { status: 409, json: { path: 'name', equals: 'invalid_idempotent_request' } },
      means: { doubt: 'key-mismatch' },
    },
  ],
  answers: {
    inProgress: error(
      409,
      'concurrent_idempotent_requests',
      'Same idempotency key used while original request is still in progress.',
    ),
    mismatch: error(409, 'invalid_idempotent_request', 'Same idempotency key used with a different request payload.'),
    malformedKey: error(400, 'invalid_idempotency_key', 'The key must be between 1-256 chars.'),
  },
});
