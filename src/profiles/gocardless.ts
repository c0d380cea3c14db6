import type { Profile } from '../core/profile.ts';
import { profileOf } from './profile.ts';

const POINTER = 'error.errors.*.links.conflicting_resource_id';
const REASON = { path: 'error.errors.*.reason', equals: 'idempotent_creation_conflict' } as const;
const REFUSED_STATE = { status: 409, json: { path: 'error.type', equals: 'invalid_state' } } as const;

/** GoCardless. Only a created resource occupies a key. Every later use of the key is answered 409 with the resource's id, whatever the body: a replay is
 *  a conflict, the result is fetched, and a mismatch cannot be seen.
 *
 *  Sources, by fact:
 *  - the conflict, its pointer and what the SDK does with it: github.com/gocardless/gocardless-nodejs @d15252a src/api/api.ts, src/errors.ts,
 *    src/fixtures/idempotency_conflict.json
 *  - only success occupies the key, repeat after a failure, creation endpoints: gocardless.com/blog/idempotency-keys
 *  - creations and actions told apart: github.com/gocardless/gocardless-pro-ruby @93c45cb lib/gocardless_pro (retries are off for actions);
 *    npm package gocardless-nodejs 10.1.2 (services)
 *
 *  Not published: the lifetime (give `.with({ keyLifetime })`, else five minutes are assumed), two equal requests at once, the scope of a key.
 */
export const gocardless: Profile = profileOf({
  name: 'gocardless',
  carrier: { kind: 'header', name: 'Idempotency-Key' },
  // No number was found; the SDKs send UUIDs. Ours.
  key: { limit: 128 },
  routes: {
    'POST /*': 'yes',
    // Creations below a name. Their resource does not lie below the request's path, so a conflict here ends in doubt.
    'POST /instalment_schedules/create_with_dates': 'yes',
    'POST /instalment_schedules/create_with_schedule': 'yes',
    // A key goes out with every POST of the SDK; nothing says that an action honours it.
    'POST /*/*/actions/*': 'unknown',
    'PUT /*/*': 'no',
    'DELETE /*/*': 'no',
  },
  required: 'no',
  lifetime: { kind: 'unpublished' },
  accepted: 'final',
  stores: { success: 'yes', clientErrors: 'no', serverErrors: 'no', validation: 'no' },
  // A 4xx means that this request created nothing; kept it is not, so it says nothing of a late copy.
  rejections: { first: [400, 403, 404, 422], later: [] },
  conflict: 'in-progress',
  // Gc-Signature is made for each attempt: not one of these.
  companions: ['gocardless-version'],
  recover: { url: '{path}/{pointer}', pointer: POINTER, accept: { status: 200 }, when: 'named' },
  // The SDK's README: server side only.
  cors: { callable: 'unknown', expose: [] },
  rules: [
    { when: { status: 409, json: [REASON, { path: POINTER }] }, means: 'recover' },
    // The SDK calls this malformed. The key says all the same that it happened.
    { when: { status: 409, json: REASON }, means: 'done' },
    // A business rule said no. Any other 409 is waited for: what two equal requests at once get is not published.
    { when: REFUSED_STATE, context: 'first', means: 'rejected' },
    { when: REFUSED_STATE, context: 'later', means: { doubt: 'unproved-rejection' } },
    // "If the request fails", it is safe to repeat with the same key: one resource per key is promised, whatever the attempts.
    { when: { status: { from: 500, to: 599 } }, means: 'retry' },
  ],
  answers: {
    replay: {
      status: 409,
      headers: { 'content-type': 'application/json' },
      body: '{"error":{"message":"A resource has already been created with this idempotency key","errors":[{"reason":"idempotent_creation_conflict","message":"A resource has already been created with this idempotency key","links":{"conflicting_resource_id":"<id>"}}],"documentation_url":"https://developer.gocardless.com/api-reference#idempotent_creation_conflict","type":"invalid_state","request_id":"mock-0001","code":409}}',
    },
  },
});
