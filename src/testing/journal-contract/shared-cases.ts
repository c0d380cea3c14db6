import type { Journal } from '../../core/journal.ts';
import type { Change } from '../../core/record.ts';
import type { HookedCase } from './case.ts';
import { everyByte } from './claim-cases.ts';
import { ensure, same } from './expectation.ts';
import { interleaved } from './model-cases.ts';
import { samples, succeeded } from './sample-record.ts';

/** Opens another journal on the medium of the case's own. */
type Another = () => Promise<Journal>;

/** What two processes or two tabs on one medium may expect of each other. */
export const SHARED_CASES: readonly HookedCase<Another>[] = [
  {
    name: 'shared: what one journal claims, updates and removes, the other sees at once',
    async run(one, another) {
      const other = await another();
      const make = samples();
      const record = make.operation('cart/1');
      same(await other.get(record.identity), undefined, 'get by the other before the claim');
      await one.claim(record);
      same(await other.get(record.identity), record, 'get by the other after the claim');
      const late = await other.claim(make.operation('cart/1'));
      same(late, { created: false, record }, 'a claim by the other after the claim');
      const change = make.change(1);
      const updated = await other.update(record.identity, change);
      ensure(updated.won, 'an update by the other must win at the revision of the claim');
      same(await one.get(record.identity), updated.record, 'get by the first after an update by the other');
      same(await one.update(record.identity, make.change(1)), { won: false, record: updated.record }, 'a late update');
      same((await one.list('shop/')).records, [updated.record], 'the list of the first');
      same((await other.list('shop/')).records, [updated.record], 'the list of the other');
      ensure(await one.remove(record.identity, 2), 'the first can remove what the other wrote last');
      same(await other.get(record.identity), undefined, 'get by the other after the remove');
      ensure((await other.claim(make.operation('cart/1'))).created, 'the other can claim the removed name');
    },
  },
  {
    name: 'shared: relaxed updates of one journal are seen by the other',
    async run(one, another) {
      const other = await another();
      const make = samples();
      const { identity } = (await one.claim(make.operation('cart/1'))).record;
      const change = make.change(1, { attempts: 5 });
      ensure((await one.update(identity, change, { relaxed: true })).won, 'the relaxed update must win');
      same((await other.get(identity))?.state, change.state, 'the state that the other sees');
      ensure(!(await other.update(identity, make.change(1))).won, 'the old revision must lose with the other');
    },
  },
  {
    name: 'shared: 40 names claimed by both at once have one key each, known to both',
    async run(one, another) {
      const other = await another();
      const make = samples();
      const names = Array.from({ length: 40 }, (_, index) => `cart/${index}`);
      const claims = await Promise.all(
        names.flatMap((name) => [one.claim(make.operation(name)), other.claim(make.operation(name))]),
      );
      for (const [index, name] of names.entries()) {
        const pair = claims.slice(2 * index, 2 * index + 2);
        same(pair.filter(({ created }) => created).length, 1, `the winners of ${name}`);
        const [first, second] = pair;
        same(first?.record, second?.record, `what both claims of ${name} returned`);
        for (const journal of [one, other]) {
          same(await journal.get(first?.record.identity ?? ''), first?.record, `the stored record of ${name}`);
        }
      }
    },
  },
  {
    name: 'shared: 100 claims of one name by each of three journals have one winner',
    async run(one, another) {
      const journals = [one, await another(), await another()];
      const make = samples();
      const offers = Array.from({ length: 300 }, (_, index) =>
        (journals[index % 3] as Journal).claim(make.operation('cart/1')),
      );
      const claims = await Promise.all(offers);
      const winners = claims.filter(({ created }) => created);
      same(winners.length, 1, 'the winners of 300 claims');
      for (const { record } of claims) same(record, winners[0]?.record, 'what each of 300 claims returned');
    },
  },
  {
    name: 'shared: a storm of updates by both has one winner per revision',
    async run(one, another) {
      const other = await another();
      const make = samples();
      const { identity } = (await one.claim(make.operation('cart/1'))).record;
      for (let revision = 1; revision <= 5; revision++) {
        const storm = Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? one : other).update(identity, make.change(revision)),
        );
        const wins = (await Promise.all(storm)).filter((update) => update.won);
        same(wins.length, 1, `how many of 20 updates won revision ${revision}`);
        for (const journal of [one, other]) {
          same(await journal.get(identity), wins[0]?.record, `the record after the storm over revision ${revision}`);
        }
      }
    },
  },
  {
    name: 'shared: calls of both at the same time have an order that explains them all',
    run: async (one, another) => interleaved([one, await another()], { seed: 3, rounds: 40 }),
  },
  {
    name: 'shared: close of one leaves the other as it is',
    async run(one, another) {
      const other = await another();
      const make = samples();
      const records = Array.from({ length: 20 }, (_, index) => make.operation(`cart/${index}`));
      await one.open();
      const claims = records.map((record, index) => (index % 2 === 0 ? one : other).claim(record));
      await other.close();
      for (const { created } of await Promise.all(claims))
        ensure(created, 'a claim begun before the close must succeed');
      for (const record of records) same(await one.get(record.identity), record, 'a record after the other was closed');
      ensure((await one.claim(make.operation('late'))).created, 'a claim after the other was closed must succeed');
    },
  },
  {
    name: 'reopen: what was written is there after close, bodies of 1 MiB and relaxed updates too',
    async run(one, another) {
      const make = samples();
      const body = everyByte(1 << 20);
      const request = { method: 'PUT', url: 'https://api.example/blob', headers: [], body };
      const [large, finished, relaxed, removed, ...rest] = [
        make.operation('large', { request }),
        make.operation('finished'),
        make.operation('relaxed'),
        make.operation('removed'),
        ...Array.from({ length: 30 }, (_, index) => make.operation(`rest/${index}`)),
      ] as const;
      if (!large || !finished || !relaxed || !removed) return;
      const claims = [large, finished, relaxed, removed, ...rest].map((record) => one.claim(record));
      await Promise.all(claims);
      const expected = new Map<string, unknown>([large, ...rest].map((record) => [record.identity, record]));
      const write = async (identity: string, change: Change, how = {}) =>
        expected.set(identity, (await one.update(identity, change, how)).record);
      await write(finished.identity, make.change(1, succeeded(body)));
      await write(relaxed.identity, make.change(1, { attempts: 2 }), { relaxed: true });
      await write(relaxed.identity, make.change(2, { attempts: 3 }), { relaxed: true });
      await one.remove(removed.identity, 1);
      await one.close();
      const later = await another();
      for (const [identity, record] of expected) same(await later.get(identity), record, `${identity} after reopening`);
      same(await later.get(removed.identity), undefined, 'a removed record after reopening');
      same((await later.list('')).records.length, expected.size, 'the number of records after reopening');
      ensure(!(await later.claim(make.operation('large'))).created, 'a name claimed before must still be claimed');
    },
  },
];
