import { checkoutCom } from '../../../src/profiles/checkout-com.ts';
import { AGAIN, IN_PROGRESS, REJECTED, SUCCESS, testMockAnswers, testRecorded, UNPROVED } from './support.ts';

const API = 'https://api.sandbox.checkout.com';
const PAGE = 'checkout.com/docs/payments/manage-payments/retry-a-payment';
const SPEC = 'checkout/checkout-api-reference @2fc946c nas_spec/paths';
const NOT_KEPT = { means: 'doubt', reason: 'not-repeatable' } as const;

testRecorded(checkoutCom, [
  {
    name: 'a payment',
    source: `shape: ${SPEC}/payments.yaml: 201`,
    request: `POST ${API}/payments`,
    answer: {
      status: 201,
      headers: { Location: `${API}/payments/pay_mbabizu24mvu3mela5njyhpit4` },
      body: {
        id: 'pay_mbabizu24mvu3mela5njyhpit4',
        action_id: 'act_mbabizu24mvu3mela5njyhpit4',
        amount: 6540,
        currency: 'USD',
        approved: true,
        status: 'Authorized',
        response_code: '10000',
      },
    },
    first: SUCCESS,
  },
  {
    name: 'a refused card is a 2xx, and kept as such',
    source: `shape: ${SPEC}/payments.yaml: approved, response_code`,
    request: `POST ${API}/payments`,
    answer: {
      status: 201,
      body: { id: 'pay_mbabizu24mvu3mela5njyhpit4', approved: false, status: 'Declined', response_code: '20005' },
    },
    first: SUCCESS,
  },
  {
    name: 'a capture is accepted: that is what is kept',
    source: `shape: ${SPEC}/payments@{id}@captures.yaml: 202`,
    request: `POST ${API}/payments/pay_1/captures`,
    answer: {
      status: 202,
      body: {
        action_id: 'act_y3oqhf46pyzuxjbcn2giaqnb44',
        reference: 'ORD-5023-4E89',
        _links: { payment: { href: `${API}/payments/pay_y3oqhf46pyzuxjbcn2giaqnb44` } },
      },
    },
    first: SUCCESS,
  },
  {
    name: 'the first request is running',
    source: 'support.checkout.com/hc/en-us/articles/24570669653010: 409',
    request: `POST ${API}/payments`,
    answer: { status: 409 },
    first: IN_PROGRESS,
  },
  {
    name: 'the same until 2024, and the rate limit since',
    source: 'checkout.com/docs/payments/manage-payments/retry-a-payment (2024-11): 429',
    request: `POST ${API}/payments`,
    answer: { status: 429 },
    first: AGAIN,
  },
  {
    name: 'a validation error is not kept: the payment is tried again',
    source: `${PAGE}; body: chargebee.com/docs, processing_channel_id_required`,
    request: `POST ${API}/payments`,
    answer: {
      status: 422,
      body: {
        request_id: '0HL80RJLS76I7',
        error_type: 'request_invalid',
        error_codes: ['processing_channel_id_required'],
      },
    },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'a state that forbids it may be our own doing',
    source: `${SPEC}/payments@{id}@captures.yaml: 403`,
    request: `POST ${API}/payments/pay_1/captures`,
    answer: { status: 403 },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: '500 is not kept: asked again, it would be carried out again',
    source: `${PAGE}: 4xx or 5xx, no result is saved`,
    request: `POST ${API}/payments`,
    answer: { status: 500 },
    first: NOT_KEPT,
  },
  {
    name: '503 of what stands before it',
    source: `${PAGE}: network error or time-out, ask again`,
    request: `POST ${API}/payments`,
    answer: { status: 503 },
    first: AGAIN,
  },
  {
    name: 'a route that is not among those that keep a key',
    source: `${PAGE}: the list of endpoints`,
    request: `POST ${API}/customers`,
    honoured: 'no',
    answer: { status: 201, body: { id: 'cus_1' } },
    first: SUCCESS,
  },
  {
    name: 'the SDK sends a key here, the page does not say that it is kept',
    source: 'checkout/checkout-sdk-node @a1d2c72 src/api/payments',
    request: `POST ${API}/payments/pay_1/reversals`,
    honoured: 'unknown',
    answer: { status: 202, body: { action_id: 'act_1' } },
    first: SUCCESS,
  },
]);

testMockAnswers(checkoutCom);
