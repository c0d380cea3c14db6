import type { Journal } from '../core/journal.ts';
import type { ConditionalStore } from './conditional-store.ts';
import { storeJournal } from './store-journal.ts';

/** A journal in this process's memory, for tests and for work that may be forgotten: nothing survives a restart, and no other process or tab
 *  sees it. Two clients given the same journal share it. */
export function memoryJournal(): Journal {
  return { ...storeJournal(mapStore()), kind: 'memory' };
}

function mapStore(): ConditionalStore {
  const values = new Map<string, { readonly value: string; readonly version: string }>();
  // Counted over the whole store: a name removed and written again never gets a version back.
  let writes = 0;
  return {
    durability: 'process',
    read: async (key) => values.get(key),
    async write(key, value, ifVersion) {
      if ((values.get(key)?.version ?? null) !== ifVersion) return false;
      const version = String(++writes);
      values.set(key, { value, version });
      return version;
    },
    remove: async (key, ifVersion) => values.get(key)?.version === ifVersion && values.delete(key),
    list: async (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
  };
}
