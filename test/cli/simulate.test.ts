import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from './run.ts';

test('a campaign, one with a mistake in it, the plan that it leaves, and one that goes on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'onceward-simulate-test-'));
  const progress = join(directory, 'progress.json');
  try {
    const fine = await run('simulate', '--worlds', '2', '--resume', progress);
    expect(fine).toMatchObject({ code: 0, stderr: '' });
    expect(fine.stdout).toMatch(/\| worlds \| \d+ \|/);
    const first = JSON.parse(await readFile(progress, 'utf8')) as { tally: { worlds: number } };
    await run('simulate', '--worlds', '4', '--resume', progress);
    const second = JSON.parse(await readFile(progress, 'utf8')) as { tally: { worlds: number } };
    expect(second.tally.worlds).toBe(first.tally.worlds + 2);

    const broken = await run('simulate', '--mutant', 'tells-before-it-is-stored', '--save', directory);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(/^I11: c0 was reported as/);
    const [file = ''] = (await readdir(directory)).filter((name) => name.startsWith('onceward-plan-I11-'));
    const again = await run('simulate', '--plan', join(directory, file), '--mutant', 'tells-before-it-is-stored');
    expect(again).toMatchObject({ code: 1, stdout: expect.stringContaining('sequenceDiagram') });
    expect((await run('simulate', '--plan', join(directory, file))).code).toBe(0);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);

test.each([
  [['--worlds', 'many'], '--worlds is a whole number'],
  [['--mutant', 'none'], "There is no mutant 'none'; there are claims-unflushed,"],
  [['--plan', 'package.json'], 'package.json holds no plan of this version'],
  [['--nonsense'], "Unknown option '--nonsense'"],
])('%j cannot be run', async (argv, why) => {
  const { code, stderr } = await run('simulate', ...argv);
  expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
});
