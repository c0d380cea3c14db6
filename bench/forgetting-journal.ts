import type { Journal } from '../src/core/journal.ts';
import { memoryJournal } from '../src/journal/memory-journal.ts';

/** A memory journal that forgets what was finished and delivered: what still grows under it is the client's own. */
export function forgettingJournal(): Journal {
  const journal = memoryJournal();
  return {
    ...journal,
    async update(identity, change, options) {
      const result = await journal.update(identity, change, options);
      if (change.state.acknowledgedAt !== undefined && result.record) {
        await journal.remove(identity, result.record.revision);
      }
      return result;
    },
  };
}
