import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { journalWorld } from './journal-world.ts';
import { run } from './run.ts';

const APP = fileURLToPath(new URL('./journal-app.mjs', import.meta.url));

/** An application in another process, whose server answers nothing until it is told to. */
function application(directory: string): {
  readonly process: ChildProcess;
  tell(command: object): void;
  line(): Promise<object>;
} {
  const child = spawn(process.execPath, [APP, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    tell: (command) => void child.stdin.write(`${JSON.stringify(command)}\n`),
    line: async () => JSON.parse((await lines.next()).value ?? 'null') as object,
  };
}

test('while an application drives: looked at from outside, and it notices nothing', async () => {
  const world = await journalWorld();
  const app = application(world.directory);
  app.tell({ do: 'charge', once: 'cart/1' });
  expect(await app.line()).toEqual({ sent: 1 });
  const before = await world.record('cart/1');
  const listed = JSON.parse((await run('journal', 'list', world.directory, '--json')).stdout) as object;
  expect(listed).toMatchObject({ status: 'pending', waiting: 'sending', driver: 'alive', pid: app.process.pid });
  const shown = await run('journal', 'show', world.directory, 'cart/1');
  expect(shown.stdout).toContain(`driver    pid ${app.process.pid}, alive\n`);
  expect((await run('journal', 'doctor', world.directory)).code).toBe(0);
  expect((await run('journal', 'prune', world.directory, '--response', '0s', '--record', '0s')).code).toBe(0);
  expect(JSON.parse((await run('journal', 'export', world.directory)).stdout)).toMatchObject({
    operations: [{ status: 'pending', driver: 'alive' }],
  });
  expect(await world.record('cart/1')).toEqual(before);
  app.tell({ do: 'answer' });
  expect(await app.line()).toEqual({ outcome: { status: 'succeeded', effect: 'done', sends: 1 } });
});

test('discarded from outside while the request is under way: what the server answers is still learned', async () => {
  const world = await journalWorld();
  const app = application(world.directory);
  app.tell({ do: 'charge', once: 'cart/1' });
  await app.line();
  const options = ['--even-if-possibly-sent', '--yes'];
  expect((await run('journal', 'discard', world.directory, 'cart/1', ...options)).code).toBe(0);
  app.tell({ do: 'answer' });
  expect(await app.line()).toMatchObject({ outcome: { effect: 'done', sends: 1 } });
  expect((await world.record('cart/1')).state.state).toBe('succeeded');
});

test('after the application was killed: nobody drives, and what to do about it', async () => {
  const world = await journalWorld();
  const app = application(world.directory);
  app.tell({ do: 'charge', once: 'cart/1' });
  await app.line();
  app.process.kill('SIGKILL');
  await expect
    .poll(async () => (await run('journal', 'show', world.directory, 'cart/1')).stdout, { timeout: 10_000 })
    .toContain('gone: it has ended');
  const { stdout } = await run('journal', 'show', world.directory, 'cart/1');
  expect(stdout).toContain('operations.resume()');
  const checks = await run('journal', 'doctor', world.directory);
  expect([checks.code, checks.stdout]).toEqual([0, expect.stringMatching(/^warn +drivers .*1 are due/m)]);
});
