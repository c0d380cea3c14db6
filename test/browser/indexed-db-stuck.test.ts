import { describe, expect, test } from 'vitest';
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
    // A member, not a variable: compiled after some 10,000 rounds, WebKitGTK 2.50 takes a captured `let` for a constant and spins for ever.
    const state = { spinning: true };
    const spin = (): void => {
      if (state.spinning) store.get('nothing').onsuccess = spin;
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
    state.spinning = false;
    frozen.close();
    expect((await journal.list('')).records).toEqual([]);
    expect((await journal.claim(make.operation('cart/1'))).created).toBe(true);
    await journal.close();
  });
});
