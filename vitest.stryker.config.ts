import { defineConfig } from 'vitest/config';

/** The rules and their tests alone: what the mutation run repeats hundreds of times. No project, no browser. */
export default defineConfig({
  test: {
    expect: { requireAssertions: true },
    include: ['test/core/**/*.test.ts', 'test/profiles/**/*.test.ts'],
    testTimeout: 15_000,
  },
});
