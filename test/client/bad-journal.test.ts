import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { indexedDBJournal } from '../../src/browser.ts';
import { type Client, createClient, type Journal } from '../../src/index.node.ts';
import { createMock } from '../../src/mock/index.ts';
import { type Listening, listen } from '../../src/mock/node.ts';
import { fileJournal } from '../../src/node.ts';
import { ietf } from '../../src/profiles/index.ts';
import { told, toldError, toldOutcome } from '../support/client-world.ts';

const mock = createMock();
let server: Listening;
let root = '';
beforeAll(async () => {
  server = await listen(mock);
});
afterAll(() => server.close());
beforeEach(async () => {
  mock.reset();
  root = await mkdtemp(join(tmpdir(), 'onceward-bad-'));
});
afterEach(() => rm(root, { recursive: true }));

function clientOf(journal: Journal | undefined): Client {
  return createClient({ baseUrl: server.url, profile: ietf({ keyLifetime: '24h' }), ...(journal && { journal }) });
}

/** Names, kinds, modes and contents of everything below `directory`. */
async function picture(directory: string): Promise<readonly (readonly [name: string, ...unknown[]])[]> {
  const names = (await readdir(directory, { recursive: true })).sort();
  const files = names.map(async (name) => {
    const { mode, size } = await lstat(join(directory, name));
    const content = await readFile(join(directory, name)).catch(() => Buffer.from('not a file'));
    return [name, mode, size, createHash('sha256').update(content).digest('hex')] as const;
  });
  return Promise.all(files);
}

const isRoot = process.geteuid?.() === 0;

/** A log in which a payment is stored, with one byte of it changed. */
async function damagedLog(directory: string): Promise<void> {
  const client = clientOf(fileJournal(directory));
  for (const id of ['cart/1', 'cart/2', 'cart/3']) await client.post('/charges', { once: id, json: { amount: 1 } });
  await client.close();
  mock.reset();
  const log = join(directory, (await readdir(directory)).find((name) => name.endsWith('.log')) ?? '');
  const bytes = await readFile(log);
  const at = bytes.indexOf('cart%2F1');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(log, bytes);
}

interface Row {
  readonly make: () => Promise<Journal | undefined> | Journal | undefined;
  readonly gets: string;
  readonly says: RegExp;
}

const inRoot = (name: string): string => join(root, name);

const ROWS: Readonly<Record<string, Row>> = {
  'none, in Node': {
    make: () => undefined,
    gets: 'UsageError JOURNAL_REQUIRED none',
    says: /journal: fileJournal\('\/var\/lib\/my-app\/onceward'\), from 'onceward\/node'/,
  },
  'a file': {
    make: async () => {
      await writeFile(inRoot('file'), 'mine');
      return fileJournal(inRoot('file'));
    },
    gets: 'JournalError JOURNAL none unavailable',
    says: /is not a directory/,
  },
  'below a file': {
    make: async () => {
      await writeFile(inRoot('file'), 'mine');
      return fileJournal(inRoot('file/journal'));
    },
    gets: 'JournalError JOURNAL none unavailable',
    says: /below a file/,
  },
  'a symbolic link': {
    make: async () => {
      await mkdir(inRoot('real'), { mode: 0o700 });
      await symlink(inRoot('real'), inRoot('link'));
      return fileJournal(inRoot('link'));
    },
    gets: 'JournalError JOURNAL none unavailable',
    says: /is a symbolic link/,
  },
  'a directory of another user': {
    make: async () => {
      if (!isRoot) return fileJournal('/usr/share');
      await mkdir(inRoot('foreign'), { mode: 0o700 });
      await chown(inRoot('foreign'), 12345, 12345);
      return fileJournal(inRoot('foreign'));
    },
    gets: 'JournalError JOURNAL none unavailable',
    says: /belongs to another user/,
  },
  'a directory that others may write to': {
    make: async () => {
      await mkdir(inRoot('open'));
      await chmod(inRoot('open'), 0o777);
      return fileJournal(inRoot('open'));
    },
    gets: 'JournalError JOURNAL none unavailable',
    says: /can be written to by others/,
  },
  'a damaged log': {
    make: async () => {
      await damagedLog(inRoot('damaged'));
      return fileJournal(inRoot('damaged'));
    },
    gets: 'JournalError JOURNAL none corrupt',
    says: /damaged/,
  },
  'a log that is a directory': {
    make: async () => {
      await mkdir(inRoot('odd/00000001.log'), { recursive: true, mode: 0o700 });
      return fileJournal(inRoot('odd'));
    },
    gets: 'JournalError JOURNAL none unavailable',
    says: /is a directory/,
  },
  'a generation that is no log': {
    make: async () => {
      await mkdir(inRoot('newer'), { mode: 0o700 });
      await writeFile(inRoot('newer/00000002.log'), 'x', { mode: 0o600 });
      return fileJournal(inRoot('newer'));
    },
    gets: 'JournalError JOURNAL none corrupt',
    says: /no header/,
  },
  'IndexedDB, where there is none': {
    make: () => indexedDBJournal('shop'),
    gets: 'JournalError JOURNAL none unavailable',
    says: /IndexedDB/,
  },
};

describe('a journal that cannot be used: nothing is sent, and nothing that is stored changes', () => {
  test.each(Object.entries(ROWS))('%s', async (_, { make, gets, says }) => {
    const journal = await make();
    const before = await picture(root);
    const client = clientOf(journal);
    const call = client.post('/charges', { once: 'cart/1', json: { amount: 1 } });
    const outcome = toldOutcome(call.outcome());
    expect(await told(call)).toBe(gets);
    expect(await outcome).toBe(gets);
    await expect(call).rejects.toThrow(says);
    expect(toldError(await client.ready().catch((error: unknown) => error))).toBe(gets);
    expect(toldError(await client.operations.resume().catch((error: unknown) => error))).toBe(gets);
    await client.close();
    expect(mock.ledger()).toEqual([]);
    // Of a damaged log a copy is kept; the log itself is as it was.
    const after = (await picture(root)).filter(([name]) => !name.includes('quarantine'));
    expect(after).toEqual(before);
  });

  test('a directory this process may not write to', async () => {
    const directory = inRoot('read-only');
    await mkdir(directory, { mode: 0o500 });
    await chmod(root, 0o755);
    // Root may write everywhere: another user has to try.
    if (isRoot) await chown(directory, 12345, 12345);
    const program = fileURLToPath(new URL('../support/client-as-nobody.ts', import.meta.url));
    const argv = ['--no-warnings', '--experimental-strip-types', program, directory, server.url, isRoot ? '12345' : ''];
    const { stdout } = await promisify(execFile)(process.execPath, argv);
    expect(stdout.trim()).toBe('JournalError JOURNAL none read-only');
    expect(mock.ledger()).toEqual([]);
    expect(await readdir(directory)).toEqual([]);
  });

  test('a failed journal is not remembered: once the directory is mended, the same call goes through', async () => {
    await writeFile(inRoot('journal'), 'in the way');
    const client = clientOf(fileJournal(inRoot('journal')));
    const charge = () => told(client.post('/charges', { once: 'cart/1', json: { amount: 1 } }));
    expect(await charge()).toBe('JournalError JOURNAL none unavailable');
    await rm(inRoot('journal'));
    expect(await charge()).toMatch(/^201/);
    await client.close();
    expect(mock.effects()).toHaveLength(1);
  });
});

test.each([[''], ['a\0b'], [5], [new URL('https://example.test/')]])(
  'fileJournal(%j) is refused at once',
  (directory) => {
    expect(() => fileJournal(directory as string)).toThrow(
      expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_OPTION', effect: 'none' }),
    );
  },
);
