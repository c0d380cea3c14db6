import { describe } from 'vitest';
import { storeJournal } from '../../../src/journal/store-journal.ts';
import { mapStore, remote } from '../../support/map-store.ts';
import { runContract } from '../../support/run-contract.ts';

describe('storeJournal keeps the journal contract on a store that answers at once', () => {
  runContract(async () => storeJournal(mapStore()));
});

describe('storeJournal keeps the journal contract on a slow store that loses writes', () => {
  runContract(async () => storeJournal(remote(mapStore(), { ms: 4, loseEvery: 5 })));
});
