import type { ExampleAnswer, Match, Profile } from '../core/profile.ts';
import { profileOf } from './profile.ts';

const ACCEPTED: Match['header'] = { name: 'repeatability-result', equals: 'accepted' };
const REFUSED: Match['header'] = { name: 'repeatability-result', equals: 'rejected' };
const JSON_TYPE: Match['header'] = { name: 'content-type', includes: 'json' };

const refused = (status: number, code: string, message: string): ExampleAnswer => ({
  status,
  headers: { 'content-type': 'application/json', 'repeatability-result': 'rejected', 'x-ms-error-code': code },
  body: JSON.stringify({ error: { code, message } }),
});

/** OASIS Repeatable Requests 1.0, as Azure Communication Services speaks it: a GUID and the time of the first send, kept for five minutes by the
 *  client's own clock. The one dialect that says when a key is too old. A 5xx is carried out again, so after a 500 the key protects nothing.
 *
 *  Sources, by fact:
 *  - both headers, five minutes, the table of answers by status and Repeatability-Result:
 *    learn.microsoft.com/en-us/rest/api/communication/repeatable-requests (whole table: the zh-cn page)
 *  - Rooms: github.com/Azure/azure-rest-api-specs @0f5a8c9 specification/communication/data-plane/Rooms/stable/2025-03-13
 *  - Email: same repository @2ad971a Email/stable/2025-09-01 (Operation-Id, no repeatability headers) and @0e6be51 Email/preview/2021-10-01-preview
 *  - 501 from an operation without support, five minutes at least, monitors: github.com/microsoft/api-guidelines @011dd3c azure/Guidelines.md
 *  - Chat and Call Automation: github.com/Azure/azure-sdk-for-net pull 31306 and 33965, azure-sdk-for-java pull 18833 and 21243
 *  - waits in milliseconds: github.com/Azure/azure-sdk-for-js core-rest-pipeline, retry strategies
 *
 *  Traps: a clock that is more than a minute wrong makes 412 likely on a first attempt. SMS carries the pair in its body, one per recipient: not ours
 *  to write. An Email send can be looked up where the caller gives Operation-Id, with `reconcile`.
 *  Not published: error codes, the scope of a key, which headers a page can read.
 */
export const azureRepeatable: Profile = profileOf({
  name: 'azure-repeatable',
  carrier: { kind: 'header', name: 'Repeatability-Request-ID' },
  key: { limit: 36, uuidOnly: true },
  routes: {
    'POST /rooms': 'yes',
    'POST /chat/threads': 'yes',
    'POST /calling/**': 'yes',
    // The page says yes; the stable specification does not declare the headers.
    'POST /emails:send': 'unknown',
    'POST /sms': 'no',
    '* /**': 'no',
  },
  required: 'no',
  lifetime: { kind: 'fixed', ms: 300_000, from: 'first-sent' },
  accepted: 'monitor',
  stores: { success: 'yes', clientErrors: 'yes', serverErrors: 'no', validation: 'yes' },
  // Later only what Repeatability-Result says.
  rejections: { first: [400, 403, 404, 422], later: [] },
  conflict: 'in-progress',
  companions: ['operation-id'],
  firstSent: 'Repeatability-First-Sent',
  waitHeaders: ['retry-after-ms', 'x-ms-retry-after-ms'],
  cors: {
    callable: 'unknown',
    expose: ['Repeatability-Result', 'Operation-Location', 'Retry-After'],
  },
  rules: [
    // Refused before it was executed: the first send's time lies outside the window.
    { when: { status: 412, header: REFUSED }, context: 'first', means: 'rejected' },
    { when: { status: 412, header: REFUSED }, context: 'later', means: { doubt: 'key-expired' } },
    // An operation without support refuses the headers. Later it proves nothing. A proxy's page is not the API's answer.
    { when: { status: 501, header: JSON_TYPE }, context: 'first', means: 'rejected' },
    { when: { status: 409 }, means: 'in-progress' },
    // An id or a date that is malformed; to a repeat, that it differs from what the id stands for.
    { when: { status: 400, header: REFUSED }, context: 'first', means: 'rejected' },
    { when: { status: 400, header: REFUSED }, context: 'later', means: { doubt: 'key-mismatch' } },
    // A repeat within the window gets the 2xx or 4xx of the original: this answer is what the id stands for.
    { when: { status: [400, 402, 403, 404, 405, 410, 413, 415, 422], header: ACCEPTED }, means: 'rejected' },
    { when: { status: 500 }, means: { doubt: 'not-repeatable' } },
  ],
  answers: {
    // Statuses and Repeatability-Result are documented, the codes in the bodies are not.
    inProgress: {
      status: 409,
      headers: {
        'content-type': 'application/json',
        'repeatability-result': 'accepted',
        'x-ms-error-code': 'Conflict',
      },
      body: '{"error":{"code":"Conflict","message":"The original request is still in progress."}}',
    },
    mismatch: refused(400, 'BadRequest', 'The request does not match the earlier one with this id.'),
    malformedKey: refused(400, 'BadRequest', 'Repeatability-Request-ID or Repeatability-First-Sent is malformed.'),
    expired: refused(412, 'PreconditionFailed', 'Repeatability-First-Sent is outside the tracked window.'),
    honoured: { 'repeatability-result': 'accepted' },
  },
});
