import { onTestFinished } from 'vitest';
import type { Json } from '../../../src/core/types.ts';
import { type Client, createClient, type Journal, memoryJournal, type Outcome } from '../../../src/index.node.ts';
import { createMock, type LogLine, type Mock, type MockOptions, type RouteHandler } from '../../../src/mock/index.ts';
import type { Profile } from '../../../src/profiles/index.ts';
import { BASE, TRANSPORTS } from '../../mock/support/transports.ts';
import { carry } from './carry.ts';
import { routeOf } from './routes.ts';

export type Transport = 'http' | 'msw';

/** Answers instead of a creation; `charged`: it happened all the same. */
export interface Said {
  readonly status: number;
  readonly charged?: boolean;
}

/** A client that reads a profile, a mock that speaks it, and one time for both. */
export interface World {
  readonly mock: Mock;
  readonly log: readonly LogLine[];
  /** Requests without a key that the client sent: for a monitor, a result, a proof. */
  asked(): number;
  /** What the handler made, which no answer can take back: the truth. */
  charges(): number;
  /** What the handler's next runs say instead of making something. */
  says(...next: readonly Said[]): void;
  /** Requests wait in the handler until it is released. */
  hold(): void;
  release(): void;
  client(): Client;
  /** Ends the client as a closing program does; the next one finds its journal. */
  restart(client: Client): Promise<Client>;
  /** The same intent, always with the same name and bytes. */
  call(client: Client, options?: { readonly key?: string }): Promise<Outcome>;
  /** Moves time until `promise` settles. */
  inTime<T>(promise: Promise<T>): Promise<T>;
  /** Moves time until `condition` holds. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** A request by hand. */
  byHand(key: string, json: object): Promise<Response>;
  /** The first POST that the client sent, once more: a copy that was late on the way. */
  lateCopy(): Promise<Response>;
}

export const CHARGE = { amount: 500, currency: 'EUR' };

export async function makeWorld(profile: Profile, transport: Transport, options: MockOptions = {}): Promise<World> {
  const { path, created } = routeOf(profile.name);
  const log: LogLine[] = [];
  const { charge, ...till } = makeTill(created);
  const mock = createMock({
    baseUrl: BASE,
    profile,
    log: (line) => log.push(line),
    ...options,
    routes: { [`POST ${path}`]: charge, ...options.routes },
  });
  const reached = await TRANSPORTS[transport](mock);
  const { send, asked, firstPost } = recorded(reached.fetch);
  const journal = memoryJournal();
  const clients = new Set<Client>();
  onTestFinished(async () => {
    till.release();
    await Promise.all([...clients].map((client) => client.close({ timeout: 0 })));
    await reached.close();
  });
  const client: World['client'] = () => {
    const made = createClient({
      baseUrl: reached.url,
      name: 'shop',
      owner: 'alice',
      profile,
      journal: opened(journal),
      clock: mock.clock,
      fetch: send,
      waitTimeout: Number.POSITIVE_INFINITY,
      attemptTimeout: '10s',
      retry: { baseDelay: 100, maxDelay: 10_000 },
    });
    clients.add(made);
    return made;
  };
  return {
    ...till,
    ...timeOf(mock),
    mock,
    log,
    asked,
    client,
    async restart(old) {
      clients.delete(old);
      await old.close({ timeout: 0 });
      return client();
    },
    call: (one, { key } = {}) => one.post(path, { once: 'cart/1', json: CHARGE, ...(key && { key }) }).outcome(),
    byHand: (key, json) => reached.fetch(`${reached.url}${path}`, carry(profile, key, json, mock.clock.now())),
    lateCopy: async () => reached.fetch(firstPost()),
  };
}

interface Till extends Pick<World, 'charges' | 'says' | 'hold' | 'release'> {
  readonly charge: RouteHandler;
}

/** Where the money goes: charges come before anything can go wrong on the way back. */
function makeTill(created: (id: string) => Json): Till {
  const next: Said[] = [];
  let gate: PromiseWithResolvers<void> | undefined;
  let charges = 0;
  return {
    async charge() {
      const said = next.shift();
      if (said === undefined || said.charged) charges += 1;
      const id = `made-${charges}`;
      await gate?.promise;
      return said === undefined
        ? Response.json(created(id), { status: 201 })
        : Response.json({ message: 'as the test wants it' }, { status: said.status });
    },
    charges: () => charges,
    says: (...said) => void next.push(...said),
    hold: () => {
      gate = Promise.withResolvers();
    },
    release: () => gate?.resolve(),
  };
}

function timeOf({ clock }: Mock): Pick<World, 'until' | 'inTime'> {
  const until: World['until'] = async (condition, what) => {
    for (let step = 0; step < 4_000; step += 1) {
      if (condition()) return;
      await clock.advance('1s');
      // Sockets need real time, and little of it.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`Time passed in vain: ${what}.`);
  };
  return {
    until,
    async inTime(promise) {
      let settled = false;
      const settle = (): void => {
        settled = true;
      };
      promise.then(settle, settle);
      await until(() => settled, 'a promise settled');
      return promise;
    },
  };
}

interface Recorded {
  readonly send: typeof fetch;
  asked(): number;
  firstPost(): Request;
}

/** Counts the questions and keeps a copy of the first request. */
function recorded(fetch: typeof globalThis.fetch): Recorded {
  let asked = 0;
  let first: (() => Request) | undefined;
  return {
    async send(input, init) {
      const request = new Request(input, init);
      if (request.method === 'POST') first ??= await copied(request.clone());
      else asked += 1;
      return fetch(request);
    },
    asked: () => asked,
    firstPost() {
      if (first === undefined) throw new Error('Nothing was sent.');
      return first();
    },
  };
}

/** Everything of a request but its signal: a copy on the way is not called back. */
async function copied(request: Request): Promise<() => Request> {
  const { url, method } = request;
  const headers = [...request.headers].map(([name, value]) => [name, value] as [string, string]);
  const body = await request.arrayBuffer();
  return () => new Request(url, { method, headers: new Headers(headers), body: body.byteLength > 0 ? body : null });
}

/** A handle on the journal: closing it leaves the journal as it is, as the end of one process does. */
function opened(journal: Journal): Journal {
  return {
    kind: journal.kind,
    durability: journal.durability,
    open: () => journal.open(),
    claim: (record) => journal.claim(record),
    update: (identity, change, options) => journal.update(identity, change, options),
    get: (identity) => journal.get(identity),
    list: (prefix, options) => journal.list(prefix, options),
    remove: (identity, revision) => journal.remove(identity, revision),
    watch: (listener) => journal.watch(listener),
    close: async () => undefined,
  };
}

/** `succeeded done replay`, `in-doubt possible key-expired`. */
export function toldOutcome(outcome: Outcome): string {
  const { status, effect } = outcome;
  const further = 'source' in outcome ? outcome.source : 'reason' in outcome ? outcome.reason : '';
  return `${status} ${effect} ${further}`.trim();
}
