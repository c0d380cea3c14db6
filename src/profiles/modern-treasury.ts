import type { Profile } from '../core/profile.ts';
import { profileOf } from './profile.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** Modern Treasury. Only a successful answer is kept: 24 hours, per API key, whatever the route. One 409 means both "in progress" and a business conflict.
 *
 *  Sources, by fact:
 *  - what is kept, for how long, for whom, 409 while the first is being stored, 180 characters (newer copy only):
 *    docs.moderntreasury.com/reference/idempotent-requests
 *  - routes that declare the header, error codes: github.com/Modern-Treasury/modern-treasury-openapi @fce4ea0 openapi/mt_openapi_spec_v1.yaml
 *  - x-should-retry and retry-after-ms: github.com/Modern-Treasury/modern-treasury-node @6dea66e src/client.ts (read by the SDK; that the server sends
 *    them is not proved)
 *
 *  Traps: another API key is another memory, so rotating the key ends the protection at once; the same key on another route returns the first route's
 *  object, so a key never serves two operations.
 */
export const modernTreasury: Profile = profileOf({
  name: 'modern-treasury',
  carrier: { kind: 'header', name: 'Idempotency-Key' },
  key: { limit: 180 },
  routes: {
    // The page says every POST; these four do not declare the header.
    'POST /api/ledger_transactions/*/partial_post': 'unknown',
    'POST /api/ledger_transactions/*/reversal': 'unknown',
    'POST /api/internal_accounts/*/request_closure': 'unknown',
    'POST /api/transaction_line_items': 'unknown',
    'POST /api/**': 'yes',
    // Accepted in the newer copy of the page, ignored in the older, declared on 2 of 28.
    'PATCH /api/**': 'unknown',
    'PUT /api/**': 'no',
    'DELETE /api/**': 'no',
  },
  required: 'no',
  lifetime: { kind: 'fixed', ms: 86_400_000, from: 'completion' },
  accepted: 'final',
  stores: { success: 'yes', clientErrors: 'no', serverErrors: 'no', validation: 'no' },
  rejections: { first: [400, 403, 404, 422], later: [] },
  conflict: 'in-progress',
  companions: [],
  waitHeaders: ['retry-after-ms'],
  cors: { callable: 'unknown', expose: [] },
  rules: [
    { when: { status: { from: 400, to: 599 }, header: { name: 'x-should-retry', equals: 'true' } }, means: 'retry' },
    // Would mark a business conflict. On a first attempt it is not sure enough for a verdict: waited for as below.
    {
      when: { status: 409, header: { name: 'x-should-retry', equals: 'false' } },
      context: 'later',
      means: { doubt: 'unproved-rejection' },
    },
    // The code is `conflict` in both cases. Bounded waiting, then in doubt; a doubled external_id ends here, too.
    { when: { status: 409 }, means: 'in-progress' },
    // "We will execute the following request and cache its results."
    { when: { status: { from: 500, to: 599 } }, means: 'retry' },
  ],
  answers: {
    // Status and shape are documented, that they stand together is not.
    inProgress: {
      status: 409,
      headers: JSON_TYPE,
      body: '{"errors":{"code":"conflict","message":"A request with this idempotency key is being processed."}}',
    },
    malformedKey: {
      status: 400,
      headers: JSON_TYPE,
      body: '{"errors":{"code":"header_invalid","message":"The idempotency key is too long.","parameter":"Idempotency-Key"}}',
    },
  },
});
