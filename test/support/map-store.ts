import type { ConditionalStore } from '../../src/journal/conditional-store.ts';

/** A store over a Map whose insides a test can see and spoil. */
export interface MapStore extends ConditionalStore {
  readonly values: Map<string, { value: string; version: string }>;
}

export function mapStore(): MapStore {
  const values = new Map<string, { value: string; version: string }>();
  let writes = 0;
  return {
    durability: 'commit',
    values,
    read: async (key) => values.get(key),
    async write(key, value, ifVersion) {
      if ((values.get(key)?.version ?? null) !== ifVersion) return false;
      const version = `v${++writes}`;
      values.set(key, { value, version });
      return version;
    },
    remove: async (key, ifVersion) => values.get(key)?.version === ifVersion && values.delete(key),
    list: async (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/** `store` behind a network: every call takes 0 to `ms` each way, and of the writes and removes every `n`-th is lost before it arrives, as
 *  if another writer had been faster. Deterministic in order, not in time. */
export function remote(
  store: ConditionalStore,
  { ms, loseEvery }: { ms: number; loseEvery: number },
): ConditionalStore {
  let calls = 0;
  let writes = 0;
  const travel = () => new Promise<void>((resolve) => setTimeout(resolve, (calls++ * 7) % (ms + 1)));
  const far = async <T>(call: () => Promise<T>): Promise<T> => {
    await travel();
    const answer = await call();
    await travel();
    return answer;
  };
  const lost = () => ++writes % loseEvery === 0;
  return {
    durability: store.durability,
    read: (key) => far(() => store.read(key)),
    write: (...write) => far(async () => (lost() ? false : store.write(...write))),
    remove: (key, ifVersion) => far(async () => !lost() && store.remove(key, ifVersion)),
    list: (...list) => far(() => store.list(...list)),
  };
}
