import { describe, expect, test } from 'vitest';
import { changeOf, clearMirror, endedAt, lose, mirrorOf, offer, openJournal, sentAt } from './support/offers.ts';
import { patch } from './support/patch.ts';
import { deleteDatabase, freshName } from './support/raw-database.ts';

describe('what the mirror holds', () => {
  test('key, state and fingerprint; no address, header, body or meta', async () => {
    const name = freshName();
    const journal = openJournal(name);
    const record = offer('cart/1', '{"card":"secret"}', { meta: { note: 'private' } });
    await journal.claim(record);
    const text = JSON.stringify(mirrorOf(name));
    expect(text).toContain(record.fixed.key);
    for (const hidden of ['api.example', 'hidden', 'secret', 'private', 'content-type', 'application/json'])
      expect(text).not.toContain(hidden);
    await journal.update(record.identity, changeOf(record, endedAt(20, 'succeeded', '{"s":1}')));
    expect(JSON.stringify(mirrorOf(name))).not.toContain(record.fixed.key);
    expect(JSON.stringify(mirrorOf(name)).length).toBeLessThan(1000);
  });

  test('strict writes only, nothing of anonymous operations, nothing that was removed', async () => {
    const name = freshName();
    const journal = openJournal(name);
    const record = offer('cart/1');
    await journal.claim(record);
    await journal.claim(offer(crypto.randomUUID(), '{}', { anonymous: true }));
    expect(Object.keys(mirrorOf(name))).toHaveLength(1);
    const before = JSON.stringify(mirrorOf(name));
    const state = { ...endedAt(20), acknowledgedAt: 1 };
    await journal.update(record.identity, changeOf(record, state), { relaxed: true });
    expect(JSON.stringify(mirrorOf(name))).toBe(before);
    expect(await journal.remove(record.identity, record.revision + 1)).toBe(true);
    expect(Object.keys(mirrorOf(name))).toEqual([]);
    await journal.close();
    await deleteDatabase(name);
    expect((await openJournal(name).claim(offer('cart/1'))).created).toBe(true);
  });

  test('at most some 500 entries: the oldest finished ones go first', async () => {
    const name = freshName();
    const journal = openJournal(name);
    const open = Array.from({ length: 20 }, (_, index) => offer(`open/${index}`));
    const done = Array.from({ length: 600 }, (_, index) => offer(`done/${index}`));
    for (const record of open) await journal.claim(record);
    for (let at = 0; at < done.length; at += 50) {
      await Promise.all(
        done.slice(at, at + 50).map(async (record, index) => {
          await journal.claim(record);
          await journal.update(record.identity, changeOf(record, endedAt(at + index)));
        }),
      );
    }
    const kept = Object.keys(mirrorOf(name));
    expect(kept.length).toBeGreaterThan(300);
    expect(kept.length).toBeLessThanOrEqual(550);
    for (const record of open) expect(kept.some((key) => key.endsWith(record.identity))).toBe(true);
    expect(kept.some((key) => key.endsWith('done%2F599'))).toBe(true);
    expect(kept.some((key) => key.endsWith('done%2F0'))).toBe(false);
    expect(kept.reduce((sum, key) => sum + key.length + (localStorage.getItem(key)?.length ?? 0), 0)).toBeLessThan(
      300_000,
    );
  });

  test('a list of what is open catches up: a kill can come before the browser has flushed the mirror', async () => {
    const name = freshName();
    const first = offer('cart/1');
    await openJournal(name).claim(first);
    clearMirror(name);
    const next = openJournal(name);
    await next.list('shop/', { open: true });
    expect(Object.keys(mirrorOf(name))).toHaveLength(1);
    const before = localStorage.getItem(Object.keys(mirrorOf(name))[0] ?? '');
    expect(before).toContain(first.fixed.key);
  });

  test('somebody else’s items and damaged entries are left alone, and mean nothing', async () => {
    const name = freshName();
    await lose(name, [offer('cart/1')]);
    const [key = ''] = Object.keys(mirrorOf(name));
    localStorage.setItem(`theirs-${name}`, 'x');
    localStorage.setItem(key, '{"database":"d","record":{"version":1}}');
    localStorage.setItem(`${key}x`, 'not JSON');
    const journal = openJournal(name);
    expect((await journal.claim(offer('cart/1'))).created).toBe(true);
    expect(localStorage.getItem(`theirs-${name}`)).toBe('x');
  });
});

describe('a claim of a new name', () => {
  /** Every commit fails, and then what `after` says happens. */
  function failCommits(after: () => void = () => undefined): void {
    patch(IDBTransaction.prototype, 'commit', {
      value(this: IDBTransaction) {
        Object.defineProperty(this, 'error', { get: () => new DOMException('full', 'QuotaExceededError') });
        this.abort();
        queueMicrotask(after);
      },
    });
  }

  test('is mirrored while the browser stores it', async () => {
    const name = freshName();
    const journal = openJournal(name);
    await journal.open();
    const seen: string[] = [];
    const { transaction } = IDBDatabase.prototype;
    patch(IDBDatabase.prototype, 'transaction', {
      value(this: IDBDatabase, ...args: Parameters<typeof transaction>) {
        const opened = transaction.apply(this, args);
        opened.addEventListener('complete', () =>
          seen.push(`complete, ${Object.keys(mirrorOf(name)).length} mirrored`),
        );
        return opened;
      },
    });
    await Promise.all(['cart/1', 'cart/2'].map((id) => journal.claim(offer(id))));
    expect(seen).toEqual(['complete, 2 mirrored']);
  });

  test('leaves no entry where it fails', async () => {
    const name = freshName();
    const journal = openJournal(name);
    await journal.open();
    failCommits();
    await expect(journal.claim(offer('cart/1'))).rejects.toMatchObject({ reason: 'quota' });
    expect(mirrorOf(name)).toEqual({});
  });

  test('that fails leaves an entry of somebody else’s write', async () => {
    const name = freshName();
    const journal = openJournal(name);
    await journal.claim(offer('cart/1'));
    const [key = ''] = Object.keys(mirrorOf(name));
    const theirs = key.replace('cart%2F1', 'cart%2F2');
    failCommits(() => localStorage.setItem(theirs, 'theirs'));
    await expect(journal.claim(offer('cart/2'))).rejects.toMatchObject({ reason: 'quota' });
    expect(mirrorOf(name)[theirs]).toBe('theirs');
  });
});

describe('a storage that fails', () => {
  const record = () => offer('cart/1');
  const denied = () => {
    throw new DOMException('denied', 'SecurityError');
  };

  test.each([
    ['absent', 'localStorage', { value: undefined }],
    ['null', 'localStorage', { value: null }],
    ['refused', 'localStorage', { get: denied }],
  ] as const)('that is %s fails no call', async (_, member, descriptor) => {
    patch(globalThis, member, descriptor);
    const journal = openJournal(freshName());
    const first = record();
    expect((await journal.claim(first)).created).toBe(true);
    expect(await journal.remove(first.identity, first.revision)).toBe(true);
  });

  test('that is full fails no call, and keeps no entry with an earlier key', async () => {
    const name = freshName();
    const journal = openJournal(name);
    const first = record();
    await journal.claim(first);
    expect(Object.keys(mirrorOf(name))).toHaveLength(1);
    patch(Storage.prototype, 'setItem', {
      value() {
        throw new DOMException('full', 'QuotaExceededError');
      },
    });
    const round = offer('cart/1', '{"b":1}', { round: 2 }).fixed;
    const change = changeOf(first, sentAt(1), round);
    expect((await journal.update(first.identity, change)).won).toBe(true);
    expect(Object.keys(mirrorOf(name))).toEqual([]);
  });

  test('that is full of finished operations makes room for one under way', async () => {
    const name = freshName();
    const journal = openJournal(name);
    const done = Array.from({ length: 30 }, (_, index) => offer(`done/${index}`));
    for (const each of done) {
      await journal.claim(each);
      await journal.update(each.identity, changeOf(each, endedAt(20)));
    }
    const setItem = Storage.prototype.setItem;
    patch(Storage.prototype, 'setItem', {
      value(this: Storage, key: string, text: string) {
        if (Object.keys(mirrorOf(name, this)).length >= 30) throw new DOMException('full', 'QuotaExceededError');
        setItem.call(this, key, text);
      },
    });
    const open = offer('open/1');
    await journal.claim(open);
    expect(Object.keys(mirrorOf(name)).some((key) => key.endsWith(open.identity))).toBe(true);
  });
});
