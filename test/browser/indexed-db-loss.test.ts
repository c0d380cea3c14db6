import { describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../src/core/fingerprint.ts';
import type { OperationPart, OperationRecord } from '../../src/core/record.ts';
import { samples } from '../../src/testing/journal-contract/sample-record.ts';
import { changeOf, endedAt, lose, offer, openJournal, requestWith, sentAt } from './support/offers.ts';
import { patch } from './support/patch.ts';
import { freshName } from './support/raw-database.ts';

const SALT = '0d7f8dd6-95fb-4b17-8b0c-1e7a2ad0a6b1';

describe('after the database was lost', () => {
  test('an operation under way goes on with its key, once it is called again with the same content', async () => {
    const name = freshName();
    const first = offer('cart/1', '{"a":1}', { scope: 'live' });
    await lose(name, [first], (journal) => journal.update(first.identity, changeOf(first, sentAt(5000))));
    const journal = openJournal(name);
    await expect(journal.get(first.identity)).rejects.toMatchObject({ reason: 'lost', effect: 'possible' });
    expect(await journal.list('shop/')).toMatchObject({
      records: [],
      unreadable: [{ identity: first.identity, reason: 'lost' }],
    });
    const again = offer('cart/1', '{"a":1}', { meta: { page: 2 } });
    const { created, record } = await journal.claim(again);
    expect(created).toBe(false);
    expect(record).toMatchObject({
      revision: first.revision + 1,
      fixed: { key: first.fixed.key, round: 1, scope: 'live', salt: first.fixed.salt, request: requestWith('{"a":1}') },
      state: { state: 'dispatched', dispatchedAt: 5000, attempts: 1 },
    });
    expect(record.state?.driver).toBeUndefined();
    expect(await journal.get(first.identity)).toEqual(record);
    expect((await journal.claim(again)).created).toBe(false);
    expect((await journal.list('', { open: true })).records).toEqual([record]);
  });

  test('of two tabs that call it at once both get the one key', async () => {
    const name = freshName();
    const first = offer('cart/1');
    await lose(name, [first]);
    const claims = await Promise.all(
      [openJournal(name), openJournal(name)].map((journal) => journal.claim(offer('cart/1'))),
    );
    for (const { created, record } of claims) {
      expect(created).toBe(false);
      expect(record).toMatchObject({ fixed: { key: first.fixed.key } });
    }
  });

  test.each([
    ['without a mark', (_: OperationRecord) => undefined, { state: 'dispatched', dispatchedAt: 1000 }],
    [
      'in doubt',
      () =>
        ({ state: 'in-doubt', attempts: 2, lastSeenAt: 9, dispatchedAt: 7, lastSentAt: 8, reason: 'stuck' }) as const,
      { state: 'in-doubt', dispatchedAt: 7, lastSentAt: 8, reason: 'stuck' },
    ],
  ])('one that was %s comes back as possibly sent', async (_, stateOf, expected) => {
    const name = freshName();
    const first = offer('cart/1', '{}', { createdAt: 1000 });
    const claimed = { ...first, state: { state: 'claimed', attempts: 0, lastSeenAt: 1000 } } as const;
    const state = stateOf(first);
    await lose(name, [claimed], async (journal) => {
      if (state) await journal.update(first.identity, changeOf(first, state));
    });
    const { record } = await openJournal(name).claim(offer('cart/1'));
    expect(record.state).toMatchObject(expected);
  });

  test('with other content its name is taken, and nothing is stored for the other request', async () => {
    const name = freshName();
    const first = offer('cart/1', '{"a":1}');
    await lose(name, [first]);
    const journal = openJournal(name);
    const other = offer('cart/1', '{"a":2}');
    const { created, record } = await journal.claim(other);
    expect(created).toBe(false);
    const { salt, fingerprint } = record.fixed as OperationPart;
    expect(fingerprint).not.toBe(fingerprintOf(requestWith('{"a":2}'), undefined, salt));
    expect(record.fixed).toMatchObject({ key: first.fixed.key, request: { url: '', headers: [] } });
    await expect(journal.get(first.identity)).rejects.toMatchObject({ reason: 'lost' });
    expect((await journal.claim(offer('cart/1', '{"a":1}'))).record).toMatchObject({ fixed: { key: first.fixed.key } });
  });

  test.each([
    ['small', ''],
    ['large', 'x'.repeat(100_000)],
  ])(
    'an equal fingerprint of the caller’s own does not do: the same key never goes out with other bytes (%s)',
    async (_, text) => {
      const name = freshName();
      const own = { salt: SALT, fingerprint: fingerprintOf(requestWith(''), 'same', SALT) };
      const first = offer('cart/1', `1${text}`, own);
      await lose(name, [first]);
      const { record } = await openJournal(name).claim(offer('cart/1', `2${text}`, own));
      expect(record.fixed).not.toMatchObject({ fingerprint: first.fixed.fingerprint });
      expect((await openJournal(name).claim(offer('cart/1', `1${text}`, own))).record.fixed).toMatchObject({
        key: first.fixed.key,
        fingerprint: first.fixed.fingerprint,
      });
    },
  );

  test('a finished one stays finished: a tombstone with its fingerprint', async () => {
    const name = freshName();
    const first = offer('cart/1');
    await lose(name, [first], (journal) =>
      journal.update(first.identity, changeOf(first, endedAt(20, 'succeeded', '{"id":1}'))),
    );
    const journal = openJournal(name);
    const { created, record } = await journal.claim(offer('cart/1'));
    expect(created).toBe(false);
    expect(record).toMatchObject({
      fixed: { key: '-', fingerprint: first.fixed.fingerprint, salt: first.fixed.salt },
      state: { state: 'succeeded', tombstone: true, response: { status: 201, headers: {} } },
    });
    expect((await journal.list('shop/')).records).toEqual([record]);
  });

  test('a key that was handed in stays with its operation', async () => {
    const name = freshName();
    const make = samples();
    await lose(name, [make.key('key/shop/live/k', 'shop/alice/cart%2F1')]);
    const { created, record } = await openJournal(name).claim(make.key('key/shop/live/k', 'shop/alice/other'));
    expect(created).toBe(false);
    expect(record.fixed).toMatchObject({ operation: 'shop/alice/cart%2F1', round: 1 });
  });

  test('a new round is mirrored with its key', async () => {
    const name = freshName();
    const first = offer('cart/1');
    const next = offer('cart/1', '{"b":1}', { round: 2 });
    await lose(name, [first], (journal) => journal.update(first.identity, changeOf(first, sentAt(1), next.fixed)));
    const { record } = await openJournal(name).claim(offer('cart/1', '{"b":1}'));
    expect(record.fixed).toMatchObject({ round: 2, key: next.fixed.key });
  });

  test('names that neither knows are refused, in every tab and later start, until the loss is acknowledged', async () => {
    const name = freshName();
    await lose(name, [offer('cart/1')]);
    const [a, b] = [openJournal(name), openJournal(name)];
    for (const journal of [a, b]) {
      await expect(journal.open()).resolves.toBeUndefined();
      expect(await journal.lostAt?.()).toBeGreaterThan(0);
      await expect(journal.claim(offer('cart/2'))).rejects.toMatchObject({
        reason: 'lost',
        effect: 'none',
        message: expect.stringContaining('client.operations.acknowledgeLoss()') as string,
      });
      await expect(journal.claim(samples().key('key/shop/live/k', 'x'))).rejects.toMatchObject({ reason: 'lost' });
      expect((await journal.claim(offer(crypto.randomUUID(), '{}', { anonymous: true }))).created).toBe(true);
    }
    await openJournal(name).acknowledgeLoss?.();
    for (const journal of [a, b, openJournal(name)]) {
      expect(await journal.lostAt?.()).toBeUndefined();
      expect((await journal.claim(offer(crypto.randomUUID()))).created).toBe(true);
      expect((await journal.claim(offer('cart/1'))).created).toBe(false);
    }
  });

  test('what the browser says of it counts without a mirror, once and for ever', async () => {
    const name = freshName();
    patch(IDBVersionChangeEvent.prototype as IDBVersionChangeEvent & { dataLoss: string }, 'dataLoss', {
      get: () => 'total',
    });
    await openJournal(name).open();
    Reflect.deleteProperty(IDBVersionChangeEvent.prototype, 'dataLoss');
    const journal = openJournal(name);
    await expect(journal.claim(offer('cart/1'))).rejects.toMatchObject({ reason: 'lost' });
    await journal.acknowledgeLoss?.();
    expect((await journal.claim(offer('cart/1'))).created).toBe(true);
  });

  test('a new round on a mirrored ending waits for the acknowledgement: it may be that of an earlier round', async () => {
    const name = freshName();
    const first = offer('cart/1');
    await lose(name, [first], (journal) => journal.update(first.identity, changeOf(first, endedAt(20, 'rejected'))));
    const journal = openJournal(name);
    const round = offer('cart/1', '{"b":1}', { round: 2 }).fixed;
    const change = changeOf({ revision: first.revision + 1 }, sentAt(1), round);
    await expect(journal.update(first.identity, change)).rejects.toMatchObject({ reason: 'lost' });
    await journal.acknowledgeLoss?.();
    expect(await journal.update(first.identity, change)).toMatchObject({ won: true });
  });

  test('lost once more: what was put back is put back again', async () => {
    const name = freshName();
    const [finished, open] = [offer('cart/1'), offer('cart/2')];
    await lose(name, [finished, open], (journal) => journal.update(finished.identity, changeOf(finished, endedAt(20))));
    await lose(name, []);
    await lose(name, [], (journal) => journal.open());
    const journal = openJournal(name);
    expect((await journal.get(finished.identity))?.state).toMatchObject({ state: 'succeeded', tombstone: true });
    expect((await journal.claim(offer('cart/2'))).record.fixed).toMatchObject({ key: open.fixed.key });
  });
});
