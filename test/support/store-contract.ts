import type { Journal } from '../../src/core/journal.ts';
import type { ConditionalStore } from '../../src/journal/conditional-store.ts';
import { storeJournal } from '../../src/journal/store-journal.ts';
import { runContract } from './run-contract.ts';

/** Every case of the journal contract on the store journal over what `makeStore` gives, an empty store each time, with a second journal on the same
 *  store, damage through the store's own methods, and a store that fails. */
export function runStoreContract(makeStore: () => Promise<ConditionalStore> | ConditionalStore): void {
  const media = new WeakMap<Journal, { store: ConditionalStore; down: boolean }>();
  const mediumOf = (journal: Journal) => {
    const medium = media.get(journal);
    if (medium === undefined) throw new Error('not a journal of this contract run');
    return medium;
  };
  runContract(
    async () => {
      const medium = { store: await makeStore(), down: false };
      const journal = storeJournal(breakable(medium));
      media.set(journal, medium);
      return journal;
    },
    {
      reopen: async (journal) => storeJournal(mediumOf(journal).store),
      async damage(journal, identity, kind) {
        const { store } = mediumOf(journal);
        const found = await store.read(identity);
        if (found === undefined) throw new Error(`${identity} is not in the store`);
        const spoiled =
          kind === 'garbage' ? found.value.slice(0, -9) : found.value.replace('"version":1', '"version":2');
        if ((await store.write(identity, spoiled, found.version)) === false) throw new Error('not spoiled');
      },
      async fail(journal) {
        const medium = mediumOf(journal);
        medium.down = true;
        return () => {
          medium.down = false;
        };
      },
    },
  );
}

/** `medium.store`, unreachable while `medium.down`. */
export function breakable(medium: { readonly store: ConditionalStore; readonly down: boolean }): ConditionalStore {
  const up = () => {
    if (medium.down) throw new Error('ECONNREFUSED');
    return medium.store;
  };
  return {
    durability: medium.store.durability,
    read: async (key) => up().read(key),
    write: async (...write) => up().write(...write),
    remove: async (key, version) => up().remove(key, version),
    list: async (...list) => up().list(...list),
  };
}
