import { describe, expect, test, vi } from 'vitest';
import { indexedDBJournal } from '../../src/journal/indexed-db/indexed-db-journal.ts';
import { RECORDS } from '../../src/journal/indexed-db/open-database.ts';
import { samples } from '../../src/testing/journal-contract/sample-record.ts';
import { expectAllReject } from './support/expect-all-reject.ts';
import { deleteDatabase, freshName, rawOpen } from './support/raw-database.ts';

// Both wait for a real time-out, so they wait side by side.
describe.concurrent('another tab is stuck', () => {
  test('a tab that holds on while another deletes: blocked within 4 s, and fine once it is gone', async () => {
    const name = freshName();
    const holder = await rawOpen(name);
    const deletion = deleteDatabase(name);
    const journal = indexedDBJournal(name);
    const start = performance.now();
    const calls = [journal.open(), journal.claim(samples().operation('cart/1')), journal.get('shop/alice/cart%2F1')];
    await expectAllReject(calls, { reason: 'blocked', effect: 'none' });
    expect(performance.now() - start).toBeLessThan(9000);
    holder.close();
    await deletion;
    expect(await journal.get('shop/alice/cart%2F1')).toBeUndefined();
    expect((await journal.claim(samples().operation('cart/1'))).created).toBe(true);
    await journal.close();
  });

  test('a tab frozen in the middle of a write: every call ends, and what was told "not stored" is not stored', {
    timeout: 60_000,
  }, async () => {
    const name = freshName();
    const journal = indexedDBJournal(name);
    await journal.open();
    const frozen = await rawOpen(name);
    const store = frozen.transaction(RECORDS, 'readwrite').objectStore(RECORDS);
    let spinning = true;
    const spin = (): void => {
      if (spinning) store.get('nothing').onsuccess = spin;
    };
    spin();
    const make = samples();
    const start = performance.now();
    const calls = [
      journal.claim(make.operation('cart/1')),
      journal.claim(make.operation('cart/1')),
      journal.get('shop/alice/cart%2F1'),
      journal.list('', { open: true }),
    ];
    await new Promise((resolve) => setTimeout(resolve, 500));
    calls.push(journal.claim(make.operation('cart/2')));
    await expectAllReject(calls, { reason: 'unavailable', effect: 'none' });
    expect(performance.now() - start).toBeLessThan(15_000);
    spinning = false;
    frozen.close();
    // WebKit on a busy machine takes its time to end a transaction that has been spinning for seconds: until then calls go on ending.
    const thawed = await vi.waitFor(() => journal.list(''), { timeout: 40_000, interval: 100 });
    expect(thawed.records).toEqual([]);
    expect((await journal.claim(make.operation('cart/1'))).created).toBe(true);
    await journal.close();
  });
});
