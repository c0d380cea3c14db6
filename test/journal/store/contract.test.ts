import { describe } from 'vitest';
import { mapStore, remote } from '../../support/map-store.ts';
import { runStoreContract } from '../../support/store-contract.ts';

describe('storeJournal keeps the journal contract on a store that answers at once', () => {
  runStoreContract(mapStore);
});

describe('storeJournal keeps the journal contract on a slow store that loses writes', () => {
  runStoreContract(() => remote(mapStore(), { ms: 4, loseEvery: 5 }));
});
