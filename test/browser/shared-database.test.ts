import { describe, expect, test } from 'vitest';
import { indexedDBJournal } from '../../src/journal/indexed-db/indexed-db-journal.ts';
import { samples } from '../../src/testing/journal-contract/sample-record.ts';
import { claimAll } from './support/claim-all.ts';
import { freshName } from './support/raw-database.ts';

const IDS = Array.from({ length: 200 }, (_, index) => `cart/${index}`);

type Keys = Awaited<ReturnType<typeof claimAll>>;

/** Every name has one key and one creator, whoever asked. */
function expectNoSplit(claims: readonly Keys[]): void {
  for (const id of IDS) {
    expect(new Set(claims.map((keys) => keys[id]?.key)).size, id).toBe(1);
    expect(claims.filter((keys) => keys[id]?.created).length, id).toBe(1);
  }
}

/** Claims in a worker, begun when `start` is called. */
function worker(name: string, who: string): Promise<Keys> {
  const worker = new Worker(new URL('./support/claim.worker.ts', import.meta.url), { type: 'module' });
  return new Promise<Keys>((resolve, reject) => {
    worker.onmessage = ({ data }) => (typeof data === 'string' ? reject(new Error(data)) : resolve(data as Keys));
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ name, ids: IDS, who });
  }).finally(() => worker.terminate());
}

describe('one database, many connections', () => {
  test('two journals that claim the same 200 names split no key, and both win some', async () => {
    const name = freshName();
    const [a, b] = [indexedDBJournal(name), indexedDBJournal(name)];
    await Promise.all([a.open(), b.open()]);
    const claims = await Promise.all([claimAll(a, IDS, 'a'), claimAll(b, IDS, 'b')]);
    expectNoSplit(claims);
    for (const keys of claims) expect(Object.values(keys).some((claim) => claim.created)).toBe(true);
    await Promise.all([a.close(), b.close()]);
  });

  test('a page and two workers that claim the same 200 names split no key', async () => {
    const name = freshName();
    const page = indexedDBJournal(name);
    const claims = await Promise.all([claimAll(page, IDS, 'page'), worker(name, 'w1'), worker(name, 'w2')]);
    expect(claims.length).toBe(3);
    expectNoSplit(claims);
    await page.close();
  });

  test('an update storm over two connections has one winner per revision', async () => {
    const name = freshName();
    const journals = [indexedDBJournal(name), indexedDBJournal(name)];
    const make = samples();
    const record = make.operation('cart/1');
    await journals[0]?.claim(record);
    for (let revision = 1; revision <= 10; revision++) {
      const storm = journals.flatMap((journal) =>
        [1, 2, 3].map(() => journal.update(record.identity, make.change(revision))),
      );
      expect((await Promise.all(storm)).filter((update) => update.won).length).toBe(1);
    }
    expect((await journals[1]?.get(record.identity))?.revision).toBe(11);
    await Promise.all(journals.map((journal) => journal.close()));
  });

  test('a change is heard of through another connection, without the name of what changed', async () => {
    const name = freshName();
    const [writer, listener] = [indexedDBJournal(name), indexedDBJournal(name)];
    await listener.open();
    const heard: (string | undefined)[] = [];
    const first = new Promise<void>((resolve) => {
      listener.watch((identity) => {
        heard.push(identity);
        resolve();
      });
    });
    for (let index = 0; index < 30; index++) await writer.claim(samples().operation(`cart/${index}`));
    await first;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(new Set(heard)).toEqual(new Set([undefined]));
    expect(heard.length).toBeLessThan(30);
    await Promise.all([writer.close(), listener.close()]);
  });
});
