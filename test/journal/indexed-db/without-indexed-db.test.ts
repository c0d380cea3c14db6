import { describe, expect, test } from 'vitest';
import { JournalError } from '../../../src/core/errors/journal-error.ts';
import { samples } from '../../../src/testing/journal-contract/sample-record.ts';

describe('the browser entry in Node', () => {
  test('imports, and making a journal does nothing', async () => {
    const { indexedDBJournal } = await import('../../../src/browser.ts');
    expect(indexedDBJournal('shop')).toMatchObject({ kind: 'indexed-db', durability: 'device' });
  });

  test('every first use says unavailable, names what to use instead, and is not remembered', async () => {
    const { indexedDBJournal } = await import('../../../src/browser.ts');
    const journal = indexedDBJournal();
    const make = samples();
    const { identity } = make.operation('cart/1');
    const end = journal.watch(() => {});
    for (let turn = 0; turn < 2; turn++) {
      const results = await Promise.allSettled([
        journal.open(),
        journal.claim(make.operation('cart/1')),
        journal.update(identity, make.change(1)),
        journal.get(identity),
        journal.list(''),
        journal.remove(identity, 1),
      ]);
      for (const result of results) {
        expect(result).toMatchObject({ status: 'rejected', reason: { reason: 'unavailable', effect: 'none' } });
        const error = (result as PromiseRejectedResult).reason as JournalError;
        expect(error).toBeInstanceOf(JournalError);
        expect(error.message).toContain("fileJournal(directory) from 'onceward/node'");
      }
    }
    end();
    await expect(journal.close()).resolves.toBeUndefined();
  });
});

describe('the browser platform in Node', () => {
  test('imports, and what needs no page works', async () => {
    const { browserPlatform } = await import('../../../src/browser/platform.ts');
    const { clock, random } = browserPlatform;
    expect(browserPlatform.online()).toBe(true);
    expect(random.bytes(16)).toHaveLength(16);
    await expect(clock.sleep(1)).resolves.toBeUndefined();
    const end = browserPlatform.onWake(() => {});
    end();
    const presence = browserPlatform.presence(undefined, clock, random);
    const mark = await presence.enter();
    expect(presence.holds(mark)).toBe(true);
    presence.leave();
    expect(presence.holds(mark)).toBe(false);
  });
});
