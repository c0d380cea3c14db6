import { describe } from 'vitest';
import { indexedDBJournal } from '../../src/journal/indexed-db/indexed-db-journal.ts';
import { runContract } from '../support/run-contract.ts';

let made = 0;

describe('indexedDBJournal keeps the journal contract', () => {
  runContract(async () => indexedDBJournal(`contract-${Date.now()}-${made++}`));
});
