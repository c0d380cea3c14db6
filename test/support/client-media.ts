import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileJournal } from '../../src/journal/file/file-journal.ts';
import { encodeLine } from '../../src/journal/file/line.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { storeJournal } from '../../src/journal/store-journal.ts';
import { spoilable } from './client-spoilable.ts';
import type { Medium, Unusable } from './client-world.ts';
import { mapStore } from './map-store.ts';

/** Every journal that exists in Node, on a medium of its own that outlives the clients that use it. */
export const MEDIA: Readonly<Record<'memory' | 'store' | 'file', () => Promise<Medium>>> = {
  memory: async () => {
    const journal = spoilable(memoryJournal());
    return { open: () => journal, plant: journal.plant, close: async () => undefined };
  },
  store: async () => {
    const store = mapStore();
    return {
      open: () => storeJournal(store),
      plant: async (identity, what) => {
        store.values.set(identity, { value: JSON.stringify(unusable(identity, what)), version: 'planted' });
      },
      close: async () => undefined,
    };
  },
  file: async () => {
    const root = await mkdtemp(join(tmpdir(), 'onceward-client-'));
    const directory = join(root, 'journal');
    return {
      open: () => fileJournal(directory),
      plant: async (identity, what) => {
        const journal = fileJournal(directory);
        await journal.open();
        await journal.close();
        const log = (await readdir(directory)).find((name) => name.endsWith('.log'));
        const version = what === 'newer-version' ? 99 : 1;
        const claim = `c${version}o\t${JSON.stringify(identity)}\t1\t0\t"planted"\t{"kind":"operation"}\t`;
        await appendFile(join(directory, log ?? 'no log'), encodeLine(`{"w":"planted","s":1,"d":0}\t${claim}`));
      },
      close: () => rm(root, { recursive: true }),
    };
  },
};

function unusable(identity: string, what: Unusable): object {
  return {
    version: what === 'newer-version' ? 99 : 1,
    identity,
    revision: 1,
    write: 'planted',
    fixed: { kind: 'operation' },
  };
}
