import { describe, expect, test } from 'vitest';
import { journalArguments } from '../../src/cli/journal-options.ts';
import { DEFAULT_RETENTION } from '../../src/core/retention.ts';
import { readArguments } from './journal-world.ts';
import { run } from './run.ts';

const NOW = Date.UTC(2026, 10, 24);
const read = (line: string) => journalArguments(line.split(' ').filter(Boolean), NOW);

describe('what cannot be meant is refused, with what there is', () => {
  test.each([
    ['', 'An action is missing.'],
    ['look /j', "There is no action 'look'. There are list, show, doctor, export, resolve, discard, prune."],
    ['constructor /j', "There is no action 'constructor'"],
    ['list', 'The journal directory is missing.'],
    ['list /j cart/1', "journal list does not know what 'cart/1' is."],
    ['show /j', 'journal show needs the id of an operation.'],
    ['show /j a b', "journal show does not know what 'b' is."],
    ['list /j --yes', 'journal list has no option --yes.'],
    ['doctor /j --owner bob', 'journal doctor has no option --owner.'],
    ['discard /j a --done', 'journal discard has no option --done.'],
    ['resolve /j a', 'journal resolve needs --done (it happened) or --none'],
    ['resolve /j a --done --none', 'journal resolve needs --done (it happened) or --none'],
    ['list /j --status done', '--status is one of pending, succeeded'],
    ['list /j --since yesterday', '--since is how long ago'],
    ['list /j --since 2026-13-01', '--since is how long ago'],
    ['list /j --since 1000', '--since is how long ago'],
    ['prune /j --response 1000', '--response is a time with its unit'],
    ['prune /j --record 500d', '--record must be milliseconds or a text'],
    ['list /j --colour', "Unknown option '--colour'"],
  ])('%s', (line, message) => {
    expect(() => read(line)).toThrow(message);
  });
});

test('defaults', () => {
  const given = readArguments('prune', '/j');
  expect(given).toMatchObject({ retention: DEFAULT_RETENTION, attemptTimeout: 30_000, yes: false, json: false });
});

test('times', () => {
  const since = (text: string) => (read(`list /j --since ${text}`) as { narrowed: { since: number } }).narrowed.since;
  expect([since('2h'), since('2026-11-01')]).toEqual([NOW - 7_200_000, Date.UTC(2026, 10, 1)]);
  expect(readArguments('prune', '/j', '--response', '1h', '--record', '30d').retention).toEqual({
    response: 3_600_000,
    record: 30 * 86_400_000,
  });
});

test('the command says it on stderr, and ends with 2; help is no failure', async () => {
  expect(await run('journal', 'resolve', '/j', 'a')).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining("Try 'onceward journal --help'."),
  });
  const help = await run('journal', '--help');
  expect([help.code, help.stderr]).toEqual([0, '']);
  for (const line of help.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect((await run('journal', '--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await run('--help')).stdout).toContain('  journal   look into a journal directory');
});
