import { describe, expect, test } from 'vitest';
import { HTTPError, RedirectError } from '../../src/core/errors/index.ts';
import { toOutcome, toResponse } from '../../src/core/outcome.ts';
import type { OperationPart, StatePart } from '../../src/core/record.ts';
import { toTombstone } from '../../src/core/tombstone.ts';
import type { Outcome, Source } from '../../src/core/types.ts';
import { bytes, NOW, operation } from './support/rules.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const answer = (
  status: number,
  body?: string,
  headers: Record<string, string> = JSON_TYPE,
): NonNullable<StatePart['response']> => ({
  status,
  headers,
  ...(body !== undefined && { body: bytes(body) }),
});
const settled = (state: Partial<StatePart>, fixed: Partial<OperationPart> = {}, source: Source = 'network') => ({
  kind: 'settled' as const,
  record: operation({ finishedAt: NOW, ...state }, fixed),
  persisted: true,
  source,
});
const pending = (state: Partial<StatePart> = {}) => ({
  kind: 'pending' as const,
  record: operation(state),
  attempts: 2,
  waiting: 'backoff' as const,
  until: NOW + 5,
});

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('outcome', () => {
  test.each<[string, Parameters<typeof toOutcome>[0], Partial<Outcome>]>([
    [
      'succeeded',
      settled({ state: 'succeeded', response: answer(201, '{"id":1}') }),
      { status: 'succeeded', effect: 'done', source: 'network', persisted: true },
    ],
    ['rejected', settled({ state: 'rejected', response: answer(402, '{}') }), { status: 'rejected', effect: 'none' }],
    ['not sent', settled({ state: 'not-sent' }), { status: 'not-sent', effect: 'none' }],
    ['discarded, none', settled({ state: 'discarded', effect: 'none' }), { status: 'discarded', effect: 'none' }],
    [
      'discarded, possible',
      settled({ state: 'discarded', effect: 'possible', reason: 'stuck' }),
      { status: 'discarded', effect: 'possible', reason: 'stuck' },
    ],
    [
      'in doubt',
      settled({ state: 'in-doubt', reason: 'key-expired' }),
      { status: 'in-doubt', effect: 'possible', reason: 'key-expired' },
    ],
    ['pending', pending(), { status: 'pending', effect: 'possible', waiting: 'backoff' }],
  ])('%s', (_name, waited, expected) => {
    expect(toOutcome(waited)).toMatchObject(expected);
    expect(toOutcome(waited).operation).toMatchObject({ id: 'cart/1' });
  });

  test('the response: status, headers, bytes, and data where it is JSON', () => {
    const of = (response: StatePart['response']) => {
      const outcome = toOutcome(settled({ state: 'succeeded', ...(response && { response }) }));
      return outcome.status === 'succeeded' ? outcome.response : undefined;
    };
    expect(of(answer(201, '{"id":1}'))).toEqual({
      status: 201,
      headers: JSON_TYPE,
      body: bytes('{"id":1}'),
      data: { id: 1 },
    });
    expect(of(answer(201, 'null'))).toMatchObject({ data: null });
    expect(of(answer(201, '{"id":'))).not.toHaveProperty('data');
    expect(of(answer(201, ''))).not.toHaveProperty('data');
    expect(of(answer(201, '{}', { 'content-type': 'text/plain' }))).not.toHaveProperty('data');
    expect(of(answer(201, '{"a":1}', { 'content-type': 'Application/Problem+JSON; x=1' }))).toMatchObject({
      data: { a: 1 },
    });
    expect(of(answer(201))).toBeUndefined();
    expect(of(undefined)).toBeUndefined();
  });
  test('writing into it changes nothing that is stored', () => {
    const waited = settled({ state: 'succeeded', response: answer(201, '{}') });
    const outcome = toOutcome(waited);
    if (outcome.status === 'succeeded') outcome.response?.body.fill(0);
    expect(waited.record.state.response?.body).toEqual(bytes('{}'));
    expect(() => Object.assign((outcome as { response: object }).response, { status: 500 })).toThrow(TypeError);
  });
  test('of doubt: what the server said last, where it said anything', () => {
    const doubt = { state: 'in-doubt', reason: 'unproved-rejection' } as const;
    expect(toOutcome(settled({ ...doubt, response: answer(404, '{}') }))).toMatchObject({
      response: { status: 404, data: {} },
    });
    expect(toOutcome(settled(doubt))).not.toHaveProperty('response');
  });
  test('says whether it is stored', () => {
    expect(toOutcome({ ...settled({ state: 'succeeded' }), persisted: false }).persisted).toBe(false);
    expect(toOutcome(pending()).persisted).toBe(true);
  });
  test('a tombstone has no response', () => {
    const { record, ...rest } = settled({ state: 'succeeded', response: answer(201, '{}') });
    expect(toOutcome({ ...rest, record: toTombstone(record) })).toMatchObject({
      status: 'succeeded',
      response: undefined,
    });
  });
});

describe('the Response of a success', () => {
  test('carries what was stored, and can be read', async () => {
    const response = toResponse(
      settled({ state: 'succeeded', response: answer(201, '{"id":1}', { ...JSON_TYPE, date: 'x' }) }),
      true,
    );
    expect(response.status).toBe(201);
    expect(response.headers.get('date')).toBe('x');
    expect(await response.json()).toEqual({ id: 1 });
  });
  test.each([204, 205])('%i must not have a body', async (status) => {
    const response = toResponse(settled({ state: 'succeeded', response: answer(status, '') }), true);
    expect(response.body).toBeNull();
    expect(await response.text()).toBe('');
  });
  test('of a body that is no longer kept, only the fact', () => {
    for (const state of [{ response: answer(201) }, {}]) {
      expect(thrown(() => toResponse(settled({ state: 'succeeded', ...state }), true))).toMatchObject({
        code: 'ERR_ONCEWARD_ALREADY_FINISHED',
        effect: 'done',
      });
    }
  });
});

describe('the error that says what became of it', () => {
  test.each<[string, Parameters<typeof toResponse>[0], object]>([
    [
      'pending',
      pending(),
      { code: 'ERR_ONCEWARD_STILL_PENDING', effect: 'possible', waiting: 'backoff', until: NOW + 5 },
    ],
    ['not sent', settled({ state: 'not-sent' }), { code: 'ERR_ONCEWARD_NOT_SENT', effect: 'none' }],
    [
      'discarded',
      settled({ state: 'discarded', effect: 'possible' }),
      { code: 'ERR_ONCEWARD_DISCARDED', effect: 'possible' },
    ],
    [
      'in doubt',
      settled({ state: 'in-doubt', reason: 'stuck' }),
      { code: 'ERR_ONCEWARD_IN_DOUBT', effect: 'possible', reason: 'stuck' },
    ],
    [
      'rejected',
      settled({ state: 'rejected', response: answer(402, '{}') }),
      { code: 'ERR_ONCEWARD_HTTP', effect: 'none', status: 402 },
    ],
  ])('%s', (_name, waited, expected) => {
    expect(thrown(() => toResponse(waited, true))).toMatchObject({ ...expected, operationId: 'cart/1' });
  });

  test.each<[string, StatePart['response'], unknown]>([
    ['JSON', answer(400, '{"a":1}'), { a: 1 }],
    ['JSON null', answer(400, 'null'), null],
    ['JSON false', answer(400, 'false'), false],
    ['broken JSON', answer(400, '{'), '{'],
    ['text', answer(400, 'no', { 'content-type': 'text/plain' }), 'no'],
    ['nothing', answer(400, ''), ''],
    ['collected', answer(400), undefined],
  ])('a rejection with %s', (_name, response, data) => {
    const error = thrown(() => toResponse(settled({ state: 'rejected', ...(response && { response }) }), true));
    expect(error).toBeInstanceOf(HTTPError);
    expect((error as HTTPError).data).toEqual(data);
    expect((error as HTTPError).response.status).toBe(400);
    expect(JSON.stringify(error)).not.toContain('"a"');
  });
  test('throwHttpErrors: false gives the refusal itself', async () => {
    const response = toResponse(settled({ state: 'rejected', response: answer(402, '{"a":1}') }), false);
    expect(response.status).toBe(402);
    expect(await response.json()).toEqual({ a: 1 });
  });
  test('a tombstone of a rejection: stored status, empty body', async () => {
    const { record, ...rest } = settled({ state: 'rejected', response: answer(402, '{"a":1}') });
    const error = thrown(() => toResponse({ ...rest, record: toTombstone(record) }, true)) as HTTPError;
    expect(error.response.status).toBe(402);
    expect(await error.response.text()).toBe('');
    expect(error.data).toBeUndefined();
  });
  test('a tombstone of a redirect is a rejection like any other', () => {
    const { record, ...rest } = settled({ state: 'rejected', redirectedTo: '/x', response: answer(301, '') });
    const error = thrown(() => toResponse({ ...rest, record: toTombstone(record) }, true));
    expect(error).toMatchObject({ code: 'ERR_ONCEWARD_HTTP', status: 301 });
  });
});

describe('a redirect names both addresses, without their queries', () => {
  test.each([
    ['https://api.example/new?token=canary', 'https://api.example/new'],
    ['/new?token=canary', 'https://api.example/new'],
    ['new', 'https://api.example/new'],
    ['//other.example/x', 'https://other.example/x'],
    ['https://user:canary@other.example/x', 'https://other.example/x'],
    ['https://', ''],
    ['http://[canary', ''],
  ])('%s', (redirectedTo, to) => {
    const error = thrown(() =>
      toResponse(settled({ state: 'rejected', redirectedTo, response: answer(302, '') }), true),
    );
    expect(error).toBeInstanceOf(RedirectError);
    expect(error).toMatchObject({ from: 'https://api.example/charges', to, effect: 'none' });
    expect(`${String(error)}${JSON.stringify(error)}`).not.toContain('canary');
  });
});
