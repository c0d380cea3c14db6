import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../src/core/errors/usage-error.ts';
import { fileJournal, fileJournalWith } from '../../../src/journal/file/file-journal.ts';
import { isNetworkPath, networkName } from '../../../src/journal/file/network-file-system.ts';
import { samples } from '../../../src/testing/journal-contract/sample-record.ts';
import { JournalChild } from './support/child.ts';
import { linesOf, logOf, temporaryDirectory } from './support/directory.ts';
import { errno, faultyIo } from './support/faulty-io.ts';

const root = process.getuid?.() === 0;
const NOBODY = 65_534;

/** Everything below a directory, with kinds and sizes: to see that nothing was written. */
async function tree(directory: string): Promise<readonly string[]> {
  return execFileSync('find', [directory, '-printf', '%P %y %s %m %u\n'], { encoding: 'utf8' }).split('\n').sort();
}

/** Lays out `directory` (which does not exist) or what is around it, and names the path to open. */
type Layout = (directory: string) => Promise<string | undefined | void>;

async function withLog(directory: string): Promise<void> {
  const journal = fileJournal(directory);
  await journal.claim(samples().operation('kept'));
  await journal.close();
}

const UNFIT: readonly [string, Layout, string][] = [
  ['a file', (directory) => writeFile(directory, ''), 'is not a directory'],
  [
    'below a file',
    async (directory) => {
      await writeFile(directory, '');
      return join(directory, 'journal');
    },
    'lies below a file',
  ],
  [
    'far below a file',
    async (directory) => {
      await writeFile(directory, '');
      return join(directory, 'a', 'b', 'journal');
    },
    'lies below a file',
  ],
  [
    'a symbolic link to a directory',
    async (directory) => {
      await withLog(`${directory}-real`);
      await symlink(`${directory}-real`, directory);
    },
    'is a symbolic link',
  ],
  [
    'a symbolic link, with a slash behind it',
    async (directory) => {
      await withLog(`${directory}-real`);
      await symlink(`${directory}-real`, directory);
      return `${directory}/`;
    },
    'is a symbolic link',
  ],
  ['a symbolic link to nothing', (directory) => symlink(`${directory}-real`, directory), 'is a symbolic link'],
  [
    'a log that is a symbolic link',
    async (directory) => {
      await withLog(`${directory}-real`);
      await mkdir(directory, { mode: 0o700 });
      await symlink(logOf(`${directory}-real`), logOf(directory));
    },
    'is a symbolic link',
  ],
  [
    'a log that is a directory',
    async (directory) => {
      await mkdir(logOf(directory), { recursive: true, mode: 0o700 });
    },
    'is a directory',
  ],
  [
    'a log that is a pipe',
    async (directory) => {
      await mkdir(directory, { mode: 0o700 });
      execFileSync('mkfifo', [logOf(directory)]);
    },
    'is not a file',
  ],
  [
    'writable by the group',
    async (directory) => {
      await withLog(directory);
      await chmod(directory, 0o770);
    },
    'can be written to by others (mode 770)',
  ],
  [
    'writable by everybody',
    async (directory) => {
      await mkdir(directory);
      await chmod(directory, 0o1777);
    },
    'can be written to by others (mode 777)',
  ],
  ['another user’s directory', foreignDirectory, 'belongs to another user'],
  ['a name that is too long', async (directory) => `${directory}${'x'.repeat(300)}`, 'ENAMETOOLONG'],
];

/** Root owns all it makes, and gives it away; anybody else looks at what is root's. */
async function foreignDirectory(directory: string): Promise<string> {
  if (!root) return '/usr';
  await mkdir(directory, { mode: 0o755 });
  await chown(directory, NOBODY, NOBODY);
  return directory;
}

describe('a directory that is not fit for a journal', () => {
  test.each(UNFIT)('%s: unavailable, nothing written', async (_, layOut, why) => {
    const around = await temporaryDirectory();
    const path = (await layOut(join(around, 'journal'))) ?? join(around, 'journal');
    const before = await tree(around);
    const journal = fileJournal(path);
    const calls = [
      () => journal.open(),
      () => journal.claim(samples().operation('a')),
      () => journal.get('shop/alice/a'),
      () => journal.list(''),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toMatchObject({
        name: 'JournalError',
        code: 'ERR_ONCEWARD_JOURNAL',
        reason: 'unavailable',
        effect: 'none',
        message: expect.stringContaining(why),
      });
    }
    await journal.close();
    expect(await tree(around)).toEqual(before);
  });

  test('the temporary directory itself is nobody’s journal, and it is not made private', async () => {
    const { mode } = await stat(tmpdir());
    await expect(fileJournal(tmpdir()).open()).rejects.toMatchObject({ reason: 'unavailable' });
    expect((await stat(tmpdir())).mode).toBe(mode);
  });

  test.runIf(root)('a log that belongs to another user', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    await withLog(directory);
    await chown(logOf(directory), NOBODY, NOBODY);
    await expect(fileJournal(directory).open()).rejects.toMatchObject({
      reason: 'unavailable',
      message: expect.stringContaining(`belongs to another user (uid ${NOBODY}`),
    });
  });

  test('a failed open is not remembered', async () => {
    const path = join(await temporaryDirectory(), 'journal');
    await writeFile(path, '');
    const journal = fileJournal(path);
    await expect(journal.open()).rejects.toMatchObject({ reason: 'unavailable' });
    await rm(path);
    expect((await journal.claim(samples().operation('a'))).created).toBe(true);
    await chmod(path, 0o777);
    // An open log stays open.
    expect(await journal.get('shop/alice/a')).toBeDefined();
    await journal.close();
    await expect(journal.open()).rejects.toMatchObject({ reason: 'unavailable' });
    await chmod(path, 0o700);
    expect(await journal.get('shop/alice/a')).toBeDefined();
    await journal.close();
  });
});

/** Opens `path` in a process that is not root. */
async function openAsNobody(around: string, path: string): Promise<unknown> {
  if (root) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, around]);
  const child = new JournalChild(path, { runAs: NOBODY });
  return child.ask({ do: 'claim', record: plainRecord('a') }).catch((error: unknown) => error);
}

/** Without a body: it travels as JSON. */
function plainRecord(name: string) {
  return samples().operation(name, { request: { method: 'POST', url: 'https://api.example/', headers: [] } });
}

describe('a directory that this user may not write to', () => {
  const rows: readonly [string, (directory: string) => Promise<unknown>, (directory: string) => Promise<unknown>][] = [
    ['a read-only directory', (directory) => mkdir(directory), (directory) => chmod(directory, 0o500)],
    ['a read-only directory with a log', withLog, (directory) => chmod(directory, 0o500)],
    ['a read-only log', withLog, (directory) => chmod(logOf(directory), 0o400)],
    ['a directory that may not be entered', withLog, (directory) => chmod(directory, 0o600)],
    ['a read-only parent', async () => {}, (directory) => chmod(join(directory, '..'), 0o500)],
    ['a closed parent', withLog, (directory) => chmod(join(directory, '..'), 0o000)],
  ];

  test.each(rows)('%s: read-only, nothing written', async (_, layOut, close) => {
    const around = await temporaryDirectory();
    const parent = join(around, 'parent');
    const path = join(parent, 'journal');
    await mkdir(parent);
    await layOut(path);
    if (root) execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, around]);
    await close(path);
    const before = root ? await tree(around) : [];
    expect(await openAsNobody(around, path)).toMatchObject({
      name: 'JournalError',
      reason: 'read-only',
      effect: 'none',
    });
    if (root) expect(await tree(around)).toEqual(before);
    await chmod(parent, 0o700);
    if (await stat(path).catch(() => undefined)) await chmod(path, 0o700);
  });

  test('the same user writes where it may', async () => {
    const around = await temporaryDirectory();
    expect(await openAsNobody(around, join(around, 'journal'))).toMatchObject({ created: true });
  });
});

describe('network file systems', () => {
  test.each([
    [0x6969, 'NFS'],
    [0xff534d42, 'CIFS'],
    [-0xacb2be, 'CIFS'],
    [0xfe534d42, 'SMB2'],
    [0x65735546, 'FUSE'],
    [0x01021997, '9p'],
  ])('%d is %s: refused before anything is created, unless allowed', async (type, name) => {
    expect(networkName(type)).toBe(name);
    const around = await temporaryDirectory();
    const directory = join(around, 'new', 'journal');
    const asked: string[] = [];
    const io = { ...faultyIo(), fileSystemType: async (path: string) => (asked.push(path), type) };
    await expect(fileJournalWith(io, directory).claim(samples().operation('a'))).rejects.toMatchObject({
      reason: 'network-fs',
      message: expect.stringContaining('allowUnsafeFileSystem'),
    });
    expect(asked).toEqual([around]);
    expect(await readdir(around)).toEqual([]);
    const allowed = fileJournalWith(io, directory, { allowUnsafeFileSystem: true });
    expect((await allowed.claim(samples().operation('a'))).created).toBe(true);
    await allowed.close();
    await expect(fileJournalWith(io, directory).open()).rejects.toMatchObject({ reason: 'network-fs' });
    expect(asked).toEqual([around, directory]);
  });

  test('ext4, XFS, btrfs, ZFS, tmpfs, overlay and APFS are local', () => {
    const local = [0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0x01021994, 0x794c7630, 0x1a];
    expect(local.map(networkName)).toEqual(local.map(() => undefined));
  });

  test('a system that cannot say is taken at its word', async () => {
    const io = { ...faultyIo(), fileSystemType: () => Promise.reject(errno('ENOSYS')) };
    const journal = fileJournalWith(io, join(await temporaryDirectory(), 'journal'));
    expect((await journal.claim(samples().operation('a'))).created).toBe(true);
    await journal.close();
  });

  test('Windows shares', () => {
    const shares = ['\\\\server\\share\\journal', '\\\\?\\UNC\\server\\share'];
    const local = ['C:\\data', '\\\\?\\C:\\data', '\\\\.\\C:\\data'];
    expect([...shares, ...local].map(isNetworkPath)).toEqual([true, true, false, false, false]);
  });
});

describe('what fileJournal is called with', () => {
  const wrong: readonly [string, unknown, unknown][] = [
    ['nothing', undefined, undefined],
    ['an empty name', '', undefined],
    ['a NUL byte', 'a\0b', undefined],
    ['a number', 3, undefined],
    ['a web address', new URL('https://api.example/journal'), undefined],
    ['a file on another machine', new URL('file://server/journal'), undefined],
    ['an unknown option', 'journal', { path: 'x' }],
  ];
  test.each(wrong)('%s: UsageError at the call', (_, directory, options) => {
    const call = () => fileJournal(directory as string, options as undefined);
    expect(call).toThrow(UsageError);
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_ONCEWARD_INVALID_OPTION', effect: 'none' }));
  });

  test('the call itself touches nothing; a URL is as good as a name', async () => {
    const around = await temporaryDirectory();
    const journal = fileJournal(pathToFileURL(join(around, 'a b', 'journal')));
    expect(await readdir(around)).toEqual([]);
    await journal.open();
    expect(await readdir(join(around, 'a b', 'journal'))).toEqual(['00000001.log', 'reserve']);
    await journal.close();
  });

  test('a relative name is resolved at the call', async () => {
    const around = await temporaryDirectory();
    const [here, there] = [join(around, 'here'), join(around, 'there')];
    await Promise.all([mkdir(here), mkdir(there)]);
    const child = new JournalChild('journal');
    await child.ask({ do: 'chdir', directory: here });
    await child.ask({ do: 'use', directory: './journal' });
    await child.ask({ do: 'chdir', directory: there });
    await child.ask({ do: 'open' });
    expect(await readdir(here)).toEqual(['journal']);
    expect(await readdir(there)).toEqual([]);
  });
});

describe('what is created', () => {
  test('is private, parents too, whatever the umask is', async () => {
    const around = await temporaryDirectory();
    const child = new JournalChild(join(around, 'a', 'b', 'journal'));
    await child.ask({ do: 'umask', mask: 0 });
    await child.ask({ do: 'open' });
    const modes = ['a', 'a/b', 'a/b/journal', 'a/b/journal/00000001.log'].map(async (path) => {
      const { mode } = await stat(join(around, path));
      return (mode & 0o777).toString(8);
    });
    expect(await Promise.all(modes)).toEqual(['700', '700', '700', '600']);
    expect(await readdir(join(around, 'a/b/journal'))).toEqual(['00000001.log', 'reserve']);
  });

  test('a log that was put back readable for others becomes private again', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    await withLog(directory);
    await chmod(logOf(directory), 0o644);
    const journal = fileJournal(directory);
    expect((await journal.list('')).records).toHaveLength(1);
    expect((await stat(logOf(directory))).mode & 0o777).toBe(0o600);
    await journal.close();
  });

  test('holds no name of an operation in its file names, and a header in its first line', async () => {
    const directory = join(await temporaryDirectory(), 'journal');
    await withLog(directory);
    expect(await readdir(directory)).toEqual(['00000001.log', 'reserve']);
    expect((await linesOf(directory))[0]).toEqual({
      format: 1,
      generation: 1,
      at: expect.any(Number),
      length: 0,
      data: 0,
      texts: 0,
    });
    expect(await readFile(logOf(directory), 'latin1')).toMatch(/^(\r\n[0-9a-f]{8}\{[^\n]*\}\n)+$/);
  });
});
