import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { serve } from './child.ts';
import {
  ANSWER,
  type ClientContender,
  type ClientName,
  clientContenders,
  onceClient,
  stubFetch,
} from './client-contenders.ts';
import { forgettingJournal } from './forgetting-journal.ts';
import { quantile } from './statistics.ts';

/** One batch of calls of one contender. */
export interface Batch {
  readonly cpuUs: number;
  readonly wallUs: number;
}

export interface BatchInput {
  readonly name: ClientName;
  readonly calls: number;
  readonly callers: number;
}

let contenders: readonly ClientContender[] = [];

serve({
  /** The contenders in this process; without `url` over a stub instead of a network. */
  prepare(url: string | undefined): ClientName[] {
    contenders =
      url === undefined ? clientContenders('https://api.example/v1/charges', stubFetch) : clientContenders(url);
    return contenders.map(({ name }) => name);
  },
  batch,
  /** A server that answers at once. */
  async listen(): Promise<string> {
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(201, { 'content-type': 'application/json' }).end(ANSWER);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/charges`;
  },
  retained,
});

async function batch({ name, calls, callers }: BatchInput): Promise<Batch> {
  const send = contenders.find((contender) => contender.name === name)?.send;
  if (send === undefined) throw new Error(`no contender ${name}`);
  let left = calls;
  const cpu = process.cpuUsage();
  const started = performance.now();
  const caller = async () => {
    while (left-- > 0) await send();
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const used = process.cpuUsage(cpu);
  return { cpuUs: (used.user + used.system) / calls, wallUs: ((performance.now() - started) * 1000) / calls };
}

/** Bytes a finished operation leaves behind in the client itself: the journal under it forgets what was delivered. */
async function retained(operations: number): Promise<number> {
  const client = onceClient(forgettingJournal(), stubFetch);
  let calls = 0;
  const run = async (count: number) => {
    const end = calls + count;
    const caller = async () => {
      while (calls < end)
        await client.post('https://api.example/v1/charges', { once: ['cart', ++calls], json: 1 }).json();
    };
    await Promise.all(Array.from({ length: 16 }, caller));
    await client.idle();
    return heap();
  };
  // Caches, pools and compiled code come first; and the platform's list of requests with a signal, which grows with the longest stretch without a
  // turn of the event loop (a stub never has one) and does not shrink: only after as many does the same number again show what each leaves.
  const before = await run(operations);
  const after = await run(operations);
  await client.close();
  return (after - before) / operations;
}

async function heap(): Promise<number> {
  const seen: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    globalThis.gc?.();
    seen.push(process.memoryUsage().heapUsed);
  }
  return quantile(seen, 0);
}
