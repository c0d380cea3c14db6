import { azureRepeatable } from '../../../src/profiles/azure-repeatable.ts';
import { AGAIN, IN_PROGRESS, MISMATCH, REJECTED, SUCCESS, testMockAnswers, testRecorded, UNPROVED } from './support.ts';

const ROOMS = 'https://contoso.westus.communications.azure.com/rooms?api-version=2025-03-13';
const TABLE = 'learn.microsoft.com/en-us/rest/api/communication/repeatable-requests';
const SPECS = 'Azure/azure-rest-api-specs specification/communication/data-plane';
const ACCEPTED = { 'Repeatability-Result': 'accepted' };
const REFUSED = { 'Repeatability-Result': 'rejected' };
const NOT_REPEATABLE = { means: 'doubt', reason: 'not-repeatable' } as const;
const error = (code: string) => ({ error: { code, message: code } });

testRecorded(azureRepeatable, [
  {
    name: 'a room',
    source: `shape: ${SPECS}/Rooms/stable/2025-03-13/examples/Rooms_Create.json`,
    request: `POST ${ROOMS}`,
    answer: {
      status: 201,
      headers: ACCEPTED,
      body: {
        id: '99199690362660524',
        createdAt: '2023-06-14T00:00:00Z',
        validFrom: '2023-06-14T00:00:00Z',
        validUntil: '2023-12-14T00:00:00Z',
        pstnDialOutEnabled: false,
      },
    },
    first: SUCCESS,
  },
  {
    name: 'an email is on its way: its monitor',
    source: `${SPECS}/Email/stable/2025-09-01/examples/SendEmail.json @2ad971a`,
    request: 'POST https://contoso.westus.communications.azure.com/emails:send?api-version=2025-09-01',
    honoured: 'unknown',
    answer: {
      status: 202,
      headers: {
        'Operation-Location':
          'https://contoso.westus.communications.azure.com//emails/operations/8540c0de-899f-5cce-acb5-3ec493af3800?api-version=2025-09-01',
        'retry-after': '20',
      },
      body: { id: '8540c0de-899f-5cce-acb5-3ec493af3800', status: 'Running' },
    },
    first: {
      means: 'accepted',
      monitor: {
        kind: 'operation',
        location:
          'https://contoso.westus.communications.azure.com//emails/operations/8540c0de-899f-5cce-acb5-3ec493af3800?api-version=2025-09-01',
      },
    },
  },
  {
    name: 'an id or a date that is malformed; to a repeat, that it is another request',
    source: `${TABLE}: rejected, 400`,
    request: `POST ${ROOMS}`,
    answer: { status: 400, headers: REFUSED, body: error('BadRequest') },
    first: REJECTED,
    later: MISMATCH,
  },
  {
    name: 'the first send is not within the five minutes',
    source: `${TABLE}: rejected, 412`,
    request: `POST ${ROOMS}`,
    answer: { status: 412, headers: REFUSED, body: error('PreconditionFailed') },
    first: REJECTED,
    later: { means: 'doubt', reason: 'key-expired' },
  },
  {
    name: 'any other 412 is about a precondition of the caller',
    source: `${TABLE}: only with rejected is it about the window`,
    request: `POST ${ROOMS}`,
    answer: { status: 412, body: error('PreconditionFailed') },
    first: UNPROVED,
  },
  {
    name: 'the original is running',
    source: `${TABLE}: accepted, 409 (Email Send)`,
    request: `POST ${ROOMS}`,
    answer: { status: 409, headers: ACCEPTED, body: error('Conflict') },
    first: IN_PROGRESS,
  },
  {
    name: 'a repeat gets the 4xx of the original; some services write it with a capital',
    source: `${TABLE}: accepted, the 2xx or 4xx of the original`,
    request: `POST ${ROOMS}`,
    answer: { status: 422, headers: { 'Repeatability-Result': 'Accepted' }, body: error('InvalidInput') },
    first: REJECTED,
  },
  {
    name: 'a 4xx without the sign',
    source: 'learn.microsoft.com/rest/api/communication/errorcodes: 404',
    request: `POST ${ROOMS}`,
    answer: { status: 404, body: error('NotFound') },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'an operation without support refuses the headers',
    source: 'microsoft/api-guidelines @011dd3c azure/Guidelines.md: 501',
    request: `POST ${ROOMS}`,
    answer: { status: 501, body: error('NotImplemented') },
    first: REJECTED,
    later: NOT_REPEATABLE,
  },
  {
    name: "a proxy's 501",
    source: 'shape: RFC 9110 15.6.2',
    request: `POST ${ROOMS}`,
    answer: { status: 501, headers: { 'Content-Type': 'text/html' }, body: '<h1>501</h1>' },
    first: NOT_REPEATABLE,
  },
  {
    name: 'after a 500 the repeat is carried out again',
    source: `${TABLE}: accepted, 5xx of the original: executed again`,
    request: `POST ${ROOMS}`,
    answer: { status: 500, headers: ACCEPTED, body: error('InternalServerError') },
    first: NOT_REPEATABLE,
  },
  {
    name: 'too many requests',
    source: 'learn.microsoft.com/rest/api/communication/errorcodes: 429',
    request: `POST ${ROOMS}`,
    answer: { status: 429, headers: { 'retry-after-ms': '1500' }, body: error('TooManyRequests') },
    first: AGAIN,
  },
]);

// To a first attempt the answer to another request looks like one to a malformed id: a rejection.
testMockAnswers(azureRepeatable, { mismatch: {} });
