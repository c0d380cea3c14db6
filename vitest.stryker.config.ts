import { defineConfig } from 'vitest/config';

/** The tests of the files named in stryker.config.json. */
const RULES = [
  ...['answer', 'backoff', 'before-attempt', 'decide*', 'fold', 'gate', 'key-*', 'match-rule', 'observe*'],
  ...['recovery', 'retry-after', 'route', 'target', 'token-bucket'],
];

/** The rules and their tests alone, without sockets and browsers: a mutation run repeats them some hundred times. */
export default defineConfig({
  test: {
    expect: { requireAssertions: true },
    include: [
      ...RULES.map((name) => `test/core/${name}.test.ts`),
      'test/profiles/{ietf,profile,stripe-v1}.test.ts',
      'test/profiles/recorded/*.test.ts',
    ],
    testTimeout: 15_000,
  },
});
