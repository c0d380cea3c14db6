import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, median, type Sent, startServer } from './mock-load.ts';

// Other mocks are no dependency of this project: `npm i json-server @stoplight/prism-cli stripe-stateful-mock` in a directory of their own, and
// `npm run bench -- mock-rivals DIRECTORY`.

const JSON_REQUEST: Omit<Sent, 'port'> = {
  path: '/charges',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ amount: 1999, currency: 'eur' }),
};

/** What stripe-stateful-mock takes: it speaks Stripe's own form. */
const STRIPE_REQUEST: Omit<Sent, 'port'> = {
  path: '/v1/charges',
  headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Bearer sk_test_mock' },
  body: 'amount=1999&currency=eur&source=tok_visa',
};

interface Rival {
  readonly name: string;
  readonly entry: string;
  readonly request: Omit<Sent, 'port'>;
  args(files: string, port: number): readonly string[];
}

const RIVALS: readonly Rival[] = [
  {
    name: 'json-server',
    entry: 'lib/cli/bin.js',
    request: JSON_REQUEST,
    args: (files, port) => ['--quiet', '--host', '127.0.0.1', '--port', `${port}`, join(files, 'db.json')],
  },
  {
    name: '@stoplight/prism-cli',
    entry: 'dist/index.js',
    request: JSON_REQUEST,
    args: (files, port) => ['mock', '--host', '127.0.0.1', '--port', `${port}`, join(files, 'openapi.json')],
  },
  { name: 'stripe-stateful-mock', entry: 'dist/cli.js', request: STRIPE_REQUEST, args: () => [] },
];

const OPEN_API = {
  openapi: '3.0.3',
  info: { title: 'charges', version: '1' },
  paths: {
    '/charges': {
      post: {
        requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
        responses: {
          201: { description: 'made', content: { 'application/json': { example: { id: 'ch_1', amount: 1999 } } } },
        },
      },
    },
  },
};

/** Requests a second of our mock against each of the others, in slices that take turns. Prints a line for each. */
export async function againstRivals(directory: string, quick: boolean): Promise<void> {
  const files = mkdtempSync(join(tmpdir(), 'onceward-rivals-'));
  writeFileSync(join(files, 'db.json'), '{"charges":[]}');
  writeFileSync(join(files, 'openapi.json'), JSON.stringify(OPEN_API));
  const ours = await startServer([join(import.meta.dirname, 'mock-child.ts'), 'mock']);
  try {
    for (const rival of RIVALS) {
      const port = await freePort();
      const child = start(rival, directory, files, port);
      try {
        await listening(port);
        const ratio = await compare({ ...rival.request, port: ours.port }, { ...rival.request, port }, quick);
        console.log(`${rival.name} ${versionOf(rival, directory)}: our mock answers ${ratio.toFixed(1)} times as many`);
      } finally {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
    }
  } finally {
    ours.child.stdin?.end();
    rmSync(files, { recursive: true, force: true });
  }
}

async function compare(ours: Sent, theirs: Sent, quick: boolean): Promise<number> {
  const ms = quick ? 100 : 1_000;
  const ratios: number[] = [];
  for (let slice = 0; slice < (quick ? 2 : 6); slice++) {
    const ratio = (await load(ours, ms)) / (await load(theirs, ms));
    // The first one warms up.
    if (slice > 0) ratios.push(ratio);
  }
  return median(ratios);
}

function start(rival: Rival, directory: string, files: string, port: number): ChildProcess {
  const entry = join(directory, 'node_modules', rival.name, rival.entry);
  return spawn(process.execPath, ['--no-warnings', entry, ...rival.args(files, port)], {
    // What they log goes nowhere, and costs them little.
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { ...process.env, PORT: `${port}`, LOG_LEVEL: 'silent', NODE_ENV: 'production' },
  });
}

function versionOf({ name }: Rival, directory: string): string {
  const text = readFileSync(join(directory, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** @throws Error where nobody listens after a minute */
async function listening(port: number): Promise<void> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (reached) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Nobody listens on port ${port}.`);
}
