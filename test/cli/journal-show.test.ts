import { describe, expect, test } from 'vitest';
import { HOUR, journalWorld } from './journal-world.ts';
import { run } from './run.ts';

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

test('a doubt: what happened in its order, why, and the two commands that end it', async () => {
  const world = await journalWorld();
  await world.doubt('cart/1', {}, 2 * HOUR);
  const { code, stdout } = await run('journal', 'show', world.directory, 'cart/1');
  const key = (await world.record('cart/1')).fixed.key;
  expect(code).toBe(0);
  expect(stdout.replaceAll(TIME, 'TIME').replaceAll(/\(\+\d+ ms\)/g, '(+MS)')).toBe(`cart/1
  status    in-doubt (not-repeatable)
  effect    possible: it may have happened
  owner     alice
  client    shop
  request   POST https://pay.example/charges
  key       ${key.slice(0, 8)}... (whole: --show-key)
  attempts  1

  TIME  claimed: the key is durable
  TIME  first attempt may have left; the age of the key counts from here
  TIME  last attempt left at the latest (1 attempt)  (+MS)
  TIME  last sign of its driver (1 attempt)  (+MS)
  TIME  -- now --  (+2h)

cart/1 is in doubt (not-repeatable): it may have happened, and this API or configuration does not allow asking again. Look it up; if the route honours keys, declare it with profile.with({ routes }). Nothing more will be sent; decide it with operations.resolve().
It happened:
  onceward journal resolve ${world.directory} cart/1 --done
It did not, and the name is to be free again:
  onceward journal resolve ${world.directory} cart/1 --none
`);
  const times = stdout.match(TIME) ?? [];
  expect(times).toEqual(times.toSorted());
});

test('a success: how it ended, and that somebody was told', async () => {
  const world = await journalWorld();
  await world.charge('cart/1', {}, HOUR);
  const { stdout } = await run('journal', 'show', world.directory, 'cart/1');
  expect(stdout).toMatch(/succeeded, HTTP 201, the server's answer.*\n.*somebody was told/);
  expect(stdout).not.toContain('-- now --');
});

test('--show-key prints the whole key, and nothing else does', async () => {
  const world = await journalWorld();
  await world.charge('cart/1');
  const { key } = (await world.record('cart/1')).fixed;
  const shown = (...options: string[]) => run('journal', 'show', world.directory, 'cart/1', ...options);
  expect((await shown()).stdout).not.toContain(key);
  expect((await shown('--json')).stdout).not.toContain(key);
  expect((await shown('--show-key')).stdout).toContain(`key       ${key}\n`);
  expect(JSON.parse((await shown('--show-key', '--json')).stdout)).toMatchObject({ key });
});

test('--json: the members of list, and the timeline', async () => {
  const world = await journalWorld();
  await world.doubt('cart/1', {}, HOUR);
  const listed = JSON.parse((await run('journal', 'list', world.directory, '--json')).stdout) as object;
  const shown = JSON.parse((await run('journal', 'show', world.directory, 'cart/1', '--json')).stdout) as {
    timeline: { event: string }[];
  };
  const { timeline, ...rest } = shown;
  expect(rest).toEqual(listed);
  expect(timeline.map(({ event }) => event)).toEqual(['created', 'dispatched', 'last-sent', 'last-seen']);
});

describe('which one', () => {
  test.each([
    ['as it is stored', 'cart/a%20b'],
    ['its parts, encoded by us', 'cart/a b'],
    ['its parts as JSON', '["cart","a b"]'],
  ])('%s', async (_, id) => {
    const world = await journalWorld();
    await world.charge(['cart', 'a b']);
    expect((await run('journal', 'show', world.directory, id)).stdout).toMatch(/^cart\/a%20b\n/);
  });
  test('as it is stored comes first', async () => {
    const world = await journalWorld();
    await world.charge('cart/a b');
    await world.charge(['cart', 'a b']);
    expect((await run('journal', 'show', world.directory, 'cart/a b')).stdout).toMatch(/^cart\/a b\n/);
  });
  test('several clients or owners have it: all, with the options that tell them apart', async () => {
    const world = await journalWorld();
    await world.doubt('cart/1');
    await world.doubt('cart/1', { owner: 'bob' });
    const { stdout } = await run('journal', 'show', world.directory, 'cart/1');
    expect(stdout).toContain(`${world.directory} cart/1 --owner alice --done`);
    expect(stdout).toContain(`${world.directory} cart/1 --owner bob --done`);
    const narrowed = await run('journal', 'show', world.directory, 'cart/1', '--owner', 'bob');
    expect(narrowed.stdout).not.toContain('alice');
  });
  test('nobody has it', async () => {
    const world = await journalWorld();
    await world.charge('cart/1');
    const { code, stdout, stderr } = await run('journal', 'show', world.directory, 'cart/2');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('no operation of that id is in the journal: cart/2');
  });
});
