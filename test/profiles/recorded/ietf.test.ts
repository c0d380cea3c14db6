import { ietf } from '../../../src/profiles/ietf.ts';
import { IN_PROGRESS, MISMATCH, REJECTED, SUCCESS, testMockAnswers, testRecorded, UNPROVED } from './support.ts';

const URL = 'https://api.example.com/orders';
const DRAFT = 'ietf-wg-httpapi/idempotency draft-ietf-httpapi-idempotency-key-header.md 2.7';
const PROBLEM = { 'Content-Type': 'application/problem+json', 'Content-Language': 'en' };
const LINK = { Link: '<https://developer.example.com/idempotency>; rel="describedby"; type="text/html"' };
const NO_TYPE = { 'Content-Type': '' };
const problem = (title: string, detail: string) => ({
  type: 'https://developer.example.com/idempotency',
  title,
  detail,
});

testRecorded(ietf({ keyLifetime: '24h' }), [
  {
    name: 'a completed request gets its result again',
    source: 'shape: the same draft, 2.6: success or an error',
    request: `POST ${URL}`,
    answer: { status: 201, body: { id: '1' } },
    first: SUCCESS,
  },
  {
    name: 'the key is missing',
    source: `${DRAFT}: 400, without the comma that JSON does not have`,
    request: `POST ${URL}`,
    answer: {
      status: 400,
      headers: PROBLEM,
      body: problem(
        'Idempotency-Key is missing',
        'This operation is idempotent and it requires correct usage of Idempotency Key.',
      ),
    },
    first: REJECTED,
    later: { means: 'doubt', reason: 'not-repeatable' },
  },
  {
    name: 'the key is missing, said by a link',
    source: `${DRAFT}: 400, Link`,
    request: `PATCH ${URL}/1`,
    answer: { status: 400, headers: { ...LINK, ...NO_TYPE } },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'another payload',
    source: `${DRAFT}: 422, without the comma that JSON does not have`,
    request: `POST ${URL}`,
    answer: {
      status: 422,
      headers: PROBLEM,
      body: problem(
        'Idempotency-Key is already used',
        'This operation is idempotent and it requires correct usage of Idempotency Key.',
      ),
    },
    first: MISMATCH,
  },
  {
    name: 'another payload, said by a link: not told from a validation error',
    source: `${DRAFT}: 422, Link`,
    request: `POST ${URL}`,
    answer: { status: 422, headers: { ...LINK, ...NO_TYPE } },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'the first request is running',
    source: `${DRAFT}: 409`,
    request: `POST ${URL}`,
    answer: {
      status: 409,
      headers: PROBLEM,
      body: problem(
        'A request is outstanding for this Idempotency-Key',
        'A request with the same Idempotency-Key for the same operation is being processed or is outstanding.',
      ),
    },
    first: IN_PROGRESS,
  },
  {
    name: 'the first request is running, as the draft prints it: the body is no JSON',
    source: `${DRAFT}: 409, to the letter`,
    request: `POST ${URL}`,
    answer: {
      status: 409,
      headers: PROBLEM,
      body: '{\n  "type": "https://developer.example.com/idempotency",\n  "title": "A request is outstanding for this Idempotency-Key",\n}',
    },
    first: IN_PROGRESS,
  },
  {
    name: 'the first request is running, said by a link',
    source: `${DRAFT}: 409, Link`,
    request: `POST ${URL}`,
    answer: { status: 409, headers: { ...LINK, ...NO_TYPE } },
    first: IN_PROGRESS,
  },
  {
    name: 'the same by an API of its own',
    source: 'developers.sinch.com/docs/errors/registry/idempotency-conflict',
    request: `POST ${URL}`,
    answer: {
      status: 409,
      headers: { 'Content-Type': 'application/problem+json' },
      body: {
        type: 'https://developers.sinch.com/docs/errors/registry/idempotency-conflict',
        title: 'Idempotency Conflict',
      },
    },
    first: IN_PROGRESS,
  },
  {
    name: 'a 409 that says nothing',
    source: 'shape: RFC 9110 15.5.10',
    request: `POST ${URL}`,
    answer: { status: 409, body: { error: 'exists' } },
    first: { means: 'in-progress', named: false },
  },
]);

testMockAnswers(ietf({ keyLifetime: '24h' }));
