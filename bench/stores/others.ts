import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ClassicLevel } from 'classic-level';
import { open as openLmdb } from 'lmdb';
import writeFileAtomic from 'write-file-atomic';
import { type PlainRecord, plainClaim } from '../records.ts';
import { grouped } from './group.ts';
import type { OpenStore } from './store.ts';

/** write-file-atomic: temporary file, fsync, rename. The directory is not flushed, so after a power cut the name may be missing. */
export const openFilePerOperation: OpenStore = async (directory) => ({
  put: () => {
    const { identity, record } = plainClaim();
    return writeFileAtomic(join(directory, encodeURIComponent(identity)), JSON.stringify(record));
  },
  close: async () => {},
});

function openDatabase(directory: string) {
  const database = new DatabaseSync(join(directory, 'journal.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE r (k TEXT PRIMARY KEY, v TEXT)');
  const insert = database.prepare('INSERT INTO r (k, v) VALUES (?, ?) ON CONFLICT (k) DO NOTHING');
  return { database, insert: ({ identity, record }: PlainRecord) => insert.run(identity, JSON.stringify(record)) };
}

/** A transaction for each record: how it is written where nobody thinks of grouping. */
export const openSqlite: OpenStore = async (directory) => {
  const { database, insert } = openDatabase(directory);
  return { put: async () => insert(plainClaim()), close: async () => database.close() };
};

/** One transaction for all that arrived together. */
export const openSqliteGrouped: OpenStore = async (directory) => {
  const { database, insert } = openDatabase(directory);
  const put = grouped<PlainRecord>(async (batch) => {
    database.exec('BEGIN IMMEDIATE');
    for (const each of batch) insert(each);
    database.exec('COMMIT');
  });
  return { put: () => put(plainClaim()), close: async () => database.close() };
};

/** `put` resolves when the record is written; only `flushed` says that it is on the device. */
export const openLmdbStore: OpenStore = async (directory) => {
  const database = openLmdb<string, string>({ path: join(directory, 'lmdb'), encoding: 'string' });
  return {
    async put() {
      const { identity, record } = plainClaim();
      await database.ifNoExists(identity, () => void database.put(identity, JSON.stringify(record)));
      await database.flushed;
    },
    close: () => database.close(),
  };
};

export const openClassicLevel: OpenStore = async (directory) => {
  const database = new ClassicLevel<string, string>(join(directory, 'level'));
  await database.open();
  return {
    put() {
      const { identity, record } = plainClaim();
      return database.put(identity, JSON.stringify(record), { sync: true });
    },
    close: () => database.close(),
  };
};
