import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

// Does what the examples' READMEs say, as a reader would, and looks whether it comes out as they say. The checkout in a browser is test/page's.

const root = join(import.meta.dirname, '..');
const LIMIT = 60_000;
const children = new Set<ChildProcess>();
const scratch = await mkdtemp(join(tmpdir(), 'onceward-examples-'));
const late = setTimeout(() => fail(`not done within ${LIMIT / 1000} s`), LIMIT);

try {
  await crashResume();
  await checkout();
} finally {
  clearTimeout(late);
  for (const child of children) child.kill('SIGKILL');
  await rm(scratch, { recursive: true, force: true });
}

async function crashResume(): Promise<void> {
  const server = await listening(['dist/cli/onceward.js', 'mock', '--port', '0', '--fault', 'lose-response']);
  const pay = (): ChildProcess => start(['examples/crash-resume/main.mjs', 'order-1001', server]);
  const ledger = async (): Promise<unknown> => {
    const rows = (await (await fetch(`${server}/__onceward/ledger`)).json()) as { hits: number; effects: number }[];
    return rows.map(({ hits, effects }) => ({ hits, effects }));
  };
  const first = pay();
  while (!same(await ledger(), [{ hits: 1, effects: 1 }])) await sleep(20);
  first.kill('SIGKILL');
  await once(first, 'exit');
  const second = await ended(pay());
  expect(second, { code: 0, lines: ['From an earlier run: order/order-1001, pending', /^Paid: order-1001, \S+$/] });
  const third = await ended(pay());
  expect(third, { code: 0, lines: [/^Paid: order-1001, \S+$/] });
  if (!same(await ledger(), [{ hits: 2, effects: 1 }])) fail(`the ledger reads ${JSON.stringify(await ledger())}`);
  console.log('crash-resume: killed once, asked twice, charged once; the third run asked nobody');
}

async function checkout(): Promise<void> {
  const server = await listening(['examples/checkout/serve.mjs', '--port', '0']);
  const page = await fetch(server);
  const html = await page.text();
  if (page.status !== 200 || !html.includes('<button')) fail(`the page answers ${page.status}: ${html.slice(0, 80)}`);
  const files = [...html.matchAll(/(?:src|href)="([^":#]+)"/g)].map(([, path]) => path ?? '');
  for (const path of files) {
    const { status } = await fetch(new URL(path, server));
    if (status !== 200) fail(`${path} of the page answers ${status}`);
  }
  console.log(`checkout: serves its page and ${files.length} files`);
}

function start(argv: readonly string[]): ChildProcess {
  const env = { ...process.env, JOURNAL: join(scratch, 'journal') };
  const child = spawn(process.execPath, argv, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** The address in the first line it prints. */
async function listening(argv: readonly string[]): Promise<string> {
  const child = start(argv);
  for await (const line of createInterface({ input: child.stdout ?? process.stdin })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) {
      child.stdout?.resume();
      return url;
    }
  }
  return fail(`${argv.join(' ')} did not say where it listens`);
}

interface Ended {
  readonly code: number | null;
  readonly lines: readonly (string | RegExp)[];
}

async function ended(child: ChildProcess): Promise<Ended> {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, lines: text.trim().split('\n') };
}

function expect(found: Ended, wanted: Ended): void {
  const fits = wanted.lines.every((line, at) => {
    const read = String(found.lines[at]);
    return typeof line === 'string' ? read === line : line.test(read);
  });
  if (!fits || found.code !== wanted.code || found.lines.length !== wanted.lines.length) {
    fail(
      `exit status ${found.code} and\n${found.lines.join('\n')}\ninstead of ${wanted.code} and\n${wanted.lines.join('\n')}`,
    );
  }
}

function same(found: unknown, wanted: unknown): boolean {
  return JSON.stringify(found) === JSON.stringify(wanted);
}

function fail(message: string): never {
  console.error(`examples: ${message}`);
  for (const child of children) child.kill('SIGKILL');
  process.exit(1);
}
