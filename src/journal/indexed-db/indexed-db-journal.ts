import { get } from 'idb-keyval';
import { JournalError } from '../../core/errors/journal-error.ts';
import type { Journal } from '../../core/journal.ts';
import { applyClaim, applyUpdate, type JournalRecord, type NewRecord } from '../../core/record.ts';
import { changeHints } from '../change-hints.ts';
import { changeChannel } from './change-channel.ts';
import { type Connection, connect } from './connection.ts';
import { readPrefix, sift } from './list-records.ts';
import { storageError } from './storage-error.ts';
import { copyOf, fromStored } from './stored-record.ts';
import type { Write } from './write-batch.ts';
import { writeQueue } from './write-queue.ts';

/** Opening, reading, and once more over a new connection: more than that is a tab frozen in the middle of a write. */
const READ_LIMIT_MS = 10_000;

/** The journal of browsers: one IndexedDB database of this origin, shared by its tabs and workers. A claim resolves when the browser says that it
 *  is on the disk. `name` is the database's name; it can be read by every script of the origin.
 *
 *  Opens at first use. Where there is no IndexedDB (Node, storage switched off) that use fails with JournalError 'unavailable'. What no page can
 *  mend: the browser may throw the database away (eviction, private windows, Safari after seven days without a visit).
 *
 *  @default name 'onceward'
 *  @example
 *  const client = createClient({ journal: indexedDBJournal('shop'), ... });
 */
export function indexedDBJournal(name = 'onceward'): Journal {
  const hints = changeHints();
  const channel = changeChannel(name, () => hints.tell(undefined));
  const connection = connect(name, { opened: channel.open, gone: () => hints.tell(undefined) });
  const queue = writeQueue(connection, name);

  const write = async <T>(task: Write<T>): Promise<T> => {
    const result = await queue.write(task);
    hints.tell(task.identity);
    channel.tell();
    return result;
  };
  const read = <T>(work: (records: IDBObjectStore) => T | PromiseLike<T>): Promise<T> =>
    limited(name, (signal) => connection.transact({ mode: 'readonly', signal }, work));

  return {
    kind: 'indexed-db',
    durability: 'device',
    async open() {
      await limited(name, connection.open);
      if (connection.lost()) throw loss(name);
    },
    claim: async (record) => write(claimOf(copyOf(record) as NewRecord, connection, name)),
    update: (identity, change, options) =>
      write({
        identity,
        relaxed: options?.relaxed === true,
        decide(existing) {
          const { won, record } = applyUpdate(existing, change);
          if (!won || record === undefined) return { result: { won, record } };
          // Also where it is our own earlier write: read back it is not yet durable, written again it is.
          const put = copyOf(record);
          return { put, result: { won, record: put } };
        },
      }),
    get: async (identity) => fromStored(await get<unknown>(identity, (_, work) => read(work)), identity),
    async list(prefix, options) {
      const openOnly = options?.open === true;
      return sift(await read((records) => readPrefix(records, prefix, openOnly)), openOnly);
    },
    remove: (identity, revision) =>
      write({
        identity,
        relaxed: false,
        decide: (existing) => (existing?.revision === revision ? { remove: true, result: true } : { result: false }),
      }),
    watch: hints.watch,
    async close() {
      await queue.idle();
      await connection.close();
      // Last: an open that was under way opens the channel too.
      channel.close();
    },
  };
}

type Claimed = { readonly created: boolean; readonly record: JournalRecord };

function claimOf(offered: NewRecord, connection: Connection, name: string): Write<Claimed> {
  return {
    identity: offered.identity,
    relaxed: false,
    decide(existing) {
      const result = applyClaim(existing, offered);
      if (!result.created) return { result };
      // "Absent" no longer means "never claimed". An anonymous operation has no name that could have been claimed before.
      const anonymous = offered.fixed.kind === 'operation' && offered.fixed.anonymous === true;
      if (existing === undefined && connection.lost() && !anonymous) throw loss(name);
      return { put: offered, result: { created: true, record: offered } };
    },
  };
}

/** Chromium can throw away an origin's whole IndexedDB one start after it was killed, strict writes included. Until there is a way to acknowledge
 *  that, named claims stay refused, also in later starts: a payment made before the loss would get a second key. Deleting the database is the
 *  acknowledgement. It holds nothing that was claimed after the loss but anonymous operations. */
function loss(name: string): JournalError {
  return new JournalError(
    'lost',
    `The browser has thrown away the IndexedDB database '${name}', and with it every operation that was in it: a name that looks new may have been sent. Nothing was sent. Compare with your server, then delete the database (indexedDB.deleteDatabase('${name}')) to begin again.`,
  );
}

async function limited<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort(
      new JournalError(
        'unavailable',
        `The IndexedDB database '${name}' did not answer within ${READ_LIMIT_MS / 1000} s: another tab may be frozen in the middle of a write.`,
      ),
    );
  }, READ_LIMIT_MS);
  try {
    return await work(limit.signal);
  } catch (error) {
    throw storageError(error, name);
  } finally {
    clearTimeout(timer);
  }
}
