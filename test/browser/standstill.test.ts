import { promisifyRequest } from 'idb-keyval';
import { afterEach, describe, expect, test } from 'vitest';
import { standstill } from '../../src/browser/standstill.ts';
import { RECORDS } from '../../src/journal/indexed-db/open-database.ts';
import { offer, openJournal } from './support/offers.ts';
import { freshName, rawOpen } from './support/raw-database.ts';

const tell = {
  freeze: () => document.dispatchEvent(new Event('freeze')),
  resume: () => document.dispatchEvent(new Event('resume')),
  'pagehide, cached': () => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })),
  pageshow: () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })),
};
afterEach(() => void tell.resume());

/** Somebody else writes: it waits for whatever transaction is open. */
async function writes(database: IDBDatabase): Promise<string> {
  const transaction = database.transaction(RECORDS, 'readwrite');
  transaction.objectStore(RECORDS).put({}, 'of somebody else');
  await promisifyRequest(transaction);
  return 'wrote';
}

describe('a page that is about to stand still', () => {
  test.each([
    ['frozen', 'freeze', 'resume'],
    ['put into the cache', 'pagehide, cached', 'pageshow'],
  ] as const)(
    '%s: it gives up the transaction it is in, begins none, and does both when it moves again',
    async (_, stop, go) => {
      const name = freshName();
      const journal = openJournal(name);
      await journal.open();
      const somebody = await rawOpen(name);
      const first = journal.claim(offer('cart/1'));
      // Until its transaction is open.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      tell[stop]();
      let begun = 'held';
      const second = journal.get(offer('cart/1').identity).then(() => void (begun = 'answered'));
      expect(await writes(somebody)).toBe('wrote');
      expect(begun).toBe('held');
      tell[go]();
      expect((await first).created).toBe(true);
      await second;
      expect(await journal.get(offer('cart/1').identity)).toMatchObject({ fixed: { id: 'cart/1' } });
      somebody.close();
    },
  );

  test('one that runs all the same is not held for more than a second', async () => {
    const journal = openJournal(freshName());
    await journal.open();
    tell.freeze();
    expect((await journal.claim(offer('cart/1'))).created).toBe(true);
  });

  test('a page that is left for good holds nothing back', async () => {
    const still = standstill();
    expect(still.over).toBeUndefined();
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: false }));
    expect(still.over).toBeUndefined();
    still.close();
  });
});

describe('a limit', () => {
  test('does not count standing still, and begins anew after it', async () => {
    const still = standstill();
    const told: string[] = [];
    still.limit(50, () => told.push('over'));
    const dropped = still.limit(50, () => told.push('dropped'));
    dropped();
    tell.freeze();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(told).toEqual([]);
    tell.resume();
    await expect.poll(() => told).toEqual(['over']);
    still.close();
  });
});
