import { isOncewardError } from '../../src/core/errors/index.ts';
import { operationIdentity } from '../../src/core/identity.ts';
import type { Journal } from '../../src/core/journal.ts';
import { effectOfRecord } from '../../src/core/operation.ts';
import type { OperationRecord } from '../../src/core/record.ts';
import type { CallOptions, Client, ClientOptions, OperationPromise, Outcome } from '../../src/core/types.ts';
import { createMock, type Mock, type MockOptions } from '../../src/mock/index.ts';
import { ietf } from '../../src/profiles/index.ts';

/** Why a record cannot be used. */
export type Unusable = 'corrupt' | 'newer-version';

/** Where records outlive the clients that wrote them. */
export interface Medium {
  /** A journal on this medium: the same one again, or a further one, as another process would open it. */
  open(): Journal;
  /** Puts something unusable where the record of `identity` would be. */
  plant(identity: string, what: Unusable): Promise<void>;
  close(): Promise<void>;
}

/** A mock, and the way to it. */
export interface Served {
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  close(): Promise<void>;
}

/** What a platform brings to the walk: runs in Node over sockets, and in browsers with the mock's own fetch. */
export interface Platform {
  createClient(options: ClientOptions): Client;
  makeMedium(): Promise<Medium>;
  serve(mock: Mock): Promise<Served>;
}

/** What a client of a world may have of its own. */
export interface WorldClientOptions extends Partial<ClientOptions> {
  /** Another fetch round the world's own, which counts. */
  readonly wrapFetch?: (send: typeof globalThis.fetch) => typeof globalThis.fetch;
}

/** A medium, a server, and clients on both. */
export interface World {
  readonly mock: Mock;
  /** Requests that any client of this world has sent. */
  requests(): number;
  client(options?: WorldClientOptions): Client;
  /** Ends the client as a closing program does, and starts a new one on the same medium. */
  restart(client: Client, options?: WorldClientOptions): Promise<Client>;
  /** A journal on the medium, for clients that get one with a fault in it. */
  journal(): Journal;
  /** The stored record, read through a journal of its own. */
  record(id: string, owner?: string): Promise<OperationRecord | undefined>;
  /** Replaces the stored record through the journal. */
  rewrite(id: string, change: (record: OperationRecord) => OperationRecord): Promise<void>;
  plant(id: string, what: Unusable): Promise<void>;
  /** Requests wait in the handler until it is opened. */
  hold(): void;
  release(): void;
  close(): Promise<void>;
}

export const NAME = 'shop';
export const OWNER = 'alice';

/** A handler that can be held, and answers what it was asked. */
export async function makeWorld(platform: Platform, options: MockOptions = {}): Promise<World> {
  let gate: PromiseWithResolvers<void> | undefined;
  const mock = createMock({
    inProgress: 'wait',
    routes: {
      'POST /charges': async ({ json }) => {
        await gate?.promise;
        return Response.json({ charged: json }, { status: 201 });
      },
    },
    ...options,
  });
  const medium = await platform.makeMedium();
  const served = await platform.serve(mock);
  const clients = new Set<Client>();
  let requests = 0;
  const own = medium.open();
  const send: typeof globalThis.fetch = (input, init) => {
    requests += 1;
    return served.fetch(input, init);
  };
  const client: World['client'] = ({ wrapFetch, ...further } = {}) => {
    const made = platform.createClient({
      baseUrl: served.url,
      name: NAME,
      owner: OWNER,
      profile: ietf({ keyLifetime: '24h' }),
      journal: medium.open(),
      retry: { baseDelay: 10, maxDelay: 40 },
      fetch: wrapFetch?.(send) ?? send,
      ...further,
    });
    clients.add(made);
    return made;
  };
  const identity = (id: string, owner = OWNER): string => operationIdentity(NAME, owner, id);
  const record: World['record'] = async (id, owner) =>
    (await own.get(identity(id, owner))) as OperationRecord | undefined;
  return {
    mock,
    requests: () => requests,
    client,
    journal: () => medium.open(),
    async restart(old, further) {
      await old.close({ timeout: 0 });
      clients.delete(old);
      return client(further);
    },
    record,
    async rewrite(id, change) {
      const found = await record(id);
      if (!found) throw new Error(`There is no record of ${id}.`);
      const { fixed, state } = change(found);
      const write = `rewrite-${found.revision}`;
      const { won } = await own.update(found.identity, { revision: found.revision, write, state, round: fixed });
      if (!won) throw new Error(`${id} changed while it was rewritten.`);
    },
    plant: (id, what) => medium.plant(identity(id), what),
    hold: () => {
      gate = Promise.withResolvers();
    },
    release: () => gate?.resolve(),
    async close() {
      gate?.resolve();
      await Promise.all([...clients].map((one) => one.close({ timeout: 0 })));
      await own.close();
      await served.close();
      await medium.close();
    },
  };
}

/** A charge of `amount` under the name `id`. */
export function charge(
  client: Client,
  id: CallOptions['once'],
  amount: number,
  options: Partial<CallOptions> = {},
): OperationPromise {
  return client.post('/charges', { once: id, json: { amount }, ...options });
}

/** What a call came to, in one line: `201 {"charged":{"amount":1}}` or `HTTPError HTTP none 402`. */
export async function told(promise: PromiseLike<Response>): Promise<string> {
  try {
    const response = await promise;
    return `${response.status} ${await response.text()}`.trim();
  } catch (error) {
    return toldError(error);
  }
}

/** What `outcome()` came to, in one line: `succeeded done network` or the error. */
export async function toldOutcome(promise: Promise<Outcome>): Promise<string> {
  try {
    const outcome = await promise;
    const further =
      'source' in outcome
        ? outcome.source
        : 'reason' in outcome
          ? outcome.reason
          : 'waiting' in outcome
            ? outcome.waiting
            : '';
    return `${outcome.status} ${outcome.effect} ${further}${outcome.persisted ? '' : ' unpersisted'}`.trim();
  } catch (error) {
    return toldError(error);
  }
}

/** Class, code without its prefix, effect, and what else the error says for a program. */
export function toldError(error: unknown): string {
  if (!isOncewardError(error))
    return error instanceof Error ? `foreign ${error.name}: ${error.message}` : `foreign ${String(error)}`;
  const { status, reason, waiting } = error as { status?: number; reason?: string; waiting?: string };
  const words = [error.name, error.code.replace('ERR_ONCEWARD_', ''), error.effect, status ?? reason ?? waiting];
  return words.filter((word) => word !== undefined).join(' ');
}

/** State, round and effect of a record in one line: `succeeded 1 done`. */
export function toldRecord(record: OperationRecord | undefined): string {
  if (record === undefined) return 'absent';
  return `${record.state.state} ${record.fixed.round} ${effectOfRecord(record)}${record.state.tombstone ? ' tombstone' : ''}`;
}

/** Waits for a condition of the world, at most five seconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`Waited in vain: ${what}.`);
}
