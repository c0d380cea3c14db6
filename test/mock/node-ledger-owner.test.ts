import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROUNDS = 60;
const DEAD = JSON.stringify({ pid: process.ppid, started: '1', nonce: 'of a process that is gone' });

let root: string;
let children: readonly ChildProcess[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'onceward-owners-'));
  const program = join(root, 'child.mjs');
  // Each says that it is there, and takes the directory when both are: two processes as near to one moment as they come.
  const source = new URL('../../src/mock/node-ledger-owner.ts', import.meta.url).href;
  await writeFile(
    program,
    `import { takeDirectory } from ${JSON.stringify(source)};
    const turns = new Int32Array(new SharedArrayBuffer(4));
    process.on('message', ({ directory, at }) => {
      while (Date.now() < at) Atomics.wait(turns, 0, 0, 0);
      try {
        takeDirectory(directory);
        process.send('taken');
      } catch (error) {
        process.send(error.message);
      }
    });
    process.send('here');`,
  );
  children = [1, 2].map(() => fork(program, { execArgv: ['--no-warnings'] }));
  await Promise.all(children.map((child) => once(child, 'message')));
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

test('of two processes that take one directory at once one has it, and the other is told why not', async () => {
  const refusals = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const directory = join(root, `ledger-${round}`);
    await mkdir(directory);
    if (round % 2 === 0) await writeFile(join(directory, 'owner.7'), DEAD);
    const at = Date.now() + 3;
    const said = await Promise.all(
      children.map(async (child) => {
        const answer = once(child, 'message');
        child.send({ directory, at });
        return String((await answer)[0]);
      }),
    );
    const [refused] = said.filter((answer) => answer !== 'taken');
    expect(said.filter((answer) => answer === 'taken')).toHaveLength(1);
    expect(refused).toContain(directory);
    refusals.add(refused?.replace(directory, '<directory>').replaceAll(/\d+/g, '<n>').slice(0, 60) ?? '');
    expect(await readdir(directory)).toEqual([round % 2 === 0 ? 'owner.8' : 'owner.1']);
  }
  for (const refused of refusals) expect(refused).toMatch(/in use by process|taken in the same moment/);
});
