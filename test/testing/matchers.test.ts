import { expect as jestExpect } from 'expect';
import { describe, expect, test } from 'vitest';
import { createMock, type Mock } from '../../src/mock/index.ts';
import { type MockMatchers, matchers, timeline } from '../../src/testing/index.ts';
import { useMockMatchers } from '../support/mock-matchers.ts';

useMockMatchers();

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T> extends MockMatchers<R> {}
}

jestExpect.extend(matchers);

const KEY = '8e03978e-40d5-43dd-bc93-6894a57f9324';

async function send(mock: Mock, key = KEY, path = '/charges'): Promise<void> {
  const request = { method: 'POST', body: '{}', headers: { 'idempotency-key': key } };
  await mock.fetch(`https://api.test${path}?token=hidden`, request).catch(() => {});
}

/** What an assertion that does not hold says. */
function complaint(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('It held.');
}

describe.each([
  ['vitest', expect as unknown as typeof jestExpect],
  ['jest', jestExpect],
])('matchers with the expect of %s', (_, runner) => {
  test('count handlers, of the mock or of a route, and notice replays', async () => {
    const mock = createMock();
    runner(mock).toHaveExecutedTimes(0);
    runner(mock).not.toHaveReplayed();
    await send(mock);
    runner(mock).toHaveExecutedOnce();
    await send(mock);
    await send(mock, 'other', '/refunds');
    runner(mock).toHaveExecutedOnce('POST /charges');
    runner(mock).not.toHaveExecutedOnce();
    runner(mock).toHaveExecutedTimes(2);
    runner(mock).toHaveReplayed('POST /charges');
    runner(mock).not.toHaveReplayed('POST /refunds');
    mock.reset();
    runner(mock).toHaveExecutedTimes(0);
    runner(mock).not.toHaveReplayed();
    expect(mock.events().length).toBeGreaterThan(0);
  });

  test('say what the mock saw, request by request, without a body, a query or a whole key', async () => {
    const mock = createMock();
    mock.fail('reset-after');
    await send(mock);
    await mock.clock.advance('25h');
    await send(mock);
    const text = complaint(() => runner(mock).toHaveExecutedOnce('POST /charges'));
    expect(text).toContain('Expected the mock to have executed once on POST /charges. It executed 2 times.');
    expect(text).toMatch(
      /\+\d+ ms {2}#1 {2}POST \/charges {2}key 8e03978e… {2}arrived, .*effect.*stored.*reset-after.*lost/,
    );
    expect(text).toMatch(
      /\+9\d{7} ms {2}#2 {2}POST \/charges {2}key 8e03978e… {2}arrived, .*effect.*stored.*answered 201/,
    );
    expect(text).toMatch(/ clock \+90000000 ms/);
    expect(text).not.toMatch(new RegExp(`hidden|${KEY}`));
    expect(complaint(() => runner(mock).not.toHaveExecutedTimes(2))).toContain(
      'Expected the mock not to have executed 2 times. It executed',
    );
    expect(complaint(() => runner(mock).toHaveReplayed())).toContain(
      'Expected the mock to have replayed a stored answer. It replayed none.',
    );
  });

  test('are for mocks only', () => {
    for (const other of [undefined, null, {}, 'mock']) {
      expect(complaint(() => runner(other).toHaveReplayed())).toContain('toHaveReplayed is for a mock');
    }
  });
});

describe('timeline', () => {
  test('of nothing', () => {
    expect(timeline(createMock())).toBe('  nothing came in');
  });

  test('keeps to its latest 40 lines', async () => {
    const mock = createMock();
    for (let at = 1; at <= 43; at++) await send(mock, `key-${at}`);
    const lines = timeline(mock).split('\n');
    expect(lines).toHaveLength(41);
    expect(lines[0]).toBe('  3 lines before these are left out');
    expect(lines.at(-1)).toContain('#43  POST /charges  key key-43  arrived');
  });
});
