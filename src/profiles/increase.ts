import type { Profile } from '../core/profile.ts';
import { profileOf } from './profile.ts';

const PROBLEM = { 'content-type': 'application/problem+json' };
const REFUSED_STATE = { status: 409, json: { path: 'type', equals: 'invalid_operation_error' } } as const;

/** Increase. One object per key, for good. Equal arguments get that object again and say so; other arguments get a 409 that names its owner. Every list
 *  can be searched by key, so a doubt is decided by looking.
 *
 *  Sources, by fact:
 *  - 200 characters, every POST, at most one object per key, the replay's header, the 409 and `resource_id`: increase.com/documentation/idempotency-keys
 *  - problem types, x-should-retry, retry-after-ms, 31 lists with the filter `idempotency_key`: github.com/Increase/increase-typescript @aac4760
 *    src/core/error.ts, src/client.ts, src/resources
 *  - `invalid_operation_error`, such as a balance that is too small: increase.com/documentation/errors
 *
 *  Not published: a lifetime (the key is a field of the object, unique across Increase, and the promise has no end; hence for ever), which errors are
 *  kept, what a second equal request gets while the first runs, whether an action below an object honours a key.
 */
export const increase: Profile = profileOf({
  name: 'increase',
  carrier: { kind: 'header', name: 'Idempotency-Key' },
  key: { limit: 200 },
  routes: {
    'POST /*': 'yes',
    // The page says every POST, but its promise speaks of objects created.
    'POST /*/*/*': 'unknown',
    'PATCH /**': 'no',
    'DELETE /**': 'no',
  },
  required: 'no',
  lifetime: { kind: 'forever' },
  accepted: 'final',
  replay: { header: 'idempotent-replayed', equals: 'true' },
  stores: { success: 'yes', clientErrors: 'unknown', serverErrors: 'unknown', validation: 'unknown' },
  // Later none: whether a refusal is kept is not published, and the list of the created objects knows better.
  rejections: { first: [400, 403, 404, 422], later: [] },
  conflict: 'in-progress',
  companions: [],
  // An empty list says "not so far": it proves nothing, a late first request may still create it.
  recover: {
    url: '{path}?idempotency_key={key}',
    keyAt: 'data.*.idempotency_key',
    accept: { status: 200, json: { path: 'data.*.id' } },
    when: 'doubt',
  },
  waitHeaders: ['retry-after-ms'],
  cors: { callable: 'unknown', expose: ['Idempotent-Replayed'] },
  rules: [
    // Raised for other arguments only, so what it points to is not ours.
    {
      when: { status: 409, json: { path: 'type', equals: 'idempotency_key_already_used_error' } },
      means: { doubt: 'key-mismatch' },
    },
    { when: REFUSED_STATE, context: 'first', means: 'rejected' },
    { when: REFUSED_STATE, context: 'later', means: { doubt: 'unproved-rejection' } },
    // Any other 409 is waited for: the SDK repeats it, because of locks.
    { when: { status: { from: 400, to: 599 }, header: { name: 'x-should-retry', equals: 'true' } }, means: 'retry' },
  ],
  answers: {
    mismatch: {
      status: 409,
      headers: PROBLEM,
      body: '{"type":"idempotency_key_already_used_error","title":"The idempotency key belongs to another object.","detail":null,"status":409,"resource_id":"ach_transfer_mock0001"}',
    },
  },
});
