import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/core/answer.ts';
import { type Observation, observe } from '../../src/core/observe.ts';
import { honoursKey } from '../../src/core/route.ts';
import { type ExampleAnswer, stripeV1 } from '../../src/profiles/index.ts';
import { failure, html, json, judge, response } from '../core/support/rules.ts';

const { data } = stripeV1;
const FIRST = { first: true, acceptsHtml: false, accepted: data.accepted };
const LATER = { ...FIRST, first: false };

const again: Observation = { means: 'again', because: 'unavailable' };
const inProgress: Observation = { means: 'in-progress', named: true };
const mismatch: Observation = { means: 'doubt', reason: 'key-mismatch' };
const storedError: Observation = { means: 'doubt', reason: 'stored-error' };
const unproved: Observation = { means: 'doubt', reason: 'unproved-rejection' };
const rejected: Observation = { means: 'rejection', source: 'network' };

// bodies as recorded (research: profiles, section 2)
const inUse = {
  error: {
    code: 'idempotency_key_in_use',
    doc_url: 'https://stripe.com/docs/error-codes/idempotency-key-in-use',
    message: 'Another request with this idempotent key is in progress: k.',
    type: 'invalid_request_error',
  },
};
const otherParameters = {
  error: { message: 'This idempotent key was first used with other parameters: k.', type: 'idempotency_error' },
};
const declined = {
  error: {
    code: 'card_declined',
    decline_code: 'generic_decline',
    message: 'The card was declined.',
    type: 'card_error',
  },
};
const locked = {
  error: { code: 'lock_timeout', message: 'The object is in use by another request.', type: 'invalid_request_error' },
};
const unknownError = { error: { message: 'An unknown error occurred.', type: 'api_error' } };
const invalid = { error: { message: 'Missing required param: amount.', type: 'invalid_request_error' } };
const intent = { id: 'pi_mock', object: 'payment_intent', status: 'succeeded' };
const ORIGINAL = { 'original-request': 'req_mock0001', 'request-id': 'req_mock0001' };
const REPLAYED = { 'idempotent-replayed': 'true', 'original-request': 'req_mock0001', 'request-id': 'req_mock0004' };
const RETRY = { 'stripe-should-retry': 'true' };
const STOP = { 'stripe-should-retry': 'false' };

describe('what an answer means', () => {
  /** Where the meaning later differs, it is the last member. */
  const rows: readonly (readonly [string, Answer, Observation, Observation?])[] = [
    ['success', json(200, intent), { means: 'success', source: 'network' }],
    ['replay', json(200, intent, REPLAYED), { means: 'success', source: 'replay' }],
    ['202 is final: v1 answers synchronously', json(202, intent), { means: 'success', source: 'network' }],
    ['lost', failure, { means: 'again', because: 'failure' }],
    ['in use', json(409, inUse), inProgress],
    ['in use, told to retry: bounded all the same', json(409, inUse, RETRY), inProgress],
    ['in use by type', json(409, otherParameters), inProgress],
    ['409 of another kind', json(409, invalid), { means: 'in-progress', named: false }],
    ['409 told to retry', json(409, invalid, RETRY), again],
    ['mismatch', json(400, otherParameters), mismatch],
    ['object locked', json(429, locked, RETRY), again],
    ['object locked, not told to retry', json(429, locked, STOP), again],
    ['rate limit', json(429, invalid), again],
    ['stored 500', json(500, unknownError, { ...REPLAYED, ...STOP }), storedError],
    ['stored 500 as a browser sees it', json(500, unknownError, STOP), storedError],
    ['replayed 503', json(503, unknownError, REPLAYED), storedError],
    ['500 told to retry', json(500, unknownError, RETRY), again],
    ['500', json(500, unknownError), { means: 'server-error' }],
    ['502 of a proxy', html(502), again],
    ['503', json(503, unknownError), again],
    ['declined', json(402, declined, { ...ORIGINAL, ...STOP }), rejected],
    ['declined as a browser sees it', json(402, declined), rejected],
    ['declined, replayed', json(402, declined, REPLAYED), { means: 'rejection', source: 'replay' }],
    ['402 told to retry', json(402, declined, RETRY), again],
    ['invalid, before the layer', json(400, invalid, STOP), rejected, unproved],
    ['invalid, kept by the layer', json(400, invalid, { ...ORIGINAL, ...STOP }), rejected],
    ['invalid, replayed', json(400, invalid, REPLAYED), { means: 'rejection', source: 'replay' }],
    ['403', json(403, invalid), rejected, unproved],
    ['404', json(404, invalid), rejected, unproved],
    ['404, kept by the layer', json(404, invalid, ORIGINAL), rejected],
    ['404 of a proxy', html(404), unproved],
    ['405', json(405, invalid), unproved],
    ['422', json(422, invalid), unproved],
    ['424: an external dependency failed', json(424, unknownError), again],
    ['401', json(401, invalid), { means: 'unauthorized' }],
    ['captive portal', html(200), { means: 'unreadable' }],
    ['402 of a captive portal', html(402), unproved],
    [
      'redirect',
      response(302, { location: 'https://stripe.example' }),
      { ...rejected, redirectedTo: 'https://stripe.example' },
      { means: 'doubt', reason: 'redirect' },
    ],
  ];
  for (const [name, answer, first, later = first] of rows) {
    test(name, () => {
      expect(observe(answer, data, FIRST)).toEqual(first);
      expect(observe(answer, data, LATER)).toEqual(later);
    });
  }
});

describe('how it ends', () => {
  test('a key in use for two minutes is stuck', () => {
    const answers = Array.from({ length: 200 }, () => json(409, inUse, RETRY));
    expect(judge(answers, { profile: data })).toMatchObject({
      decision: { next: 'doubt', reason: 'stuck' },
      after: 121,
    });
  });
  test('eight equal 500s without a sign are a stored one', () => {
    const answers = Array.from({ length: 20 }, () => json(500, unknownError));
    expect(judge(answers, { profile: data })).toMatchObject({
      decision: { next: 'doubt', reason: 'stored-error' },
      after: 8,
    });
  });
  test('lost, then declined: that is final', () => {
    expect(judge([failure, json(402, declined)], { profile: data }).decision).toMatchObject({
      next: 'finish',
      state: 'rejected',
    });
  });
  test('lost, then invalid without a sign of the layer: nobody knows', () => {
    const { decision } = judge([failure, json(400, invalid)], { profile: data });
    expect(decision).toEqual({ next: 'doubt', reason: 'unproved-rejection' });
  });
});

test.each([
  ['POST', '/v1/charges', 'yes'],
  ['POST', '/v1/payment_intents/pi_1/confirm', 'yes'],
  ['DELETE', '/v1/customers/cus_1', 'no'],
  ['POST', '/v2/core/events', 'no'],
  ['POST', '/v10/charges', 'no'],
  ['PUT', '/v1/charges', 'no'],
])('%s %s: %s', (method, path, expected) => {
  expect(honoursKey(data, method, `https://api.stripe.example${path}`)).toBe(expected);
});

test('the facts', () => {
  expect(data).toMatchObject({
    carrier: { kind: 'header', name: 'Idempotency-Key' },
    key: { limit: 255 },
    lifetime: { kind: 'floor', ms: 86_400_000 },
    accepted: 'final',
    companions: ['stripe-version', 'stripe-account'],
    stores: { clientErrors: 'yes', serverErrors: 'yes' },
    rejections: { first: [400, 402, 403, 404], later: [] },
    required: 'no',
  });
});

test.each([400, 403, 404, 405, 410, 413, 415, 422])('%i with Original-Request is kept: final', (status) => {
  for (const context of [FIRST, LATER]) {
    expect(observe(json(status, invalid, ORIGINAL), data, context)).toEqual(rejected);
  }
});
test.each([400, 409, 424, 500, 503, 599])('%i, told to retry', (status) => {
  for (const context of [FIRST, LATER]) expect(observe(json(status, invalid, RETRY), data, context)).toEqual(again);
});
test.each([500, 502, 599])('%i, replayed, as other clients than browsers see it', (status) => {
  expect(observe(json(status, unknownError, { 'idempotent-replayed': 'true' }), data, LATER)).toEqual(storedError);
  expect(observe(json(status, unknownError, STOP), data, LATER)).toEqual(storedError);
});

test.each([
  ['in progress', data.answers.inProgress, inProgress],
  ['mismatch', data.answers.mismatch, mismatch],
])('what the mock says for %s is understood', (_name, example, expected) => {
  const { status, headers, body } = example as ExampleAnswer;
  for (const context of [FIRST, LATER])
    expect(observe(response(status, headers, body), data, context)).toEqual(expected);
});
