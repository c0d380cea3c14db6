import { describe, expect, test } from 'vitest';
import type { OperationPart } from '../../src/core/record.ts';
import { indexedDBJournal } from '../../src/journal/indexed-db/indexed-db-journal.ts';
import { changeOf, clearMirror, endedAt, offer, openJournal } from './support/offers.ts';
import { patch } from './support/patch.ts';
import { deleteDatabase, freshName, rawGet } from './support/raw-database.ts';

describe('the database is taken away from a living tab', () => {
  test('what it holds is put back before anything else: same key, same write', async () => {
    const name = freshName();
    const journal = openJournal(name);
    const first = offer('cart/1', '{}', { anonymous: true });
    const second = offer('cart/2');
    for (const record of [first, second]) await journal.claim(record);
    clearMirror(name);
    await deleteDatabase(name);
    const other = await journal.claim(offer('cart/2', '{"x":1}'));
    expect(other.created).toBe(false);
    expect(other.record).toMatchObject({ write: second.write, fixed: second.fixed });
    expect(await rawGet(name, first.identity)).toMatchObject({
      record: { write: first.write, fixed: first.fixed },
    });
    await expect(journal.claim(offer('cart/3'))).rejects.toMatchObject({ reason: 'lost' });
  });

  test('an update of it goes on as if nothing had been', async () => {
    const name = freshName();
    const journal = openJournal(name);
    const record = offer('cart/1');
    await journal.claim(record);
    await deleteDatabase(name);
    const change = changeOf(record, endedAt(20, 'succeeded', '{}'));
    expect(await journal.update(record.identity, change)).toMatchObject({
      won: true,
      record: { state: { state: 'succeeded' } },
    });
  });

  test('a whole record takes the place of what another tab had put back', async () => {
    const name = freshName();
    const living = openJournal(name);
    const record = offer('cart/1');
    await living.claim(record);
    await deleteDatabase(name);
    const started = openJournal(name);
    await expect(started.get(record.identity)).rejects.toMatchObject({ reason: 'lost' });
    expect(await living.get(record.identity)).toMatchObject({ fixed: record.fixed });
    expect(await started.get(record.identity)).toMatchObject({ fixed: record.fixed });
  });

  test('what another tab has ended since is not begun again', async () => {
    const name = freshName();
    const [driver, follower] = [openJournal(name), indexedDBJournal(name)];
    const record = offer('cart/1');
    await follower.claim(record);
    await driver.update(record.identity, changeOf(record, endedAt(20)));
    await driver.close();
    await deleteDatabase(name);
    expect((await follower.get(record.identity))?.state).toMatchObject({ state: 'succeeded', tombstone: true });
    await follower.close();
  });

  test('closed by the browser, as when site data is cleared: told at once, and opened again', async () => {
    const seen = new Set<IDBDatabase>();
    const transaction = IDBDatabase.prototype.transaction;
    patch(IDBDatabase.prototype, 'transaction', {
      value(this: IDBDatabase, ...args: Parameters<typeof transaction>) {
        seen.add(this);
        return transaction.apply(this, args);
      },
    });
    const name = freshName();
    const journal = openJournal(name);
    const record = offer('cart/1');
    await journal.claim(record);
    let hints = 0;
    journal.watch(() => {
      hints++;
    });
    for (const database of [...seen]) database.dispatchEvent(new Event('close'));
    await expect.poll(() => hints).toBe(1);
    clearMirror(name);
    await deleteDatabase(name);
    expect(await journal.get(record.identity)).toMatchObject({ write: record.write, fixed: record.fixed });
    expect(seen.size).toBe(2);
  });

  test('in the middle of a storm of claims no name gets two keys', { timeout: 60_000 }, async () => {
    const name = freshName();
    const journal = openJournal(name);
    await journal.open();
    const names = Array.from({ length: 60 }, (_, index) => `cart/${index}`);
    const seen = new Map<string, Set<unknown>>(names.map((id) => [id, new Set()]));
    const claimAll = async (): Promise<void> => {
      for (const id of names) {
        await journal.claim(offer(id)).then(
          ({ record }) => seen.get(id)?.add((record.fixed as OperationPart).key),
          (error: unknown) => expect(error).toMatchObject({ reason: 'lost' }),
        );
      }
    };
    const storm = claimAll();
    while ((await journal.list('')).records.length < 5) await Promise.resolve();
    await deleteDatabase(name);
    await storm;
    await claimAll();
    for (const keys of seen.values()) expect(keys.size).toBeLessThanOrEqual(1);
    expect([...seen.values()].some((keys) => keys.size === 1)).toBe(true);
  });
});
