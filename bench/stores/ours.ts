import { fileJournalWith } from '../../src/journal/file/file-journal.ts';
import { claimOf, finishOf } from '../records.ts';
import { countingIo } from './counting-io.ts';
import type { Counts, OpenStore } from './store.ts';

export const openFileJournal: OpenStore = async (directory) => {
  const counts: Counts = { flushes: 0, bytes: 0 };
  const journal = fileJournalWith(countingIo(counts), directory);
  await journal.open();
  return {
    counts,
    put: () => journal.claim(claimOf()),
    async operation() {
      const claim = claimOf();
      await journal.claim(claim);
      await journal.update(claim.identity, finishOf(claim));
    },
    close: () => journal.close(),
  };
};
