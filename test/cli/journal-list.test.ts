import { expect, test } from 'vitest';
import { narrow, readAll, withJournal } from '../../src/cli/journal-entries.ts';
import { anonymous } from '../../src/index.node.ts';
import { onTerminal } from './journal-terminal.ts';
import { HOUR, journalWorld, readArguments } from './journal-world.ts';
import { run } from './run.ts';

/** What stands in the n-th line, the columns apart by one space. */
const line = (text: string, at: number): string => (text.split('\n')[at] ?? '').replaceAll(/ +/g, ' ');

test('a line per operation, the newest last, and how each stands', async () => {
  const world = await journalWorld();
  await world.charge('cart/1', {}, 50 * HOUR);
  await world.doubt(['cart', 'a b'], {}, HOUR);
  await world.charge('declined');
  const { code, stdout, stderr } = await run('journal', 'list', world.directory);
  expect([code, stderr]).toEqual([0, '']);
  expect(line(stdout, 0)).toBe('ID STATUS EFFECT TRIES AGE NEXT');
  expect(line(stdout, 1)).toBe('cart/1 succeeded done 1 2d 201');
  expect(line(stdout, 2)).toBe('cart/a%20b in-doubt possible 1 1h not-repeatable');
  expect(line(stdout, 3)).toMatch(/^declined rejected none 1 \d+s 402$/);
  expect(stdout).toMatch(/^[\x20-\x7e\n]+$/);
  for (const text of stdout.split('\n')) expect(text.length).toBeLessThanOrEqual(80);
});

test('several clients and owners: a part each', async () => {
  const world = await journalWorld();
  await world.charge('cart/1');
  await world.charge('cart/1', { owner: 'bob' });
  await world.charge('cart/1', { owner: 'bob', name: 'other' });
  const { stdout } = await run('journal', 'list', world.directory);
  const titles = stdout.split('\n').filter((text) => text.includes('client'));
  expect(titles).toEqual(['bob (client other)', 'alice (client shop)', 'bob (client shop)']);
});

test('--status, --owner, --client and --since say which ones', async () => {
  const world = await journalWorld();
  await world.charge('a', {}, 2 * HOUR);
  await world.doubt('b', {}, HOUR);
  await world.charge('declined');
  await world.charge('c', { owner: 'bob' });
  const rows: readonly (readonly [options: string, ids: string])[] = [
    ['--status in-doubt', 'b'],
    ['--status in-doubt --status rejected', 'b declined'],
    ['--owner bob', 'c'],
    ['--client shop', 'a b declined c'],
    ['--client nobody', ''],
    ['--since 90m', 'b declined c'],
    ['--since 2200-01-01', ''],
    ['--since 2000-01-01T00:00:00Z --owner alice', 'a b declined'],
  ];
  const { entries } = await withJournal(world.directory, readAll);
  const found = rows.map(([options]) => {
    const { narrowed } = readArguments('list', world.directory, ...options.split(' '));
    const ids = narrow(entries, narrowed).map(({ record }) => record.fixed.id);
    return [options, ids.join(' ')];
  });
  expect(found).toEqual(rows);
  const { stdout } = await run('journal', 'list', world.directory, '--status', 'in-doubt');
  expect(stdout.split('\n').map((text) => text.split(' ')[0])).toEqual(['ID', 'b', '']);
  expect(await run('journal', 'list', world.directory, '--owner', 'nobody')).toEqual({
    code: 0,
    stdout: '',
    stderr: 'No operation of the journal is like that.\n',
  });
});

test('empty: said on stderr, and no failure', async () => {
  const world = await journalWorld();
  const client = world.client();
  await client.ready();
  await client.close();
  expect(await run('journal', 'list', world.directory)).toEqual({
    code: 0,
    stdout: '',
    stderr: 'The journal holds no operation.\n',
  });
});

test('--json: the documented members, and no others', async () => {
  const world = await journalWorld();
  const client = world.client();
  await client.post('charges?secret=1', { once: anonymous, json: { amount: 1 }, meta: { for: 'a screen' } }).outcome();
  await client.close();
  const { stdout } = await run('journal', 'list', world.directory, '--json');
  const [record] = await world.records();
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(JSON.parse(stdout)).toEqual({
    client: 'shop',
    owner: 'alice',
    id: record?.fixed.id,
    status: 'succeeded',
    effect: 'done',
    method: 'POST',
    url: 'https://pay.example/charges',
    keyHint: record?.fixed.key.slice(0, 8),
    round: 1,
    attempts: 1,
    answer: 201,
    source: 'network',
    anonymous: true,
    createdAt: time,
    firstSentAt: time,
    lastSentAt: time,
    lastSeenAt: time,
    finishedAt: time,
    acknowledgedAt: time,
  });
});

test('a name cannot move the cursor, hide a line or turn the writing round', async () => {
  const world = await journalWorld();
  await world.charge('cart\u001b[2Jx\n\u202Ey');
  const { stdout } = await run('journal', 'list', world.directory);
  expect(stdout).toContain('cart\\u{1b}[2Jx\\u{a}\\u{202e}y');
});

test('on a terminal long ids are cut so that a line fits; for a program they are whole', async () => {
  const world = await journalWorld();
  const id = `cart/${'0123456789'.repeat(8)}`;
  await world.doubt(id);
  const { text } = await onTerminal({ columns: 80 }, 'journal', 'list', world.directory);
  const lines = text.split(/\r?\n/);
  expect(lines[1]).toMatch(/^cart\/0123456789.*\.\.\. {2}in-doubt/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect((await run('journal', 'list', world.directory)).stdout).toContain(`${id}  in-doubt`);
});
