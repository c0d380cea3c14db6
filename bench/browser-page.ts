import { set } from 'idb-keyval';
import type { OperationRecord } from '../src/core/record.ts';
import { indexedDBJournal } from '../src/journal/indexed-db/indexed-db-journal.ts';
import { claimOf, finishOf, plainClaim } from './records.ts';

/** What the bench calls in a page, by name. Times in milliseconds. */
export interface PageBench {
  /** So many records stored at once, until the last one is. */
  atOnce(contender: PageContender, count: number): Promise<number>;
  fill(pending: number, finished: number): Promise<void>;
  /** Reads what is pending. */
  pending(contender: 'journal' | 'getAll'): Promise<{ readonly ms: number; readonly found: number }>;
}

export type PageContender = 'journal' | 'strict puts' | 'idb-keyval';

/** Records under way at once while the journal is filled. */
const AT_ONCE = 500;

const journal = indexedDBJournal('bench-journal');
const filled = indexedDBJournal('bench-filled');
const plain = openStore('bench-plain');

const PUTS: Readonly<Record<PageContender, () => Promise<unknown>>> = {
  journal: () => journal.claim(claimOf()),
  'strict puts': async () => {
    const { identity, record } = plainClaim();
    return put(await plain, identity, record);
  },
  'idb-keyval': () => {
    const { identity, record } = plainClaim();
    return set(identity, record);
  },
};

const bench: PageBench = {
  async atOnce(contender, count) {
    const started = performance.now();
    await Promise.all(Array.from({ length: count }, PUTS[contender]));
    return performance.now() - started;
  },
  async fill(pending, finished) {
    const database = await openStore('bench-getall');
    const both = async (finish: boolean) => {
      const claim = claimOf();
      await filled.claim(claim);
      if (finish) await finishAndTell(claim);
      const stored = finish ? { ...claim, state: finishOf(claim).state } : claim;
      await put(database, claim.identity, stored, 'relaxed');
    };
    for (const [count, finish] of [
      [finished, true],
      [pending, false],
    ] as const) {
      for (let left = count; left > 0; left -= AT_ONCE) {
        await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, () => both(finish)));
      }
    }
    database.close();
  },
  async pending(contender) {
    const database = await openStore('bench-getall');
    const started = performance.now();
    const found = contender === 'journal' ? await listed() : await gotAll(database);
    const ms = performance.now() - started;
    database.close();
    return { ms, found };
  },
};
Object.assign(globalThis, { pageBench: () => bench });

async function finishAndTell(claim: OperationRecord): Promise<void> {
  const change = finishOf(claim);
  await filled.update(claim.identity, { ...change, state: { ...change.state, acknowledgedAt: Date.now() } });
}

async function listed(): Promise<number> {
  return (await filled.list('', { open: true })).records.length;
}

async function gotAll(database: IDBDatabase): Promise<number> {
  const request = database.transaction('records').objectStore('records').getAll();
  const all = await new Promise<readonly OperationRecord[]>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result as OperationRecord[]);
    request.onerror = () => reject(request.error ?? new Error('getAll failed'));
  });
  return all.filter(({ state }) => state.finishedAt === undefined).length;
}

function openStore(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore('records');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('open failed'));
  });
}

function put(
  database: IDBDatabase,
  key: string,
  value: unknown,
  durability: IDBTransactionDurability = 'strict',
): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction('records', 'readwrite', { durability });
    transaction.objectStore('records').put(value, key);
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('put failed'));
  });
}
