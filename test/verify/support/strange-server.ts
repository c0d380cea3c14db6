import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { type VerifyOptions, type VerifyReport, type VerifyResult, verify } from '../../../src/verify/index.ts';
import { LIMITS } from './mock-server.ts';

/** One request, read to its end. */
export interface Asked {
  readonly key: string;
  readonly body: string;
  readonly request: IncomingMessage;
}

export type Answers = (asked: Asked, response: ServerResponse) => void;

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Listens until the test is over. @returns where */
export async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function served(answers: Answers): Promise<string> {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    answers({ key: keyOf(request), body: await bodyOf(request), request }, response);
  };
  // Whoever hangs up half way has sent nothing.
  return listening((request, response) => void serve(request, response).catch(() => undefined));
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

export function keyOf(request: IncomingMessage): string {
  return String(request.headers['idempotency-key'] ?? '');
}

export function look(
  url: string,
  only: readonly string[],
  options: Partial<VerifyOptions> = {},
): Promise<VerifyReport> {
  const request = (n: string) => ({ path: '/charges', json: { reference: n, amount: 1 } });
  const limits = { ...LIMITS, patience: 300, probe: 100 };
  return verify({ url, request, only, repeat: 1, soak: 3, limits, ...options });
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Replays by key, whatever is sent with it. */
export function byKey(make: () => unknown = () => ({ id: crypto.randomUUID() })): Answers {
  const stored = new Map<string, unknown>();
  return ({ key }, response) => {
    if (!stored.has(key)) stored.set(key, make());
    json(response, 201, stored.get(key));
  };
}

export function only(report: VerifyReport, id: string): VerifyResult | undefined {
  return report.cases.find((one) => one.id === id);
}
