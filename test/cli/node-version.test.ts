import { expect, test } from 'vitest';
import { tooOld } from '../../src/cli/node-version.ts';

test.each([
  ['20.20.2', true],
  ['22.11.0', true],
  ['22.12.0', false],
  ['22.100.1', false],
  ['24.0.0', false],
  ['26.1.0-nightly', false],
])('Node %s is too old: %s', (version, expected) => {
  const said = tooOld(version);
  expect(said === undefined).toBe(!expected);
  expect(said ?? `${version} 22.12`).toContain(version);
  expect(said ?? '22.12').toContain('22.12');
});
