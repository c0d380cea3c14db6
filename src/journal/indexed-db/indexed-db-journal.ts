import { type Standstill, standstill } from '../../browser/standstill.ts';
import { JournalError } from '../../core/errors/journal-error.ts';
import type { Journal } from '../../core/journal.ts';
import { changeHints } from '../change-hints.ts';
import { changeChannel } from './change-channel.ts';
import { type Connection, connect } from './connection.ts';
import { readOne, readPrefix, sift } from './list-records.ts';
import { type Losses, losses } from './losses.ts';
import { storageError } from './storage-error.ts';
import { copyOf, fromStored } from './stored-record.ts';
import type { Write } from './write-batch.ts';
import { writeQueue } from './write-queue.ts';
import { claimOf, removalOf, updateOf } from './writes.ts';

/** Opening, reading, and once more over a new connection: more than that is a tab frozen in the middle of a write. */
const READ_LIMIT_MS = 10_000;

/** The journal of browsers: one IndexedDB database of this origin, shared by its tabs and workers. A claim resolves when the browser says that it
 *  is on the disk. `name` is the database's name; it can be read by every script of the origin.
 *
 *  Opens at first use. Where there is no IndexedDB (Node, storage switched off) that use fails with JournalError 'unavailable'.
 *
 *  The browser may throw the database away. Pages therefore mirror each operation's key and state in localStorage (workers have none), so that names keep
 *  their keys and finished ones stay finished; names that are in neither are refused until `client.operations.acknowledgeLoss()`. What no page can
 *  mend: eviction and Safari's seven days without a visit take both.
 *
 *  @default name 'onceward'
 *  @example
 *  const client = createClient({ journal: indexedDBJournal('shop'), ... });
 */
export function indexedDBJournal(name = 'onceward'): Journal {
  const hints = changeHints();
  const channel = changeChannel(name, () => hints.tell(undefined));
  const lost = losses(name);
  const still = standstill();
  const limited = limitOf(name, still);
  const connection = connect(
    name,
    {
      async opened(database) {
        await lost.opened(database);
        channel.open();
      },
      gone: () => hints.tell(undefined),
    },
    still,
  );
  const queue = writeQueue(connection, name, still);

  const write = async <T>(task: Write<T>): Promise<T> => {
    const result = await queue.write(task);
    task.noted(result);
    hints.tell(task.identity);
    channel.tell();
    return result;
  };
  const read = <T>(work: (records: IDBObjectStore) => Promise<T>): Promise<T> =>
    limited((signal) => connection.transact({ mode: 'readonly', signal }, work));
  const { recheck, ...lossCalls } = lossCallsOf({ limited, connection, lost });

  return {
    kind: 'indexed-db',
    durability: 'device',
    open: () => limited(connection.open),
    async claim(record) {
      const offered = copyOf(record);
      // Awaited only then: claims of one tick share a transaction.
      if (lost.lostAt() !== undefined) await recheck();
      return write(claimOf(offered, lost, name));
    },
    update: (identity, change, { relaxed = false } = {}) => write(updateOf({ identity, change, relaxed }, lost, name)),
    async get(identity) {
      const record = fromStored(await read((records) => readOne(records, identity)), identity);
      lost.read(identity, record);
      return record;
    },
    async list(prefix, { open = false } = {}) {
      const listed = sift(await read((records) => readPrefix(records, prefix, open)), open);
      if (open) lost.listed(listed.records);
      return listed;
    },
    remove: (identity, revision) => write(removalOf({ identity, revision }, lost)),
    watch: hints.watch,
    ...lossCalls,
    async close() {
      await queue.idle();
      await connection.close();
      still.close();
      lost.close();
      // Last: an open that was under way opens the channel too.
      channel.close();
    },
  };
}

interface LossCalls extends Required<Pick<Journal, 'lostAt' | 'acknowledgeLoss'>> {
  /** Where a loss is known: another tab may have acknowledged it. */
  recheck(): Promise<void>;
}

function lossCallsOf({
  limited,
  connection,
  lost,
}: {
  readonly limited: Limited;
  readonly connection: Connection;
  readonly lost: Losses;
}): LossCalls {
  const recheck = (): Promise<void> => limited((signal) => lost.recheck(connection, signal));
  return {
    recheck,
    async lostAt() {
      await limited(connection.open);
      if (lost.lostAt() !== undefined) await recheck();
      return lost.lostAt();
    },
    acknowledgeLoss: () => limited((signal) => lost.acknowledge(connection, signal)),
  };
}

type Limited = <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;

function limitOf(name: string, still: Standstill): Limited {
  return async (work) => {
    const limit = new AbortController();
    const drop = still.limit(READ_LIMIT_MS, () => {
      limit.abort(
        new JournalError(
          'unavailable',
          `The IndexedDB database '${name}' did not answer within ${READ_LIMIT_MS / 1000} s: another tab may be frozen in the middle of a write.`,
        ),
      );
    });
    try {
      return await work(limit.signal);
    } catch (error) {
      throw storageError(error, name);
    } finally {
      drop();
    }
  };
}
