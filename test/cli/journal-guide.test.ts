import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { HOUR, type JournalWorld, journalWorld } from './journal-world.ts';
import { type Ended, run } from './run.ts';

const PAGE = join(import.meta.dirname, '../../docs/guides/support.md');
const DIRECTORY = '/var/lib/my-app/onceward';

let page: string;
beforeAll(async () => {
  page = await readFile(PAGE, 'utf8');
});

const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);

/** The journal that the guide speaks of. */
async function asInTheGuide(): Promise<JournalWorld> {
  const world = await journalWorld();
  await world.charge('cart/7c1', {}, 50 * HOUR);
  for (const id of ['8f3', '9a4', 'a02']) await world.doubt(['cart', id], {}, 2 * HOUR);
  return world;
}

/** Runs a command of the guide on our journal. There is no terminal here to ask on. */
function follow(world: JournalWorld, command: string): Promise<Ended> {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const argv = words.slice(1).map((word) => (word === DIRECTORY ? world.directory : word));
  return run(...argv, ...(/ (?:resolve|discard) /.test(command) ? ['--yes'] : []));
}

test('every command of the guide does what it says, one after the other', async () => {
  const world = await asInTheGuide();
  const commands = blocks('sh').flatMap((block) => block.trim().split('\n'));
  expect(new Set(commands.map((command) => command.split(' ')[2]))).toEqual(
    new Set(['list', 'show', 'resolve', 'discard', 'doctor', 'export', 'prune']),
  );
  for (const command of commands) {
    const { code, stderr } = await follow(world, command);
    expect([command, code, stderr]).toEqual([command, 0, '']);
  }
  const ended = (await world.records()).map(({ fixed, state }) => [fixed.id, state.state, state.effect ?? 'done']);
  expect(ended.toSorted()).toEqual([
    ['cart/7c1', 'succeeded', 'done'],
    ['cart/8f3', 'succeeded', 'done'],
    ['cart/9a4', 'discarded', 'none'],
    ['cart/a02', 'discarded', 'possible'],
  ]);
});

test('what it prints is what the guide shows', async () => {
  const world = await asInTheGuide();
  const [list, show] = blocks('text');
  const same = (text: string): string =>
    text
      .replaceAll(/\d{4}-\d\d-\d\dT\S+Z/g, 'TIME')
      .replaceAll(/\+\d+ ms/g, 'MS')
      .replaceAll(/[0-9a-f]{8}\.\.\./g, 'KEY');
  expect((await follow(world, `onceward journal list ${DIRECTORY}`)).stdout).toBe(list);
  const shown = (await follow(world, `onceward journal show ${DIRECTORY} cart/8f3`)).stdout;
  expect(same(shown).startsWith(same(show ?? '-'))).toBe(true);
});

test('the members of --json are those in the table', async () => {
  const source = await readFile(join(import.meta.dirname, '../../src/cli/journal-view.ts'), 'utf8');
  const [, members = ''] = /export interface OperationView \{([\s\S]*?)\n\}/.exec(source) ?? [];
  const declared = [...members.matchAll(/^ {2}readonly (\w+)/gm)].map(([, name]) => name);
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const told = rows.flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
  // Only with --show-key.
  expect(told.filter((name) => name !== 'key').toSorted()).toEqual(declared.toSorted());
});
