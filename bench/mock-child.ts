import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMock } from '../src/mock/create-mock.ts';
import { listen } from '../src/mock/node.ts';

// One server as a process of its own: `mock`, or `bare`, the least that node:http, JSON and a Map can do for a repeat. Says its port, ends with stdin.

const port = process.argv[2] === 'mock' ? await ours() : await bare();
process.stdout.write(`${port}\n`);
process.stdin.on('end', () => process.exit()).resume();

async function ours(): Promise<string> {
  const mock = createMock({
    routes: {
      'POST /charges': ({ json }) => Response.json({ charged: json }, { status: 201 }),
      'POST /v1/charges': ({ json }) => Response.json({ charged: json }, { status: 201 }),
    },
  });
  return new URL((await listen(mock)).url).port;
}

async function bare(): Promise<number> {
  const stored = new Map<string, string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const key = String(request.headers['idempotency-key']);
      const charged: unknown = JSON.parse(Buffer.concat(chunks).toString());
      const body = stored.get(key) ?? JSON.stringify({ charged });
      stored.set(key, body);
      response.writeHead(201, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
