import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
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
  /** It keeps errors of its own under the key, too. */
  readonly storesServerErrors?: boolean;
  /** It looks a key up, and writes it down a moment later. */
  readonly looksThenInserts?: boolean;
  /** It keeps answers by the key alone, whoever asked. */
  readonly sharedAnswers?: boolean;
}

interface Row {
  readonly request: string;
  readonly since: number;
  /** Absent while it runs. */
  answer?: { readonly status: number; readonly headers: readonly string[]; readonly body: Buffer };
}

/** An execution under way. */
interface Run {
  readonly order: string;
  readonly name: string;
  readonly row: Row;
  /** Its process died. */
  dead: boolean;
}

/** A small server that speaks the generic profile at `POST /charges`. */
export interface SmallServer {
  readonly url: string;
  effects(name: string): Promise<number>;
  release(name: string): void;
  advance(ms: number): Promise<void>;
  /** Ends it and starts it again at the same address. */
  restart(): Promise<string>;
  /** The same in the middle of things: what ran is taken back, as a transaction is. */
  crash(): Promise<void>;
  /** Every execution for that order takes so much longer. */
  slow(name: string, ms: number): Promise<void>;
  /** The next execution for that order does nothing and gives this status. */
  fail(name: string, status: number): Promise<void>;
  close(): Promise<void>;
}

const PATH = '/charges';
const LIFETIME = 86_400_000;
const LONGEST_KEY = 255;
const KEY = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

export async function startServer(flaws: Flaws): Promise<SmallServer> {
  const server = new Books(flaws);
  await server.open();
  return server;
}

class Books implements SmallServer {
  readonly #flaws: Flaws;
  readonly #gates = new Gates();
  readonly #effects = new Map<string, number>();
  readonly #slow = new Map<string, number>();
  readonly #failing = new Map<string, number>();
  readonly #running = new Set<Run>();
  /** By the key alone: for the flaw. */
  readonly #answers = new Map<string, NonNullable<Row['answer']>>();
  #rows = new Map<string, Row>();
  #ahead = 0;
  #port = 0;
  #server: Server | undefined;

  constructor(flaws: Flaws) {
    this.#flaws = flaws;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    this.#server?.closeAllConnections();
    await closed;
  }

  async restart(): Promise<string> {
    await this.close();
    if (this.#flaws.memoryOnly === true) this.#rows = new Map();
    await this.open();
    return this.url;
  }

  async crash(): Promise<void> {
    for (const run of this.#running) {
      run.dead = true;
      if (this.#rows.get(run.name) === run.row) this.#rows.delete(run.name);
      this.#count(run.order, -1);
    }
    this.#running.clear();
    await this.restart();
  }

  async effects(name: string): Promise<number> {
    return this.#effects.get(name) ?? 0;
  }

  release(name: string): void {
    this.#gates.release(name);
  }

  async advance(ms: number): Promise<void> {
    this.#ahead += ms;
  }

  async slow(name: string, ms: number): Promise<void> {
    this.#slow.set(name, ms);
  }

  async fail(name: string, status: number): Promise<void> {
    this.#failing.set(name, status);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that kept a connection would find it dead after a restart.
    response.shouldKeepAlive = false;
    // Whoever hangs up half way has sent nothing.
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    if (request.method !== 'POST' || request.url?.split('?')[0] !== PATH) return refuse(response, 404, 'not here');
    const given = request.headers['idempotency-key'];
    if (typeof given !== 'string' || !KEY.test(given)) return refuse(response, 400, 'a key is needed');
    if (given.length > LONGEST_KEY && this.#flaws.keyColumn === undefined) {
      return refuse(response, 400, 'the key is too long');
    }
    const key = given.slice(0, this.#flaws.keyColumn);
    const name = `${key} ${this.#flaws.tenantLess === true ? '' : (request.headers.authorization ?? '')}`;
    const row = this.#rows.get(name);
    if (this.#flaws.looksThenInserts === true) await new Promise((resolve) => setImmediate(resolve));
    const wanted = `${request.url} ${body}`;
    const now = Date.now() + this.#ahead;
    if (row === undefined || now >= row.since + LIFETIME) {
      const taken: Row = { request: wanted, since: now };
      return this.#run(response, JSON.parse(body) as Order, { name, key, taken });
    }
    if (row.request !== wanted) return refuse(response, 422, 'the key belongs to another request');
    if (row.answer === undefined) return refuse(response, 409, 'the first request still runs');
    this.#replay(response, this.#answers.get(key) ?? row.answer);
  }

  async #run(
    response: ServerResponse,
    order: Order,
    { name, key, taken }: { readonly name: string; readonly key: string; readonly taken: Row },
  ): Promise<void> {
    const status = this.#failing.get(order.name) ?? order.status;
    const run: Run = { order: order.name, name, row: taken, dead: false };
    if (this.#flaws.noLock !== true) this.#rows.set(name, taken);
    if (!this.#failing.delete(order.name)) {
      this.#count(order.name, 1);
      this.#running.add(run);
    }
    // As anything takes a moment that leaves the process.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#gates.pass(order);
    const late = this.#slow.get(order.name);
    if (late !== undefined) await sleep(late);
    const made = respond({ ...order, ...(status !== undefined && { status }) }, (id) => ({ id }));
    const body = Buffer.from(await made.arrayBuffer());
    this.#running.delete(run);
    if (run.dead) return;
    taken.answer = { status: made.status, headers: [...made.headers].flat(), body };
    if (this.#flaws.sharedAnswers === true) this.#answers.set(key, taken.answer);
    const keeps = made.status < 400 || (made.status >= 500 && this.#flaws.storesServerErrors === true);
    if (keeps) this.#rows.set(name, taken);
    else this.#rows.delete(name);
    response.writeHead(taken.answer.status, [...taken.answer.headers]).end(taken.answer.body);
  }

  #replay(response: ServerResponse, { status, headers, body }: NonNullable<Row['answer']>): void {
    const marked = ['idempotent-replayed', 'true'];
    if (this.#flaws.statusOnly === true) response.writeHead(status, marked).end();
    else response.writeHead(status, [...headers, ...marked]).end(body);
  }

  #count(order: string, by: number): void {
    this.#effects.set(order, (this.#effects.get(order) ?? 0) + by);
  }
}

function refuse(response: ServerResponse, status: number, title: string): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ title, status }));
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
