import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gates, type Order, respond } from '../mock/support/behaviour.ts';

/** What a server gets wrong. With none of these it is a careful one, written apart from the mock. */
export interface Flaws {
  /** It looks a key up and writes it down when it has the answer; in between it knows nothing. */
  readonly noLock?: boolean;
  /** It forgets with its process. */
  readonly memoryOnly?: boolean;
  /** It keeps the status and makes the rest anew. */
  readonly statusOnly?: boolean;
  /** It looks keys up without asking whose they are. */
  readonly tenantLess?: boolean;
  /** It keeps that many characters of a key. */
  readonly keyColumn?: number;
}

interface Row {
  readonly request: string;
  readonly since: number;
  /** Absent while it runs. */
  answer?: { readonly status: number; readonly headers: readonly string[]; readonly body: Buffer };
}

/** A small server that speaks the generic profile. */
export interface SmallServer {
  readonly url: string;
  effects(name: string): Promise<number>;
  release(name: string): void;
  advance(ms: number): Promise<void>;
  restart(): Promise<string>;
  close(): Promise<void>;
}

const LIFETIME = 86_400_000;
const LONGEST_KEY = 255;

export async function startServer(flaws: Flaws): Promise<SmallServer> {
  const gates = new Gates();
  const effects = new Map<string, number>();
  const clock = { ahead: 0 };
  let rows = new Map<string, Row>();
  let server = await listening();
  const urlOf = (one: Server): string => `http://127.0.0.1:${(one.address() as AddressInfo).port}`;

  async function listening(): Promise<Server> {
    const one = createServer((request, response) => void serve(request, response));
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    return one;
  }

  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const order = JSON.parse(body) as Order;
    const given = request.headers['idempotency-key'];
    if (typeof given !== 'string') return refuse(response, 400, 'a key is needed');
    if (given.length > LONGEST_KEY && flaws.keyColumn === undefined)
      return refuse(response, 400, 'the key is too long');
    const tenant = flaws.tenantLess === true ? '' : (request.headers.authorization ?? '');
    const name = `${given.slice(0, flaws.keyColumn)} ${tenant}`;
    const now = Date.now() + clock.ahead;
    const row = rows.get(name);
    if (row !== undefined && now < row.since + LIFETIME) {
      if (row.request !== body) {
        return refuse(response, 422, 'the key belongs to another request');
      }
      if (row.answer === undefined) return refuse(response, 409, 'the first request still runs');
      return replay(response, row.answer);
    }
    const taken: Row = { request: body, since: now };
    if (flaws.noLock !== true) rows.set(name, taken);
    effects.set(order.name, (effects.get(order.name) ?? 0) + 1);
    await gates.pass(order);
    const made = respond(order, (id) => ({ id }));
    taken.answer = {
      status: made.status,
      headers: [...made.headers].flat(),
      body: Buffer.from(await made.arrayBuffer()),
    };
    if (made.status < 400) rows.set(name, taken);
    else rows.delete(name);
    response.writeHead(taken.answer.status, [...taken.answer.headers]).end(taken.answer.body);
  }

  function replay(response: ServerResponse, { status, headers, body }: NonNullable<Row['answer']>): void {
    const marked = ['idempotent-replayed', 'true'];
    if (flaws.statusOnly === true) response.writeHead(status, marked).end();
    else response.writeHead(status, [...headers, ...marked]).end(body);
  }

  return {
    url: urlOf(server),
    effects: async (name) => effects.get(name) ?? 0,
    release: (name) => gates.release(name),
    advance: async (ms) => void (clock.ahead += ms),
    async restart() {
      await close();
      if (flaws.memoryOnly === true) rows = new Map();
      server = await listening();
      return urlOf(server);
    },
    close,
  };
}

function refuse(response: ServerResponse, status: number, title: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ title, status }));
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
