import type { Journal } from '../../src/core/journal.ts';
import type { OperationRecord } from '../../src/core/record.ts';
import type { Client } from '../../src/core/types.ts';
import type { World, WorldClientOptions } from './client-world.ts';

/** A client that can be killed in this process: from then on its journal and its fetch never answer again, and nobody takes it for alive.
 *  What a real kill does to files and sockets is for the crash tests. */
export interface Mortal {
  readonly client: Client;
  kill(): Promise<void>;
}

/** Moments at which the client dies by itself. */
export interface Deaths {
  /** Before the claim is stored. */
  readonly beforeClaim?: boolean;
  /** The claim is stored, and nothing was sent. */
  readonly afterClaim?: boolean;
  /** The answer has come in, and is not stored. */
  readonly beforeFinish?: boolean;
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export function mortal(world: World, deaths: Deaths = {}, options: WorldClientOptions = {}): Mortal {
  const inner = world.journal();
  let dead = false;
  const living = <T>(work: () => Promise<T>): Promise<T> =>
    dead ? never() : work().then((result) => (dead ? never<T>() : result));
  const die = <T>(): Promise<T> => {
    void kill();
    return never();
  };
  const journal: Journal = {
    kind: inner.kind,
    durability: inner.durability,
    open: () => living(() => inner.open()),
    async claim(record) {
      if (deaths.beforeClaim) return die();
      const result = await living(() => inner.claim(record));
      return deaths.afterClaim ? die() : result;
    },
    async update(identity, change, how) {
      if (deaths.beforeFinish && change.state.finishedAt !== undefined) return die();
      return living(() => inner.update(identity, change, how));
    },
    get: (identity) => living(() => inner.get(identity)),
    list: (prefix, how) => living(() => inner.list(prefix, how)),
    remove: (identity, revision) => living(() => inner.remove(identity, revision)),
    watch: (listener) => inner.watch((identity) => dead || listener(identity)),
    close: () => inner.close(),
  };
  const client = world.client({
    waitTimeout: 500,
    ...options,
    journal,
    wrapFetch: (send) => {
      const wrapped = options.wrapFetch?.(send) ?? send;
      return (input, init) => living(() => wrapped(input, init));
    },
  });
  const kill = async (): Promise<void> => {
    dead = true;
    const { records } = await inner.list('');
    for (const { state } of records as OperationRecord[]) forgetDriver(state?.driver?.nonce);
  };
  return { client, kill };
}

/** The living clients of this process, as the Node platform keeps them. */
function forgetDriver(nonce: string | undefined): void {
  const drivers = (globalThis as { [REGISTRY]?: Set<string> })[REGISTRY];
  if (nonce !== undefined) drivers?.delete(nonce);
}
const REGISTRY: unique symbol = Symbol.for('onceward.drivers');
