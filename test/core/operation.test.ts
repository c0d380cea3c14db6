import { describe, expect, test } from 'vitest';
import { effectOfRecord, shownUrl, toOperation } from '../../src/core/operation.ts';
import type { State } from '../../src/core/record.ts';
import type { Effect, OperationStatus } from '../../src/core/types.ts';
import { NOW, operation } from './support/rules.ts';

const unmarked = (state: State) => {
  const { dispatchedAt: _, ...rest } = operation({ state }).state;
  return rest;
};

describe('effect', () => {
  test.each<[State, Effect, Effect]>([
    ['claimed', 'possible', 'none'],
    ['dispatched', 'possible', 'none'],
    ['in-doubt', 'possible', 'possible'],
    ['succeeded', 'done', 'done'],
    ['rejected', 'none', 'none'],
    ['not-sent', 'none', 'none'],
    ['discarded', 'possible', 'possible'],
  ])('%s: with a mark %s, without %s', (state, marked, without) => {
    expect(effectOfRecord(operation({ state }))).toBe(marked);
    expect(effectOfRecord({ state: unmarked(state) })).toBe(without);
  });
  test.each<Effect>(['none', 'possible', 'done'])('discarded with %s', (effect) => {
    expect(effectOfRecord(operation({ state: 'discarded', effect }))).toBe(effect);
  });
});

describe('the public view', () => {
  test.each<[State, OperationStatus]>([
    ['claimed', 'pending'],
    ['dispatched', 'pending'],
    ['in-doubt', 'in-doubt'],
    ['succeeded', 'succeeded'],
    ['rejected', 'rejected'],
    ['not-sent', 'not-sent'],
    ['discarded', 'discarded'],
  ])('%s is %s', (state, status) => {
    const view = toOperation(operation({ state }));
    expect(view.status).toBe(status);
    expect('waiting' in view).toBe(status === 'pending');
  });
  test('shows neither query, headers, body nor whole key, and survives JSON and a clone', () => {
    const record = operation(
      { attempts: 3, dueAt: NOW + 9, reason: 'stuck', finishedAt: NOW + 10, waiting: 'backoff' },
      {
        meta: { cart: [1, { title: 'x' }] },
        request: { method: 'PUT', url: 'https://api.example/a%20b?capability=1#x', headers: [] },
      },
    );
    const view = toOperation(record);
    expect(view).toEqual({
      id: 'cart/1',
      owner: 'alice',
      status: 'pending',
      effect: 'possible',
      waiting: 'backoff',
      reason: 'stuck',
      method: 'PUT',
      url: 'https://api.example/a%20b',
      meta: { cart: [1, { title: 'x' }] },
      attempts: 3,
      round: 1,
      keyHint: '3f6d6c4e',
      createdAt: NOW,
      firstSentAt: NOW,
      nextAttemptAt: NOW + 9,
      finishedAt: NOW + 10,
    });
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
    expect(structuredClone(view)).toEqual(view);
  });
  test('frozen at every depth', () => {
    const { meta, ...view } = toOperation(operation({}, { meta: { cart: [1, { title: 'x' }] } }));
    expect(Object.isFrozen(toOperation(operation()))).toBe(true);
    const { cart } = meta as { cart: [number, { title: string }] };
    expect([meta, cart, cart[1]].map(Object.isFrozen)).toEqual([true, true, true]);
    expect(view.id).toBe('cart/1');
  });
  test('of a short key handed in, not the whole', () => {
    for (const key of ['k', 'key', 'cart-17', '12345678']) {
      const { keyHint } = toOperation(operation({}, { key }));
      expect(key.startsWith(keyHint) && keyHint.length < key.length).toBe(true);
    }
  });
  test('what the driver knows goes first; found at a start, it is interrupted', () => {
    const record = operation({ waiting: 'backoff', attempts: 1 });
    expect(toOperation(record, { attempts: 4, waiting: 'sending' })).toMatchObject({ attempts: 4, waiting: 'sending' });
    expect(toOperation(operation())).toMatchObject({ waiting: 'interrupted' });
  });
});

test.each([
  ['https://x.example:8443/a/b?c#d', undefined, 'https://x.example:8443/a/b'],
  ['https://u:p@x.example/a', undefined, 'https://x.example/a'],
  ['../c?d', 'https://x.example/a/b', 'https://x.example/c'],
  ['', undefined, ''],
  ['http://', 'https://x.example', ''],
  ['nonsense', undefined, ''],
])('%s is shown as %s', (url, base, expected) => {
  expect(shownUrl(url, base)).toBe(expected);
});
