import { stripeV1 } from '../../../src/profiles/stripe-v1.ts';
import {
  AGAIN,
  IN_PROGRESS,
  MISMATCH,
  REJECTED,
  STORED_ERROR,
  SUCCESS,
  testMockAnswers,
  testRecorded,
  UNPROVED,
} from './support.ts';

const API = 'https://api.stripe.com';
const PAGE = 'docs.stripe.com/api/idempotent_requests';
const LOW_LEVEL = 'docs.stripe.com/error-low-level';
const SDK = 'stripe/stripe-node @6639421 src/RequestSender.ts';
const card = { code: 'card_declined', decline_code: 'generic_decline', type: 'card_error' };

testRecorded(stripeV1, [
  {
    name: 'a payment',
    source: 'shape: docs.stripe.com/api/payment_intents/create',
    request: `POST ${API}/v1/payment_intents`,
    answer: {
      status: 200,
      headers: { 'Request-Id': 'req_o73536', 'Original-Request': 'req_o73536' },
      body: { id: 'pi_3MtwBwLkdIwHu7ix28a3tqPa', object: 'payment_intent' },
    },
    first: SUCCESS,
  },
  {
    name: 'the same once more',
    source: `${LOW_LEVEL}: Idempotent-Replayed`,
    request: `POST ${API}/v1/payment_intents`,
    answer: {
      status: 200,
      headers: { 'Idempotent-Replayed': 'true', 'Original-Request': 'req_o73536', 'Request-Id': 'req_o73537' },
      body: { id: 'pi_3MtwBwLkdIwHu7ix28a3tqPa', object: 'payment_intent' },
    },
    first: { means: 'success', source: 'replay' },
  },
  {
    name: 'the first request is running',
    source: 'live: beam-community/stripity-stripe issue 564',
    request: `POST ${API}/v1/subscription_items`,
    answer: {
      status: 409,
      body: {
        error: {
          code: 'idempotency_key_in_use',
          doc_url: 'https://stripe.com/docs/error-codes/idempotency-key-in-use',
          message:
            'There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): foobar. Please try again later.',
          type: 'invalid_request_error',
        },
      },
    },
    first: IN_PROGRESS,
  },
  {
    name: 'other parameters',
    source: 'live: stripe/stripe-ruby issue 503; type: stripe/stripe-node src/Error.ts',
    request: `POST ${API}/v1/charges`,
    answer: {
      status: 400,
      body: {
        error: {
          message:
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than 'the-key-goes-here' if you meant to execute a different request.",
          type: 'idempotency_error',
        },
      },
    },
    first: MISMATCH,
  },
  {
    name: 'another endpoint',
    source: 'live: stripe/stripe-ruby issue 598; type: stripe/stripe-node src/Error.ts',
    request: `POST ${API}/v1/invoices/in_foobarbaz/pay`,
    answer: {
      status: 400,
      body: {
        error: {
          message:
            "Keys for idempotent requests can only be used for the same endpoint they were first used for ('/v1/invoices/in_foobarbaz/pay' vs '/v1/invoices'). Try using a key other than 'someidempotencykey' if you meant to execute a different request.",
          type: 'idempotency_error',
        },
      },
    },
    first: MISMATCH,
  },
  {
    name: 'the object is locked',
    source: 'live: stripe/stripe-node issue 2056',
    request: `POST ${API}/v1/customers/cus_1`,
    answer: {
      status: 429,
      body: {
        error: {
          code: 'lock_timeout',
          doc_url: 'https://stripe.com/docs/error-codes/lock-timeout',
          request_log_url: 'https://dashboard.stripe.com/logs/req_o73536',
          type: 'invalid_request_error',
        },
      },
    },
    first: AGAIN,
  },
  {
    name: 'a refused card: execution began, so it is kept',
    source: `${LOW_LEVEL}: content errors; headers as recorded`,
    request: `POST ${API}/v1/charges`,
    answer: {
      status: 402,
      headers: { 'Original-Request': 'req_1', 'Request-Id': 'req_1', 'Stripe-Should-Retry': 'false' },
      body: { error: card },
    },
    first: REJECTED,
  },
  {
    name: 'a parameter that is missing: before the layer, not kept',
    source: `${PAGE}: results are saved only after the execution began`,
    request: `POST ${API}/v1/charges`,
    answer: { status: 400, body: { error: { code: 'parameter_missing', type: 'invalid_request_error' } } },
    first: REJECTED,
    later: UNPROVED,
  },
  {
    name: 'a 500 is kept, too',
    source: `${PAGE}: the same result, including 500 errors; ${SDK}: should-retry false`,
    request: `POST ${API}/v1/charges`,
    answer: { status: 500, headers: { 'Stripe-Should-Retry': 'false' }, body: { error: { type: 'api_error' } } },
    first: STORED_ERROR,
  },
  {
    name: 'the server says: again',
    source: `${SDK}: stripe-should-retry comes before the status`,
    request: `POST ${API}/v1/charges`,
    answer: { status: 409, headers: { 'Stripe-Should-Retry': 'true' }, body: { error: { type: 'api_error' } } },
    first: AGAIN,
  },
  {
    name: 'a key has no effect on DELETE',
    source: 'stripe/stripe-node pull 559',
    request: `DELETE ${API}/v1/customers/cus_1`,
    honoured: 'no',
    answer: { status: 200, body: { id: 'cus_1', object: 'customer', deleted: true } },
    first: SUCCESS,
  },
]);

testMockAnswers(stripeV1);
