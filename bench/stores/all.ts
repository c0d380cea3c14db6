import { openBareLoop } from './bare-loop.ts';
import { openClassicLevel, openFilePerOperation, openLmdbStore, openSqlite, openSqliteGrouped } from './others.ts';
import { openFileJournal } from './ours.ts';
import type { OpenStore } from './store.ts';

export type StoreName =
  | 'file journal'
  | 'bare loop'
  | 'lmdb'
  | 'sqlite grouped'
  | 'sqlite'
  | 'classic-level'
  | 'file each';

export const STORES: Readonly<Record<StoreName, { readonly label: string; readonly open: OpenStore }>> = {
  'bare loop': { label: 'bare group-commit loop', open: openBareLoop },
  'file journal': { label: 'onceward file journal', open: openFileJournal },
  lmdb: { label: 'lmdb, await flushed', open: openLmdbStore },
  'sqlite grouped': { label: 'node:sqlite, grouped by hand', open: openSqliteGrouped },
  'classic-level': { label: 'classic-level, sync', open: openClassicLevel },
  sqlite: { label: 'node:sqlite, transaction each', open: openSqlite },
  'file each': { label: 'file each (write-file-atomic)', open: openFilePerOperation },
};
