import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  effectOf,
  findOncewardError,
  InDoubtError,
  isOncewardError,
  NotSentError,
  UsageError,
} from '../../src/core/errors/index.ts';

const notSent = new NotSentError('cart/1');
const inDoubt = new InDoubtError('deadline', 'cart/2');

describe('ours, wherever it is', () => {
  const wrapped: Record<string, unknown> = {
    itself: notSent,
    'a cause': new Error('could not pay', { cause: notSent }),
    'the cause of a cause': new Error('one', { cause: new Error('two', { cause: notSent }) }),
    "the detail of a Stripe SDK's error": Object.assign(new Error('connection'), { detail: notSent }),
    'one of several': new AggregateError([undefined, 'text', new Error('other'), notSent]),
    'the cause of one of several': new AggregateError([new Error('one', { cause: notSent })]),
    'a thrown object that is no error': { cause: notSent },
    'the cause of an error of another realm': runInNewContext("new Error('foreign', { cause })", { cause: notSent }),
  };
  test.each(Object.entries(wrapped))('%s', (_, error) => {
    expect(findOncewardError(error)).toBe(notSent);
    expect(effectOf(error)).toBe('none');
  });

  test('the nearest counts', () => {
    const nearest = new Error('two', { cause: inDoubt });
    expect(findOncewardError(new AggregateError([new Error('one', { cause: nearest }), notSent]))).toBe(notSent);
    expect(effectOf(new Error('one', { cause: nearest }))).toBe('possible');
    const usage = new UsageError('ERR_ONCEWARD_CLOSED', 'Closed.');
    Object.defineProperty(usage, 'cause', { value: inDoubt });
    expect(effectOf(usage)).toBe('none');
  });

  test('of another copy of the package', async () => {
    vi.resetModules();
    const copy = await import('../../src/core/errors/index.ts');
    const theirs = new copy.NotSentError('cart/1');
    expect(theirs).not.toBeInstanceOf(NotSentError);
    expect(isOncewardError(theirs)).toBe(true);
    expect(effectOf(new Error('wrapped', { cause: theirs }))).toBe('none');
  });
});

describe('not ours', () => {
  const circle = new Error('circle');
  circle.cause = new AggregateError([circle], 'of itself', { cause: circle });
  const hostile = new Error('hostile');
  for (const name of ['cause', 'detail', 'errors']) {
    Object.defineProperty(hostile, name, {
      get: () => {
        throw new Error('no');
      },
    });
  }
  const foreign: Record<string, unknown> = {
    nothing: undefined,
    null: null,
    text: 'ERR_ONCEWARD_NOT_SENT',
    'a circle': circle,
    'an error whose members cannot be read': hostile,
    'errors that are no list': Object.assign(new Error('odd'), { errors: { 0: notSent, length: 1 } }),
    // A server's answer says it, in a member where SDKs put such answers.
    'JSON that looks like ours': Object.assign(new Error('api'), { detail: JSON.parse(JSON.stringify(notSent)) }),
  };
  test.each(Object.entries(foreign))('%s', (_, error) => {
    expect(findOncewardError(error)).toBeUndefined();
    expect(effectOf(error)).toBe('possible');
  });

  test('anything: it ends, and says possible', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withSparseArray: true }), (value) => {
        expect(effectOf(new Error('any', { cause: value }))).toBe('possible');
      }),
    );
  });
});
