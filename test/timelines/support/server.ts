import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the server saw it: after its last byte. */
export interface Arrival {
  /** From 1, over all requests. */
  readonly number: number;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly key: string | undefined;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What is sent back. A body that is neither text nor bytes goes out as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What becomes of one request. */
export interface Step {
  /** Whether the charge is made, once for each key, and its answer stored. @default true */
  readonly effect?: boolean;
  /** The answer: `reset` a TCP RST before the status line, `silence` none, `half` headers and half the body, then a reset.
   *  @default the stored one: 201 and what was charged; with `effect: false` an empty 200 */
  readonly answer?: Reply | 'reset' | 'silence' | 'half';
}

/** A step, or how it is found: a promise holds the request until it settles. */
export type Scripted = Step | ((arrival: Arrival) => Step | Promise<Step>);

/** One charge that was made. */
export interface Charge {
  readonly key: string | undefined;
  readonly scope: string;
  readonly body: string;
}

export interface ServerOptions {
  /** What a key belongs to: the same key in two scopes is two keys. @default all one */
  readonly scope?: (arrival: Arrival) => string;
  /** false: every request is charged, as by a server that does not know the header. @default true */
  readonly honoursKeys?: boolean;
}

/** A server of which every answer can be scripted, and that records what came in. */
export interface ScriptedServer {
  readonly url: string;
  /** What the next requests meet, in order. Those beyond are charged and answered. */
  script(...steps: readonly Scripted[]): void;
  /** What every further request meets. */
  always(step: Scripted): void;
  readonly arrivals: readonly Arrival[];
  readonly charges: readonly Charge[];
  /** The keys that came in, in order, repeats included. */
  keys(): readonly (string | undefined)[];
  /** Forgets every key and its answer, as a server does at the end of their lifetime. */
  forgetKeys(): void;
  /** Refuses connections until told to listen again, at the same address; those that are open go on. */
  stopListening(): void;
  listenAgain(): Promise<void>;
  close(): Promise<void>;
}

/** Time for half a body to reach the peer: a reset overtakes what is still on its way. */
const BEFORE_CUT = 20;

export async function startServer(options: ServerOptions = {}): Promise<ScriptedServer> {
  const { scope = () => 'one', honoursKeys = true } = options;
  const arrivals: Arrival[] = [];
  const charges: Charge[] = [];
  const stored = new Map<string, Reply>();
  let steps: readonly Scripted[] = [];
  let further: Scripted = {};

  const take = (): Scripted => {
    const [first = further, ...rest] = steps;
    steps = rest;
    return first;
  };
  /** What an idempotent server does: the charge and its answer, or the stored answer. */
  const charge = (arrival: Arrival): Reply => {
    const place = `${scope(arrival)} ${arrival.key}`;
    const known = honoursKeys && arrival.key !== undefined ? stored.get(place) : undefined;
    if (known) return { ...known, headers: { ...known.headers, 'idempotent-replayed': 'true' } };
    charges.push({ key: arrival.key, scope: scope(arrival), body: arrival.body });
    const reply = { status: 201, body: { charge: charges.length } };
    stored.set(place, reply);
    return reply;
  };
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const arrival = await read(incoming, arrivals.length + 1);
    arrivals.push(arrival);
    const scripted = take();
    const step = typeof scripted === 'function' ? await scripted(arrival) : scripted;
    const own = step.effect === false ? { status: 200 } : charge(arrival);
    send(incoming, outgoing, step.answer ?? own, own);
  };
  const server = createServer((incoming, outgoing) => {
    // A peer that hung up in the middle of its request never arrived.
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => {
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    script: (...next) => {
      steps = next;
    },
    always: (step) => {
      further = step;
    },
    arrivals,
    charges,
    keys: () => arrivals.map(({ key }) => key),
    forgetKeys: () => stored.clear(),
    stopListening: () => server.close(),
    listenAgain: () => listen(port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(incoming: IncomingMessage, number: number): Promise<Arrival> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  return {
    number,
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    key: headers['idempotency-key'],
    body: Buffer.concat(chunks).toString(),
    headers,
  };
}

function send(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: NonNullable<Step['answer']>,
  own: Reply,
): void {
  if (answer === 'silence') return;
  if (answer === 'reset') {
    incoming.socket.resetAndDestroy();
    return;
  }
  const { status, headers, body } = answer === 'half' ? own : answer;
  const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
  const bytes = Buffer.from(raw ? (body ?? '') : JSON.stringify(body));
  const type = raw ? {} : { 'content-type': 'application/json' };
  // 204 and 304 have no body, and no length.
  const length = status === 204 || status === 304 ? {} : { 'content-length': String(bytes.length) };
  outgoing.writeHead(status, { ...type, ...length, ...headers });
  if (answer !== 'half') {
    outgoing.end(bytes);
    return;
  }
  outgoing.write(bytes.subarray(0, bytes.length >> 1), () => {
    setTimeout(() => incoming.socket.resetAndDestroy(), BEFORE_CUT);
  });
}
