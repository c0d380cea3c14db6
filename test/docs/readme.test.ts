import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMock } from '../../src/mock/index.ts';
import { type Listening, listen } from '../../src/mock/node.ts';

const root = join(import.meta.dirname, '../..');
/** Below the package, so that the README's own import paths resolve to it. */
const folder = join(root, 'reports', 'readme');
const mock = createMock();
let server: Listening;
let journal: string;

beforeAll(async () => {
  server = await listen(mock);
  journal = await mkdtemp(join(tmpdir(), 'onceward-readme-'));
  await mkdir(folder, { recursive: true });
});
afterAll(async () => {
  await server.close();
  await rm(journal, { recursive: true });
  await rm(folder, { recursive: true });
});

/** The n-th TypeScript block of the README as a program: its names declared, its addresses replaced by ours. */
async function program(at: number, before: string, after = ''): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const block = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)][at]?.[1];
  if (block === undefined) throw new Error(`README.md has no TypeScript block ${at}`);
  const ours = block
    .replaceAll('https://api.example.com/v1/', `${server.url}/`)
    .replaceAll('/var/lib/my-app/onceward', join(journal, 'onceward'));
  const { code } = await transform(`${before}\n${ours}\n${after}`, { loader: 'ts', format: 'esm', target: 'node22' });
  const file = join(folder, `block-${at}.mjs`);
  await writeFile(file, code);
  return file;
}

const run = promisify(execFile);

test('the first code block runs, and running it again does not pay again', async () => {
  const file = await program(
    0,
    `const session = { userId: 'u1' }; const cart = { id: '8f3' }; const token = async () => 't';
     const show = (text: string) => console.log(text);`,
  );
  const first = await run(process.execPath, [file]);
  const second = await run(process.execPath, [file]);
  expect(first.stdout).toBe('Paid: mock_1\n');
  expect(second.stdout).toBe(first.stdout);
  expect(mock.effects()).toHaveLength(1);
});

test('the block about the mock runs', async () => {
  const file = await program(
    1,
    '',
    `await fetch(server.url + '/charges', { method: 'POST', headers: { 'idempotency-key': 'k' }, signal: AbortSignal.timeout(200) }).catch(() => undefined);
     console.log(mock.effects('POST /charges').length); await server.close();`,
  );
  expect((await run(process.execPath, [file])).stdout).toBe('1\n');
});
