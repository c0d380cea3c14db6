import { resend } from '../../../src/profiles/resend.ts';
import { AGAIN, IN_PROGRESS, MISMATCH, REJECTED, SUCCESS, testMockAnswers, testRecorded, UNPROVED } from './support.ts';

const API = 'https://api.resend.com';
const PAGE = 'resend.com/docs/dashboard/emails/idempotency-keys';
const ERRORS = 'resend.com/docs/api-reference/errors';
const RECORDED =
  'resend/resend-node src/contacts/__recordings__/Contacts-Integration-Tests-create-handles-validation-errors';
const LIMITS = {
  'ratelimit-limit': '20',
  'ratelimit-policy': '20;w=1',
  'ratelimit-remaining': '16',
  'ratelimit-reset': '1',
};
const error = (statusCode: number, name: string, message = name) => ({ statusCode, message, name });

testRecorded(resend, [
  {
    name: 'an email, and the same once more',
    source: `${PAGE}: the same response`,
    request: `POST ${API}/emails`,
    answer: { status: 200, headers: LIMITS, body: { id: '49a3999c-0ce1-4ea6-ab68-afcd6dc2e794' } },
    first: SUCCESS,
  },
  {
    name: 'a batch under one key',
    source: 'resend.com/changelog/batch-idempotency-keys',
    request: `POST ${API}/emails/batch`,
    answer: { status: 200, body: { data: [{ id: 'ae2014de-c168-4c61-8267-70d2662a1ce1' }] } },
    first: SUCCESS,
  },
  {
    name: 'the first request is running',
    source: `${ERRORS}#concurrent_idempotent_requests`,
    request: `POST ${API}/emails`,
    answer: {
      status: 409,
      body: error(
        409,
        'concurrent_idempotent_requests',
        'Same idempotency key used while original request is still in progress.',
      ),
    },
    first: IN_PROGRESS,
  },
  {
    name: 'another payload',
    source: `${ERRORS}#invalid_idempotent_request`,
    request: `POST ${API}/emails`,
    answer: {
      status: 409,
      body: error(409, 'invalid_idempotent_request', 'Same idempotency key used with a different request payload.'),
    },
    first: MISMATCH,
  },
  {
    name: 'a key that is too long',
    source: `${ERRORS}#invalid_idempotency_key`,
    request: `POST ${API}/emails`,
    answer: { status: 400, body: error(400, 'invalid_idempotency_key', 'The key must be between 1-256 chars.') },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'a field that is missing',
    source: `${RECORDED}: status, headers and shape`,
    request: `POST ${API}/emails`,
    answer: {
      status: 422,
      headers: { ...LIMITS, 'content-type': 'application/json; charset=utf-8' },
      body: '{"statusCode":422,"message":"Missing `email` field.","name":"missing_required_field"}',
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'too fast',
    source: `${ERRORS}#rate_limit_exceeded`,
    request: `POST ${API}/emails`,
    answer: { status: 429, headers: { ...LIMITS, 'retry-after': '1' }, body: error(429, 'rate_limit_exceeded') },
    first: AGAIN,
  },
  {
    name: 'the quota of the day is used up',
    source: `${ERRORS}#daily_quota_exceeded`,
    request: `POST ${API}/emails`,
    answer: { status: 429, body: error(429, 'daily_quota_exceeded') },
    first: AGAIN,
  },
  {
    name: 'a server error',
    source: `${ERRORS}#application_error`,
    request: `POST ${API}/emails`,
    answer: { status: 500, body: error(500, 'application_error') },
    first: { means: 'server-error' },
  },
  {
    name: 'a contact: no key there',
    source: `${PAGE}: two endpoints`,
    request: `POST ${API}/contacts`,
    honoured: 'no',
    answer: { status: 201, body: { object: 'contact', id: '479e3145-dd38-476b-932c-529ceb705947' } },
    first: SUCCESS,
  },
]);

testMockAnswers(resend);
