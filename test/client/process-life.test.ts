import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createMock } from '../../src/mock/index.ts';
import { listen } from '../../src/mock/node.ts';

const PROGRAM = fileURLToPath(new URL('../support/client-program.ts', import.meta.url));

describe('a program lives as long as somebody waits, and no longer', () => {
  test.each([
    ['await', '201'],
    ['idle', 'succeeded'],
    ['close', 'closed'],
    ['forget', 'not waited for'],
  ])('%s', async (what, prints) => {
    const mock = createMock();
    // Between the two attempts no socket is open.
    mock.fail('status:503');
    const server = await listen(mock);
    const argv = ['--no-warnings', '--experimental-strip-types', PROGRAM, what, server.url];
    try {
      const { stdout } = await promisify(execFile)(process.execPath, argv, { timeout: 8_000 });
      expect(stdout.trim()).toBe(prints);
      expect(mock.effects().length).toBeLessThanOrEqual(1);
    } finally {
      await server.close();
    }
  });
});
