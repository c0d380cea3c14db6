import type { Journal } from '../../src/core/journal.ts';
import type { Change } from '../../src/core/record.ts';

/** What a test does just before a call reaches the journal. Throwing makes the call fail. */
export interface Hooks {
  readonly claim?: (identity: string) => unknown;
  readonly update?: (change: Change, options: { readonly relaxed?: boolean } | undefined) => unknown;
  readonly get?: (identity: string) => unknown;
  /** Just after: what was written is there, whatever the caller hears. */
  readonly claimed?: (identity: string) => unknown;
  readonly updated?: (change: Change) => unknown;
}

/** A journal whose calls take a turn of the event loop, as real ones do, with hooks round them. */
export function slowed(journal: Journal, hooks: Hooks = {}): Journal {
  const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
  return {
    kind: journal.kind,
    durability: journal.durability,
    open: () => journal.open(),
    async claim(record) {
      await turn();
      await hooks.claim?.(record.identity);
      const result = await journal.claim(record);
      await hooks.claimed?.(record.identity);
      return result;
    },
    async update(identity, change, options) {
      await turn();
      await hooks.update?.(change, options);
      const result = await journal.update(identity, change, options);
      await hooks.updated?.(change);
      return result;
    },
    async get(identity) {
      await turn();
      await hooks.get?.(identity);
      return journal.get(identity);
    },
    list: (prefix, options) => journal.list(prefix, options),
    remove: (identity, revision) => journal.remove(identity, revision),
    watch: (listener) => journal.watch(listener),
    close: () => journal.close(),
  };
}
