import { UsageError } from '../core/errors/usage-error.ts';
import type { Mock } from '../mock/types.ts';
import { sinceReset, timeline } from './timeline.ts';

/** What `expect(mock)` can do after `expect.extend(matchers)`, for the types of a runner.
 *
 *  @example
 *  declare module 'vitest' { // or 'expect', for Jest
 *    interface Matchers<R extends void | Promise<void>, T> extends MockMatchers<R> {}
 *  }
 */
export interface MockMatchers<R> {
  /** Exactly one handler was run, of the whole mock or of `route`: 'POST /charges/:id', as given to createMock. */
  toHaveExecutedOnce(route?: string): R;
  toHaveExecutedTimes(times: number, route?: string): R;
  /** A repeat was given a stored answer: what a test of retries should see, or it has tested nothing. */
  toHaveReplayed(route?: string): R;
}

/** What a matcher says, in the form that vitest and Jest want. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** For `expect.extend` of vitest and Jest. Of what went wrong they print what the mock saw, request by request.
 *
 *  @example
 *  expect.extend(matchers);
 *  expect(mock).toHaveExecutedOnce('POST /charges');
 */
export const matchers: {
  readonly toHaveExecutedOnce: (received: unknown, route?: string) => MatcherResult;
  readonly toHaveExecutedTimes: (received: unknown, times: number, route?: string) => MatcherResult;
  readonly toHaveReplayed: (received: unknown, route?: string) => MatcherResult;
} = {
  toHaveExecutedOnce: (received, route) => executed('toHaveExecutedOnce', received, { times: 1, route }),
  toHaveExecutedTimes: (received, times, route) => executed('toHaveExecutedTimes', received, { times, route }),
  toHaveReplayed(received, route) {
    const mock = mockOf('toHaveReplayed', received);
    const replays = sinceReset(mock).filter(
      (event) => event.kind === 'replayed' && (route ?? event.route) === event.route,
    );
    return result(mock, replays.length > 0, {
      expected: `to have replayed a stored answer${on(route)}`,
      actual: `It replayed ${replays.length === 0 ? 'none' : counted(replays.length)}.`,
    });
  },
};

function executed(
  name: string,
  received: unknown,
  { times, route }: { readonly times: number; readonly route: string | undefined },
): MatcherResult {
  const mock = mockOf(name, received);
  const actual = mock.effects(route).length;
  return result(mock, actual === times, {
    expected: `to have executed ${counted(times)}${on(route)}`,
    actual: `It executed ${counted(actual)}.`,
  });
}

function result(
  mock: Mock,
  pass: boolean,
  said: { readonly expected: string; readonly actual: string },
): MatcherResult {
  return {
    pass,
    // Read when it is asked for: most matchers pass, and nobody asks.
    message: () =>
      `Expected the mock ${pass ? 'not ' : ''}${said.expected}. ${said.actual} What it saw:\n\n${timeline(mock)}\n`,
  };
}

function mockOf(name: string, received: unknown): Mock {
  const { effects, events } = (received ?? {}) as Partial<Mock>;
  if (typeof effects === 'function' && typeof events === 'function') return received as Mock;
  throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `${name} is for a mock, as createMock makes one: expect(mock).`);
}

function counted(times: number): string {
  return times === 1 ? 'once' : `${times} times`;
}

function on(route: string | undefined): string {
  return route === undefined ? '' : ` on ${route}`;
}
