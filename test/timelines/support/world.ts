import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type Client,
  type ClientOptions,
  type Clock,
  createClient,
  type Journal,
  memoryJournal,
} from '../../../src/index.node.ts';
import { type MovableClock, movableClock } from '../../../src/mock/movable-clock.ts';
import { fileJournal } from '../../../src/node.ts';
import { ietf } from '../../../src/profiles/index.ts';
import { type ScriptedServer, type ServerOptions, startServer } from './server.ts';

export { charge, told, toldError, toldOutcome, until } from '../../support/client-world.ts';

/** The journals a timeline is walked on. */
export const JOURNALS = ['memory', 'file'] as const;

/** Moments of a run at which a test steps in. Throwing makes the call to the journal fail; `kill()` in one of them is a crash at that moment. */
export interface Moments {
  readonly beforeClaim?: () => unknown;
  readonly afterClaim?: () => unknown;
  /** Before a further round is written. */
  readonly beforeRound?: () => unknown;
  /** Before the outcome is written. */
  readonly beforeFinish?: () => unknown;
  /** The outcome is durable, and nobody was told. */
  readonly afterFinish?: () => unknown;
}

export interface RunOptions extends Partial<ClientOptions> {
  readonly moments?: Moments;
}

/** A client as one process has it. */
export interface Run {
  readonly client: Client;
  /** As SIGKILL: from now on nothing this client asks of journal or network is carried out or answered, and nobody takes it for alive. */
  kill(): void;
  /** As a machine that sleeps: others take it for gone, and it goes on. */
  seemGone(): void;
}

/** A scripted server, and clients that share what is stored. */
export interface World {
  readonly server: ScriptedServer;
  /** Shared by all clients; the server does not know it. */
  readonly clock: MovableClock;
  /** A further process on the same journal. */
  run(options?: RunOptions): Run;
  /** The client of a further process. */
  client(options?: RunOptions): Client;
  /** Ends the client as a closing program does, and starts the next one. */
  restart(client: Client, options?: RunOptions): Promise<Client>;
  /** A handle of its own on what is stored. */
  journal(): Journal;
  /** Where the files are; undefined where there are none. */
  readonly directory: string | undefined;
}

export async function makeWorld(kind: (typeof JOURNALS)[number], options: ServerOptions = {}): Promise<World> {
  const server = await startServer(options);
  const medium = await MEDIA[kind]();
  const clock = movableClock();
  const living = new Set<Client>();
  onTestFinished(async () => {
    await Promise.all([...living].map((client) => client.close({ timeout: 0 })));
    await server.close();
    await medium.close();
  });
  const run: World['run'] = ({ moments = {}, fetch = globalThis.fetch, ...further } = {}) => {
    const life = mortality();
    const client = createClient({
      baseUrl: server.url,
      name: 'shop',
      owner: 'alice',
      profile: ietf({ keyLifetime: '24h' }),
      journal: mortal(medium.open(), life, moments),
      retry: { baseDelay: 2, maxDelay: 20 },
      clock,
      fetch: (input, init) => life.living(() => fetch(input, init)),
      ...further,
    });
    living.add(client);
    return {
      client,
      kill: () => {
        life.end();
        living.delete(client);
      },
      seemGone: life.seemGone,
    };
  };
  return {
    server,
    clock,
    run,
    client: (further) => run(further).client,
    async restart(client, further) {
      living.delete(client);
      await client.close({ timeout: 0 });
      return run(further).client;
    },
    journal: medium.open,
    directory: medium.directory,
  };
}

/** Moves time on, in steps short enough for a real socket to answer in between, until `condition` holds. */
export async function timePasses(
  world: World,
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  for (let step = 0; step < 2_000; step++) {
    if (await condition()) return;
    await world.clock.advance('1s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`Time passed in vain: ${what}.`);
}

/** What `promise` comes to while time passes. */
export async function inTime<T>(world: World, promise: Promise<T>): Promise<T> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  await timePasses(world, () => settled, 'a promise settled');
  return promise;
}

/** A clock somebody sets: the wall clock jumps, and timers go on as if nothing had happened, as those of a laptop that slept. */
export function settable(inner: Clock): Clock & { set(by: number): void } {
  let offset = 0;
  return {
    now: () => inner.now() + offset,
    monotonic: () => inner.monotonic(),
    sleep: (ms, signal) => inner.sleep(ms, signal),
    set: (by) => {
      offset += by;
    },
  };
}

/** Opens when `count` have come to it. */
export function barrier(count: number): () => Promise<void> {
  const open = Promise.withResolvers<void>();
  let here = 0;
  return () => {
    here += 1;
    if (here >= count) open.resolve();
    return open.promise;
  };
}

interface Medium {
  readonly directory?: string;
  open(): Journal;
  close(): Promise<void>;
}

const MEDIA: Readonly<Record<(typeof JOURNALS)[number], () => Promise<Medium>>> = {
  memory: async () => {
    const journal = memoryJournal();
    // Closing one process's handle leaves the medium as it is.
    const open = (): Journal => ({ ...bound(journal), close: async () => undefined });
    return { open, close: () => journal.close() };
  },
  file: async () => {
    const root = await mkdtemp(join(tmpdir(), 'onceward-timeline-'));
    const directory = join(root, 'journal');
    return { directory, open: () => fileJournal(directory), close: () => rm(root, { recursive: true }) };
  },
};

interface Mortality {
  /** The result of `work` while the process lives; nothing, for ever, once it is dead. */
  living<T>(work: () => Promise<T>): Promise<T>;
  /** Who it was, as far as others can see it. */
  announce(nonce: string | undefined): void;
  seemGone(): void;
  end(): void;
}

function mortality(): Mortality {
  const nonces = new Set<string>();
  let dead = false;
  const never = <T>(): Promise<T> => new Promise(() => undefined);
  const seemGone = (): void => {
    // The living clients of one process, as the Node platform keeps them: a dead process would not be among them.
    const drivers = (globalThis as { [REGISTRY]?: Set<string> })[REGISTRY];
    for (const nonce of nonces) drivers?.delete(nonce);
  };
  return {
    living: (work) => (dead ? never() : work().then((result) => (dead ? never() : result))),
    announce: (nonce) => nonce !== undefined && nonces.add(nonce),
    seemGone,
    end: () => {
      dead = true;
      seemGone();
    },
  };
}
const REGISTRY: unique symbol = Symbol.for('onceward.drivers');

function mortal(journal: Journal, life: Mortality, moments: Moments): Journal {
  const { living, announce } = life;
  const at = async (moment: (() => unknown) | undefined): Promise<void> => void (await moment?.());
  return {
    ...bound(journal),
    open: () => living(() => journal.open()),
    async claim(record) {
      if (record.fixed.kind === 'operation') announce((record.state as { driver?: { nonce: string } }).driver?.nonce);
      await living(() => at(moments.beforeClaim));
      const result = await living(() => journal.claim(record));
      await living(() => at(moments.afterClaim));
      return result;
    },
    async update(identity, change, options) {
      announce(change.state.driver?.nonce);
      const finishes = change.state.finishedAt !== undefined && !options?.relaxed;
      if (change.round) await living(() => at(moments.beforeRound));
      if (finishes) await living(() => at(moments.beforeFinish));
      const result = await living(() => journal.update(identity, change, options));
      if (finishes) await living(() => at(moments.afterFinish));
      return result;
    },
    get: (identity) => living(() => journal.get(identity)),
    list: (prefix, options) => living(() => journal.list(prefix, options)),
    remove: (identity, revision) => living(() => journal.remove(identity, revision)),
  };
}

/** A journal's methods as properties, to be spread. */
function bound(journal: Journal): Journal {
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
    close: () => journal.close(),
  };
}
