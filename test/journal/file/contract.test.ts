import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Journal } from '../../../src/core/journal.ts';
import { fileJournal, fileJournalWith } from '../../../src/journal/file/file-journal.ts';
import { encodeLine } from '../../../src/journal/file/line.ts';
import { type LogIo, nodeLogIo } from '../../../src/journal/file/log-io.ts';
import { runContract } from '../../support/run-contract.ts';

/** What a journal of this file stands on. */
interface Medium {
  readonly directory: string;
  down: boolean;
}

describe('fileJournal keeps the journal contract', () => {
  let root = '';
  let made = 0;
  const media = new WeakMap<Journal, Medium>();
  const mediumOf = (journal: Journal) => media.get(journal) as Medium;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'onceward-contract-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  runContract(
    async () => {
      const medium = { directory: join(root, String(++made)), down: false };
      const journal = fileJournalWith(breakable(medium), medium.directory);
      media.set(journal, medium);
      return journal;
    },
    {
      reopen: async (journal) => fileJournal(mediumOf(journal).directory),
      damage: async (journal, identity, kind) =>
        rewriteLine(mediumOf(journal).directory, `\tc1o\t"${identity}"\t`, SPOILED[kind]),
      async fail(journal) {
        mediumOf(journal).down = true;
        return () => {
          mediumOf(journal).down = false;
        };
      },
    },
  );
});

/** What becomes of the line that holds the record, checksum included. */
const SPOILED = {
  'newer-version': (text: string) => encodeLine(text.replace('\tc1o\t', '\tc2o\t')).subarray(1, -1),
  garbage: (text: string) => encodeLine(text).subarray(1, -1).fill(0x78, 20, 30),
};

async function rewriteLine(directory: string, holding: string, spoil: (text: string) => Buffer): Promise<void> {
  let found = 0;
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.log')) continue;
    const lines = (await readFile(join(directory, name), 'utf8')).split('\n').map((line) => {
      if (!line.includes(holding)) return line;
      found++;
      return spoil(line.slice(8)).toString();
    });
    if (found > 0) return writeFile(join(directory, name), lines.join('\n'));
  }
  throw new Error(`no line with ${holding}`);
}

/** What the operating system answers while the medium is down. A flush that fails is another matter: after that a journal is to stay closed. */
const REFUSED: Readonly<Record<string, string>> = { open: 'EMFILE', create: 'EMFILE', append: 'ENOSPC' };

function breakable(medium: Medium): LogIo {
  const calls = Object.entries(nodeLogIo).map(([name, call]: [string, (...args: never[]) => unknown]) => [
    name,
    (...args: never[]) => {
      const code = medium.down ? REFUSED[name] : undefined;
      if (code !== undefined) throw Object.assign(new Error(`${code}, ${name}`), { code });
      return call(...args);
    },
  ]);
  return Object.fromEntries(calls) as LogIo;
}
