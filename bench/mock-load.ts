import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';

/** How many requests are under way at a time. */
const CALLERS = 32;

/** What is sent, again and again, each time under a new key. */
export interface Sent {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A server as a process of its own. */
export interface ServerProcess {
  readonly child: ChildProcess;
  readonly port: number;
}

let sent = 0;

/** How many requests are answered in that time. A status of 400 or more ends the run: what refuses is quick. */
export async function load(what: Sent, ms: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  const end = performance.now() + ms;
  let answered = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      sent += 1;
      await post(what, agent, `key-${process.pid}-${sent}`);
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  agent.destroy();
  return answered;
}

function post({ port, path, headers, body }: Sent, agent: Agent, key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const all = { ...headers, 'content-length': Buffer.byteLength(body), 'idempotency-key': key };
    request({ port, agent, method: 'POST', path, headers: all }, (response) => {
      const { statusCode = 0 } = response;
      if (statusCode >= 400) reject(new Error(`${path} on port ${port} answered ${statusCode}`));
      response.on('end', resolve).resume();
    })
      .on('error', reject)
      .end(body);
  });
}

/** Starts a program of Node that says its port on its first line. */
export async function startServer(args: readonly string[]): Promise<ServerProcess> {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  if (child.stdout === null) throw new Error('The server has no pipe.');
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, port: Number(said.toString()) };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
