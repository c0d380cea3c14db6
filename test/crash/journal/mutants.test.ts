// Does the proof prove anything? Each fault that the protocol guards against is put into a copy of the sources, and the test that is named must fail
// there. (`npm run test:stryker` mutates the rules of the core in the same spirit.)
import { describe, expect, test } from 'vitest';
import { type Mutant, verdictsOf } from './support/mutant.ts';

const CUTS = 'journal/file/disk/power-cuts.test.ts';
const AT_EVERY_CALL = 'at every call of a run with two compactions, whatever is left: every answer holds';
const SLEEPERS = 'journal/file/disk/sleepers.test.ts';

const MUTANTS: readonly Mutant[] = [
  {
    name: 'ignores the earlier claim',
    file: 'entry.ts',
    text: 'if (present === undefined) return { done: true, stored: { value: entry.value, end } };',
    replacement: 'return { done: true, stored: { value: entry.value, end } };',
    testFile: CUTS,
    test: AT_EVERY_CALL,
  },
];

const NAMED = [...new Map(MUTANTS.map(({ testFile, test: name }) => [name, testFile]))];

describe('without a mutant', () => {
  test.each(NAMED)('"%s" passes', { timeout: 120_000 }, async (name, testFile) => {
    expect(await verdictsOf(testFile, name)).toEqual(new Map([[name, 'passed']]));
  });
});

describe('a protocol that', () => {
  test.each(MUTANTS)('$name is caught by "$test"', { timeout: 120_000 }, async (mutant) => {
    expect(await verdictsOf(mutant.testFile, mutant.test, mutant)).toEqual(new Map([[mutant.test, 'failed']]));
  });
});
