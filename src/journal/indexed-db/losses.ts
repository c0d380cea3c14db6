import { promisifyRequest } from 'idb-keyval';
import { JournalError } from '../../core/errors/journal-error.ts';
import type { JournalRecord } from '../../core/record.ts';
import type { Connection } from './connection.ts';
import { heldRecords } from './held-records.ts';
import { mirrorOf } from './mirror.ts';
import { ABOUT, ID, LOSS, type Loss } from './open-database.ts';
import { putBack } from './put-back.ts';
import { isLostConnection } from './storage-error.ts';

/** More of them than fit into the mirror come from somewhere else. */
const MIRRORED_FROM_LIST = 100;

/** Knows when a database was lost, and what was in it. */
export interface Losses {
  /** Before anything else runs on a database: reads which one it is, and puts back what it lacks. */
  opened(database: IDBDatabase): Promise<void>;
  /** A claim of a new name is being stored. The mirror may know it before: what it says too much is that something may have been sent. */
  claiming(record: JournalRecord): void;
  /** That claim failed. */
  unclaimed(record: JournalRecord): void;
  /** A write is complete: `record` is what is stored now. */
  wrote(identity: string, record: JournalRecord | undefined, mirrored: boolean): void;
  removed(identity: string): void;
  /** `get` found this. */
  read(identity: string, record: JournalRecord | undefined): void;
  /** Open records that were listed. */
  listed(records: readonly JournalRecord[]): void;
  /** When this database took the place of a lost one, unless that is acknowledged. As known here; `recheck` asks the database. */
  lostAt(): number | undefined;
  recheck(connection: Connection, signal: AbortSignal): Promise<void>;
  acknowledge(connection: Connection, signal: AbortSignal): Promise<void>;
  /** Lets go of what is held in memory. */
  close(): void;
}

export function losses(name: string): Losses {
  const mirror = mirrorOf(name);
  const held = heldRecords();
  let present: string | undefined;
  let loss: Loss | undefined;
  let caughtUp = false;

  const note = (identity: string, record: JournalRecord | undefined): void => {
    if (record === undefined) mirror.drop(identity);
    else if (present !== undefined) mirror.note(record, present);
  };

  return {
    async opened(database) {
      // The mirror first: whoever has put its entries back has noted the loss before they look like entries of this database.
      const items = mirror.items();
      const about = await readAbout(database, name);
      const foreign = items.flatMap((item) => (item.database === about.id ? [] : (item.entry() ?? [])));
      if (foreign.length > 0 || (present !== undefined && present !== about.id)) {
        const records = [...held.all()];
        await putBack(database, { held: records, mirrored: foreign });
        for (const entry of foreign) mirror.put(entry, about.id);
        for (const record of records) mirror.note(record, about.id);
        about.loss ??= { at: Date.now() };
      }
      loss = about.loss;
      present = about.id;
      caughtUp = false;
    },
    claiming: (record) => note(record.identity, record),
    unclaimed: ({ identity, write }) => mirror.drop(identity, write),
    wrote(identity, record, mirrored) {
      held.note(identity, record);
      if (!mirrored) note(identity, record);
    },
    removed(identity) {
      held.note(identity, undefined);
      mirror.drop(identity);
    },
    read: held.refresh,
    listed(records) {
      for (const record of records) held.note(record.identity, record);
      // Once per open: a kill may have come before the browser had flushed the mirror, and workers have none.
      if (caughtUp) return;
      caughtUp = true;
      for (const record of records.slice(0, MIRRORED_FROM_LIST)) note(record.identity, record);
    },
    lostAt: () => unacknowledged(loss)?.at,
    async recheck(connection, signal) {
      loss = await connection.transact({ mode: 'readonly', store: ABOUT, signal }, (about) =>
        promisifyRequest<Loss | undefined>(about.get(LOSS)),
      );
    },
    async acknowledge(connection, signal) {
      loss = await connection.transact({ mode: 'readwrite', store: ABOUT, signal }, acknowledged);
    },
    close: held.clear,
  };
}

async function acknowledged(about: IDBObjectStore): Promise<Loss | undefined> {
  const noted = await promisifyRequest<Loss | undefined>(about.get(LOSS));
  if (unacknowledged(noted) === undefined) return noted;
  const loss: Loss = { at: noted?.at ?? 0, acknowledgedAt: Date.now() };
  about.put(loss, LOSS);
  return loss;
}

function unacknowledged(loss: Loss | undefined): Loss | undefined {
  return loss?.acknowledgedAt === undefined ? loss : undefined;
}

async function readAbout(
  database: IDBDatabase,
  name: string,
): Promise<{ readonly id: string; loss: Loss | undefined }> {
  try {
    const about = database.transaction(ABOUT).objectStore(ABOUT);
    const [id, loss] = await Promise.all([
      promisifyRequest<string | undefined>(about.get(ID)),
      promisifyRequest<Loss | undefined>(about.get(LOSS)),
    ]);
    return { id: id ?? '', loss };
  } catch (cause) {
    if (isLostConnection(cause)) throw cause;
    throw new JournalError(
      'unavailable',
      `The IndexedDB database '${name}' cannot be read, or is not a journal of onceward. Nothing was sent: give indexedDBJournal() another name.`,
      { cause },
    );
  }
}
