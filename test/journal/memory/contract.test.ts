import { describe } from 'vitest';
import { memoryJournal } from '../../../src/journal/memory-journal.ts';
import { runContract } from '../../support/run-contract.ts';

describe('memoryJournal keeps the journal contract', () => {
  runContract(async () => memoryJournal());
});
