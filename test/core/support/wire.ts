import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AttemptInput, type AttemptResult, attempt } from '../../../src/core/attempt.ts';
import type { Clock } from '../../../src/core/ports.ts';
import { TimeLimits } from '../../../src/core/time-limits.ts';

/** A server that hears bytes and says bytes: nothing between a test and the wire. */
export interface RawServer {
  readonly url: string;
  /** Whole requests received, head and body, Latin-1. */
  readonly requests: readonly string[];
  readonly connections: number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Calls `answer` for every whole request. Bodies must come with a content length. */
export async function rawServer(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      const end = heard.indexOf('\r\n\r\n');
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(heard)?.[1] ?? 0);
      if (end < 0 || heard.length < end + 4 + length) return;
      const request = heard.slice(0, end + 4 + length);
      heard = heard.slice(request.length);
      requests.push(request);
      answer(socket, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An answer that says it closes the connection, as written. */
export function http(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array = '',
): Buffer {
  const head = Object.entries({ connection: 'close', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Status\r\n${head.join('')}\r\n`), Buffer.from(body)]);
}

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};

/** What an attempt did beside its result. */
export interface Tried {
  readonly result: AttemptResult;
  readonly sent: number;
  readonly ms: number;
}

export async function tryOnce(url: string, given: Partial<AttemptInput> = {}): Promise<Tried> {
  let sent = 0;
  const since = performance.now();
  const result = await attempt({
    request: {
      method: 'POST',
      url: `${url}/charges`,
      headers: [['content-type', 'application/json']],
      body: new TextEncoder().encode('{"a":1}'),
    },
    keyHeaders: [['Idempotency-Key', 'key-1']],
    credentialHeaders: [],
    credentials: 'same-origin',
    send: (input, init) => globalThis.fetch(input, init),
    limits: new TimeLimits(realClock),
    attemptTimeout: 5_000,
    stop: new AbortController().signal,
    gate: () => undefined,
    sent: () => {
      sent += 1;
    },
    ...given,
  });
  return { result, sent, ms: performance.now() - since };
}
