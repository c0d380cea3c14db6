import { JournalError } from '../core/errors/journal-error.ts';
import { identityLabel } from '../core/identity.ts';
import type { Journal, Unreadable } from '../core/journal.ts';
import { applyClaim, applyUpdate, isOpen, type JournalRecord } from '../core/record.ts';
import { type ChangeHints, changeHints } from './change-hints.ts';
import { decodeRecord, encodeRecord } from './codec.ts';
import type { ConditionalStore } from './conditional-store.ts';

/** A lost conditional write means that the record has changed, so the next read decides. Only a store whose reads lag behind its writes
 *  comes round again and again. */
const MOST_TURNS = 100;

/** How many records one `list` reads at a time: a remote store should not get ten thousand reads at once. */
const READS_AT_ONCE = 32;

/** Not an identity (those have at least three parts), so it never meets a record. */
const PROBE = 'onceward';

/** A journal over any store that can write on a condition. It is as durable, and as shared between processes, as that store.
 *
 *  @example
 *  const client = createClient({ journal: storeJournal(postgresStore(sql)), ... });
 */
export function storeJournal(store: ConditionalStore): Journal {
  const hints = changeHints();
  return {
    kind: 'store',
    durability: store.durability,
    async open() {
      await asked(() => store.read(PROBE));
    },
    claim: (record) => claim(store, hints, record),
    update: (identity, change) => update(store, hints, identity, change),
    get: async (identity) => (await read(store, identity))?.record,
    list: (prefix, options) => list(store, prefix, options?.open === true),
    remove: (identity, revision) => remove(store, hints, identity, revision),
    watch: hints.watch,
    async close() {},
  };
}

async function claim(store: ConditionalStore, hints: ChangeHints, offered: Parameters<Journal['claim']>[0]) {
  const { identity } = offered;
  const text = encodeRecord(offered);
  // Read back before it is written: what this journal could not read again must not be claimed. And the caller gets a copy.
  const record = decodeRecord(text, identity);
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    // The write first: most names are new, and this is one round trip for them.
    if (await write(store, record, { text, ifVersion: null })) {
      hints.tell(identity);
      return { created: true, record };
    }
    const existing = await read(store, identity);
    if (existing !== undefined) return applyClaim(existing.record, offered);
  }
  throw lagging(identity);
}

async function update(
  store: ConditionalStore,
  hints: ChangeHints,
  identity: string,
  change: Parameters<Journal['update']>[1],
) {
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const existing = await read(store, identity);
    const result = applyUpdate(existing?.record, change);
    if (existing === undefined || !result.won || result.record === undefined || result.record === existing.record) {
      return result;
    }
    const text = encodeRecord(result.record);
    const record = decodeRecord(text, identity);
    if (await write(store, record, { text, ifVersion: existing.version })) {
      hints.tell(identity);
      return { won: true, record };
    }
  }
  throw lagging(identity);
}

async function remove(store: ConditionalStore, hints: ChangeHints, identity: string, revision: number) {
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const existing = await read(store, identity);
    if (existing?.record.revision !== revision) return false;
    if (await asked(() => store.remove(identity, existing.version))) {
      hints.tell(identity);
      return true;
    }
  }
  throw lagging(identity);
}

async function list(store: ConditionalStore, prefix: string, openOnly: boolean) {
  const records: JournalRecord[] = [];
  const unreadable: Unreadable[] = [];
  // Filtered here too: in SQL's LIKE the % and _ of an identity are wildcards, and a store need not know which are open.
  const found = (await asked(() => store.list(prefix, { open: openOnly }))).filter((identity) =>
    identity.startsWith(prefix),
  );
  for (let at = 0; at < found.length; at += READS_AT_ONCE) {
    const read = found.slice(at, at + READS_AT_ONCE).map((identity) => readOrReport(store, identity, unreadable));
    for (const record of await Promise.all(read)) {
      if (record !== undefined && (!openOnly || isOpen(record))) records.push(record);
    }
  }
  return { records, unreadable };
}

async function readOrReport(store: ConditionalStore, identity: string, unreadable: Unreadable[]) {
  try {
    return (await read(store, identity))?.record;
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    if (error.reason !== 'corrupt' && error.reason !== 'newer-version') throw error;
    unreadable.push({ identity, reason: error.reason });
    return undefined;
  }
}

async function read(store: ConditionalStore, identity: string) {
  // Many database clients say null for "no such row".
  const found: { value: string; version: string } | null | undefined = await asked(() => store.read(identity));
  if (found === undefined || found === null) return undefined;
  return { version: found.version, record: decodeRecord(found.value, identity) };
}

async function write(
  store: ConditionalStore,
  record: JournalRecord,
  { text, ifVersion }: { readonly text: string; readonly ifVersion: string | null },
) {
  const { identity } = record;
  const version: unknown = await asked(() => store.write(identity, text, ifVersion, { open: isOpen(record) }));
  if (version === false) return false;
  if (typeof version === 'string') return true;
  throw new JournalError(
    'unavailable',
    `The store answered a conditional write with ${version === null ? 'null' : typeof version}: it must resolve with the new version, or false. Whether ${identityLabel(identity)} was stored is unknown, so nothing was sent.`,
  );
}

async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof JournalError) throw cause;
    throw new JournalError('unavailable', 'The store behind the journal failed; see cause. Nothing was sent.', {
      cause,
    });
  }
}

function lagging(identity: string): JournalError {
  return new JournalError(
    'unavailable',
    `The store refused ${MOST_TURNS} conditional writes of ${identityLabel(identity)}, yet its reads show no other writer. A journal needs consistent reads: read from the primary.`,
  );
}
