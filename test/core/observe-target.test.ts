import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/core/answer.ts';
import type { Observation } from '../../src/core/observe.ts';
import { observeTarget } from '../../src/core/observe-target.ts';
import type { ProfileData } from '../../src/core/profile.ts';
import type { Target } from '../../src/core/target.ts';
import { failure, generic, html, json, response } from './support/rules.ts';

const OPERATION: Target = { kind: 'operation', url: 'https://api.example/operations/1' };
const MONITOR: Target = { ...OPERATION, kind: 'monitor' };
const RESULT: Target = { ...OPERATION, kind: 'result' };
const RECOVERY: Target = { ...OPERATION, kind: 'recovery', reason: 'key-expired' };
const profile: ProfileData = {
  ...generic,
  recover: { url: '{path}', accept: { status: 200, json: { path: 'status', equals: 'COMPLETED' } }, when: 'doubt' },
};

const success: Observation = { means: 'success', source: 'network' };
const lost: Observation = { means: 'lost' };
const unreadable: Observation = { means: 'unreadable' };
const unavailable: Observation = { means: 'again', because: 'unavailable' };
const doubt = (reason: 'monitor-lost' | 'redirect' | 'unproved-rejection' | 'key-expired'): Observation => ({
  means: 'doubt',
  reason,
});
const running = (data?: unknown, percent?: number) => ({
  means: 'running',
  progress: { ...(percent !== undefined && { percent }), ...(data !== undefined && { data }) },
});

/** One answer to each kind of question. */
const ROWS: readonly (readonly [
  name: string,
  answer: Answer,
  expected: { readonly operation: object; readonly monitor: object; readonly result: object },
])[] = [
  ['nothing', failure, all({ means: 'again', because: 'failure' })],
  ['200 without a status', json(200, { id: 1 }), all(success)],
  ['200, empty', response(200), all(success)],
  ['202, empty', response(202), all(running())],
  ['202 without a status', json(202, { id: 1 }), all(running({ id: 1 }))],
  ['202 with a status nobody knows', json(202, { status: 'x' }), all(running({ status: 'x' }))],
  ['202, but succeeded', json(202, { status: 'Succeeded' }), all(success)],
  [
    '200 with a status nobody knows',
    json(200, { status: 'paid' }),
    { operation: running({ status: 'paid' }), monitor: success, result: success },
  ],
  ['a status that is no text', json(200, { status: 7 }), all(success)],
  [
    'a status that is no text, beside one that is',
    json(200, { status: 7, state: 'Running' }),
    { ...asking(running({ status: 7, state: 'Running' })), result: success },
  ],
  ['200, a text', response(200, { 'content-type': 'text/plain' }, 'done'), all(success)],
  ['200, JSON without a byte', response(200, { 'content-type': 'application/json' }), all(success)],
  ['202, a text', response(202, { 'content-type': 'text/plain' }, 'wait'), all(running())],
  ['300', json(300, {}), { ...asking(doubt('monitor-lost')), result: doubt('redirect') }],
  ["a browser's opaque redirect", response(0), { ...asking(doubt('monitor-lost')), result: doubt('redirect') }],
  ...['status', 'provisioningState', 'state'].flatMap((name) => [
    [
      `${name}: Running`,
      json(200, { [name]: 'Running' }),
      { ...asking(running({ [name]: 'Running' })), result: success },
    ] as const,
    [`${name}: Completed`, json(200, { [name]: 'Completed' }), all(success)] as const,
    [
      `${name}: Failed`,
      json(200, { [name]: 'Failed' }),
      { ...asking(doubt('unproved-rejection')), result: success },
    ] as const,
  ]),
  [
    'in properties',
    json(200, { properties: { provisioningState: 'Canceled' } }),
    { ...asking(doubt('unproved-rejection')), result: success },
  ],
  ['HTML', html(200), all(unreadable)],
  ['206', json(206, {}), all(unreadable)],
  ['207', json(207, {}), all(unreadable)],
  ['JSON that is cut short', response(200, { 'content-type': 'application/json' }, '{"status":"Succ'), all(unreadable)],
  [
    '303 to the result',
    response(303, { location: '/charges/1' }),
    all({ means: 'redirect', kind: 'result', location: '/charges/1' }),
  ],
  ['303 to nowhere', response(303), { ...asking(doubt('monitor-lost')), result: doubt('redirect') }],
  ['307', response(307, { location: '/x' }), { ...asking(doubt('monitor-lost')), result: doubt('redirect') }],
  ['400', json(400, {}), { ...asking(doubt('monitor-lost')), result: doubt('redirect') }],
  ['403', json(403, {}), { ...asking(doubt('monitor-lost')), result: doubt('redirect') }],
  ['404', json(404, {}), { ...asking(lost), result: doubt('redirect') }],
  ['410', html(410), { ...asking(lost), result: doubt('redirect') }],
  ['501', json(501, {}), { ...asking(doubt('monitor-lost')), result: doubt('redirect') }],
  ...[401, 407].map((status) => [`${status}`, json(status, {}), all({ means: 'unauthorized' })] as const),
  ...[408, 425, 429, 500, 502, 503, 504, 599].map(
    (status) => [`${status}`, json(status, {}), all(unavailable)] as const,
  ),
];

function all(one: object) {
  return { operation: one, monitor: one, result: one };
}
function asking(one: object) {
  return { operation: one, monitor: one };
}

describe.each(ROWS)('%s', (_, answer, expected) => {
  test('as told in Operation-Location', () =>
    expect(observeTarget(answer, OPERATION, generic)).toEqual(expected.operation));
  test('as told in Location', () => expect(observeTarget(answer, MONITOR, generic)).toEqual(expected.monitor));
  test('as the result of a 303', () => expect(observeTarget(answer, RESULT, generic)).toEqual(expected.result));
});

test.each([
  ...['notStarted', 'not_started', 'queued', 'PENDING', 'processing', 'In Progress', 'inProgress', 'in_progress'],
  ...['accepted', 'started', 'waiting', 'creating', 'updating'],
])('%s: wait', (status) => {
  expect(observeTarget(json(200, { status }), MONITOR, generic)).toEqual(running({ status }));
});
test.each(['success', 'successful', 'complete', 'done', 'finished'])('%s: finished', (status) => {
  expect(observeTarget(json(200, { status }), OPERATION, generic)).toEqual(success);
});
test.each(['failure', 'cancelled', 'error', 'errored', 'rejected'])(
  '%s: a rejection only where the API promises one',
  (status) => {
    const answer = json(200, { status });
    expect(observeTarget(answer, OPERATION, generic)).toEqual(doubt('unproved-rejection'));
    expect(observeTarget(answer, OPERATION, { ...generic, monitorFailure: 'rejected' })).toEqual({
      means: 'rejection',
      source: 'network',
    });
  },
);

describe('progress', () => {
  test.each([
    [{ percentComplete: 40 }, 40],
    [{ percent_complete: 0 }, 0],
    [{ percent: 100 }, 100],
    [{ progress: 12.5 }, 12.5],
    [{ percent: 101 }, undefined],
    [{ percent: -1 }, undefined],
    [{ percent: '40' }, undefined],
    [{ percent: 'half', progress: 50 }, 50],
    [{ percent: '40', progress: 50 }, 50],
  ])('%j', (told, percent) => {
    const body = { status: 'running', ...told };
    expect(observeTarget(json(200, body), OPERATION, generic)).toEqual(running(body, percent));
  });
  test('what is not told is not there', () => {
    expect(observeTarget(response(202), OPERATION, generic)).toStrictEqual({ means: 'running', progress: {} });
    expect(observeTarget(json(202, {}), OPERATION, generic)).toStrictEqual({
      means: 'running',
      progress: { data: {} },
    });
  });
  test('of more than 4 KiB only the percentage is kept', () => {
    const fits = { status: 'running', percent: 1, note: '' };
    fits.note = 'x'.repeat(4096 - JSON.stringify(fits).length);
    expect(observeTarget(json(200, fits), OPERATION, generic)).toEqual(running(fits, 1));
    fits.note += 'x';
    expect(observeTarget(json(200, fits), OPERATION, generic)).toEqual(running(undefined, 1));
  });
});

describe('what proves that it happened', () => {
  const recovered: Observation = { means: 'success', source: 'recovered' };
  const asked = (answer: Answer, data = profile) => observeTarget(answer, RECOVERY, data);
  test.each<[string, Answer, object]>([
    ['as the profile wants it', json(200, { status: 'COMPLETED' }), recovered],
    ['in another state', json(200, { status: 'CREATED' }), doubt('key-expired')],
    ['another status', json(201, { status: 'COMPLETED' }), doubt('key-expired')],
    ['not there', json(404, {}), doubt('key-expired')],
    ['a page', response(200, { 'content-type': 'text/html' }, '{"status":"COMPLETED"}'), doubt('key-expired')],
    ['part of it', json(206, { status: 'COMPLETED' }), doubt('key-expired')],
    ['cannot be told now', json(503, {}), unavailable],
    ['for others', json(401, {}), { means: 'unauthorized' }],
    ['no answer', failure, { means: 'again', because: 'failure' }],
  ])('%s', (_, answer, expected) => expect(asked(answer)).toEqual(expected));
  test('a profile that names nothing proves nothing', () => {
    expect(asked(json(200, { status: 'COMPLETED' }), generic)).toEqual(doubt('key-expired'));
  });
  test('without a reason of its own it is an unproved rejection', () => {
    expect(observeTarget(json(404, {}), { kind: 'recovery', url: RECOVERY.url }, profile)).toEqual(
      doubt('unproved-rejection'),
    );
  });
});
