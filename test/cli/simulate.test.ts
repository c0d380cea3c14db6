import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { simulateArguments } from '../../src/cli/simulate-options.ts';
import { readPlan } from '../../src/cli/simulate-plans.ts';
import { newTally } from '../../src/testing/simulate/campaign.ts';
import { rarePlans } from '../../src/testing/simulate/rare.ts';
import { run } from './run.ts';

test('a campaign, one with a mistake in it, the plan that it leaves, and one that goes on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'onceward-simulate-test-'));
  const progress = join(directory, 'progress.json');
  try {
    // As if it had been put aside behind the worlds that come first.
    const rare = [...rarePlans()].length;
    await writeFile(progress, JSON.stringify({ tally: { ...newTally(), worlds: rare }, cpuSeconds: 1 }));
    const fine = await run('simulate', '--worlds', '2', '--resume', progress);
    expect(fine).toMatchObject({ code: 0, stderr: '' });
    expect(fine.stdout).toContain(`| worlds | ${rare + 3} |`);
    const { tally } = JSON.parse(await readFile(progress, 'utf8')) as { tally: { worlds: number; operations: number } };
    expect(tally.worlds).toBe(rare + 3);
    expect(tally.operations).toBeLessThan(20);

    const broken = await run('simulate', '--mutant', 'tells-before-it-is-stored', '--save', directory);
    expect(broken.code).toBe(1);
    expect(broken.stdout).toMatch(/^I11: c0 was reported as/);
    const [file = ''] = (await readdir(directory)).filter((name) => name.startsWith('onceward-plan-I11-'));
    const again = await run('simulate', '--plan', join(directory, file), '--mutant', 'tells-before-it-is-stored');
    expect(again).toMatchObject({ code: 1, stdout: expect.stringContaining('sequenceDiagram') });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);

test.each([
  [['--worlds', 'many'], '--worlds is a whole number'],
  [['--mutant', 'none'], "There is no mutant 'none'; there are claims-unflushed,"],
  [['--nonsense'], "Unknown option '--nonsense'"],
])('%j cannot be run', (argv, why) => {
  expect(() => simulateArguments(argv)).toThrow(why);
});

test('what is no plan is said to be none', () => {
  expect(() => readPlan('package.json')).toThrow('package.json holds no plan of this version');
});
