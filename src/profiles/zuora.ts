import type { Match, Profile } from '../core/profile.ts';
import { profileOf } from './profile.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const OK: Match['status'] = { from: 200, to: 299 };

/** The last two digits of a reason's code are its category: permission, bad value, unknown field, missing field, lock competition. */
const REFUSED = ['10', '20', '21', '22', '50'];

/** Zuora v1 REST. Keeps status, headers and body of every answer for 24 hours, failures included. HTTP 200 can be a failure (`success: false`), and 422
 *  says that tenant, URL or method differ from the key's first use; of the body nothing is said.
 *
 *  Sources, by fact:
 *  - what is kept, 24 hours, less than 255 characters, POST and PATCH, 409, 422: developer.zuora.com/docs/guides/idempotent-requests
 *  - Zuora-Version and Zuora-Entity-Ids: developer.zuora.com/v1-api-reference/older-api/operation/POST_HMACSignatures
 *  - failures with 200 and their categories: developer.zuora.com/docs/guides/error-codes, developer.zuora.com/docs/guides/error-handling;
 *    58730050 (lock competition): gitlab.com/gitlab-org/gitlab merge request 153765
 *  - pages: developer.zuora.com/v1-api-reference/cors-rest (a few operations, with a signature)
 *
 *  A lock competition is kept like everything else: the same key repeats it for a day, a new round can succeed. Categories outside the list (internal,
 *  temporary, limits, gateways) may have had an effect.
 */
export const zuora: Profile = profileOf({
  name: 'zuora',
  carrier: { kind: 'header', name: 'Idempotency-Key' },
  // The guide says less than 255, the reference up to 255.
  key: { limit: 254 },
  routes: { 'POST /v1/**': 'yes', 'PATCH /v1/**': 'yes', 'PUT /v1/**': 'no', 'DELETE /v1/**': 'no' },
  required: 'no',
  lifetime: { kind: 'fixed', ms: 86_400_000 },
  // Asynchronous orders name a job in a 2xx: that answer is the result of the request.
  accepted: 'final',
  stores: { success: 'yes', clientErrors: 'yes', serverErrors: 'yes', validation: 'yes' },
  // 400 is kept; 403 and 404 may come from before the layer.
  rejections: { first: [400, 403, 404], later: [400] },
  conflict: 'in-progress',
  companions: ['zuora-version', 'zuora-entity-ids'],
  cors: { callable: 'unknown', expose: [] },
  rules: [
    { when: { status: 409 }, means: 'in-progress' },
    { when: { status: 422 }, means: { doubt: 'key-mismatch' } },
    {
      when: {
        status: OK,
        json: [
          { path: 'success', equals: false },
          { path: 'reasons.*.code', endsIn: REFUSED },
        ],
      },
      means: 'rejected',
    },
    { when: { status: OK, json: { path: 'success', equals: false } }, means: { doubt: 'stored-error' } },
    // CRUD operations write it with a capital, actions one object for each of theirs; their codes are others.
    {
      when: {
        status: OK,
        any: [{ json: { path: 'Success', equals: false } }, { json: { path: '*.Success', equals: false } }],
      },
      means: { doubt: 'stored-error' },
    },
    // Kept as well. A proxy's page is not the API's answer.
    {
      when: { status: { from: 500, to: 599 }, header: { name: 'content-type', includes: 'json' } },
      means: { doubt: 'stored-error' },
    },
  ],
  answers: {
    // The statuses are documented, the bodies are of the API's usual form.
    inProgress: {
      status: 409,
      headers: JSON_TYPE,
      body: '{"success":false,"processId":"MOCK0000000001","reasons":[{"code":90000050,"message":"A request with this idempotency key is in progress."}]}',
    },
    mismatch: {
      status: 422,
      headers: JSON_TYPE,
      body: '{"success":false,"processId":"MOCK0000000002","reasons":[{"code":90000020,"message":"The idempotency key was used with another URL or method."}]}',
    },
  },
});
