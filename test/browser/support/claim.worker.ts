import { indexedDBJournal } from '../../../src/journal/indexed-db/indexed-db-journal.ts';
import { claimAll } from './claim-all.ts';

/** Claims names in a worker when told to, and answers with the key it got for each. */
addEventListener('message', ({ data }: MessageEvent<{ name: string; ids: readonly string[]; who: string }>) => {
  const journal = indexedDBJournal(data.name);
  claimAll(journal, data.ids, data.who).then(
    async (keys) => {
      await journal.close();
      postMessage(keys);
    },
    (error: unknown) => postMessage(String(error)),
  );
});
