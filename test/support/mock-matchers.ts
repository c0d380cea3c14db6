import { expect } from 'vitest';
import { type MockMatchers, matchers } from '../../src/testing/index.ts';

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void>, T> extends MockMatchers<R> {}
}

/** For this file of tests. */
export function useMockMatchers(): void {
  expect.extend(matchers);
}
