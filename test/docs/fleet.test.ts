import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFile(join(root, path), 'utf8');
const guide = await read('docs/guides/fleet.md');

describe('docs/guides/fleet.md', () => {
  // test/journal/store/round-trips.test.ts counts them.
  test.each([
    ['before the request leaves', '1 (the claim)'],
    ['after the answer, before your code gets it', '2 (read, write on condition)'],
    ['afterwards, and nobody waits for it', '2 (that you were told)'],
    ['a name that is known', '2'],
    ['at a start', '1 list, and 1 for each operation that is open'],
  ])('says that %s there are %s', (when, journeys) => {
    expect(guide).toContain(`| ${when} | ${journeys} |`);
  });

  test.each([
    [
      'examples/fleet-redis/worker.mjs',
      ['disableOfflineQueue: true', 'socketTimeout', 'pingInterval', 'reconnectStrategy'],
    ],
    ['examples/fleet-postgres/worker.mjs', ['connectionTimeoutMillis', 'query_timeout']],
  ])('names the settings that %s makes', async (path, settings) => {
    const worker = await read(path);
    for (const setting of settings) {
      expect(worker).toContain(setting);
      expect(guide).toContain(setting);
    }
  });

  test('links to what is there', async () => {
    for (const [, path = ''] of guide.matchAll(/\]\(\.\.\/\.\.\/([^)]+)\)/g)) {
      expect(await read(`${path}/README.md`), path).not.toBe('');
    }
    expect(guide).toContain('](../../examples/fleet-redis)');
  });
});
