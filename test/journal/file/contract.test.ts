import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { fileJournal } from '../../../src/journal/file/file-journal.ts';
import { runContract } from '../../support/run-contract.ts';

describe('fileJournal keeps the journal contract', () => {
  let root = '';
  let made = 0;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'onceward-contract-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  runContract(async () => fileJournal(join(root, String(++made))));
});
