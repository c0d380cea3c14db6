import type { Change } from '../../core/record.ts';
import type { JournalCase } from './case.ts';
import { ensure, same } from './expectation.ts';
import { samples, succeeded } from './sample-record.ts';

/** How long a hint about a change made through the same journal may take. Elsewhere it may never come. */
const HINT_MS = 2000;

export const LIFE_CASES: readonly JournalCase[] = [
  {
    name: 'remove: only at the stored revision; then the name is free',
    async run(journal) {
      const make = samples();
      const record = make.operation('cart/1');
      await journal.claim(record);
      await journal.claim(make.operation('cart/10'));
      await journal.update(record.identity, make.change(1, succeeded()));
      ensure(!(await journal.remove(record.identity, 1)), 'remove at an old revision must say false');
      same((await journal.get(record.identity))?.revision, 2, 'the record after it');
      ensure(await journal.remove(record.identity, 2), 'remove at the stored revision must say true');
      same(await journal.get(record.identity), undefined, 'get after remove');
      ensure(!(await journal.remove(record.identity, 2)), 'remove of an absent name must say false');
      same((await journal.list('')).records.length, 1, 'the records that are left');
      const second = make.operation('cart/1');
      ensure((await journal.claim(second)).created, 'a removed name can be claimed');
      same(await journal.get(second.identity), second, 'the record of the second claim');
    },
  },
  {
    name: 'remove: of several at once one says true',
    async run(journal) {
      const record = samples().operation('cart/1');
      await journal.claim(record);
      const removed = await Promise.all(Array.from({ length: 5 }, () => journal.remove(record.identity, 1)));
      same(removed.filter(Boolean).length, 1, 'how many removes said true');
    },
  },
  {
    name: 'watch: hears of a claim, an update and a remove, and nothing after it was ended',
    async run(journal) {
      const make = samples();
      const record = make.operation('cart/1');
      let heard = 0;
      const end = journal.watch((identity) => {
        if (identity === undefined || identity === record.identity) heard++;
      });
      await journal.claim(record);
      await until(() => heard >= 1, 'watch must hear of a claim');
      const before = heard;
      await journal.update(record.identity, make.change(1));
      await until(() => heard > before, 'watch must hear of an update');
      const earlier = heard;
      await journal.remove(record.identity, 2);
      await until(() => heard > earlier, 'watch must hear of a remove');
      end();
      end();
      const last = heard;
      await journal.claim(make.operation('cart/1'));
      await pause(50);
      same(heard, last, 'how often a watch was called after it was ended');
    },
  },
  {
    name: 'close: finishes what is under way, and the journal can be used again',
    async run(journal) {
      const make = samples();
      await journal.open();
      await journal.open();
      const records = Array.from({ length: 20 }, (_, index) => make.operation(`cart/${index}`));
      const claims = records.map((record) => journal.claim(record));
      await journal.close();
      for (const claim of await Promise.all(claims)) ensure(claim.created, 'a claim begun before close must succeed');
      for (const record of records) same(await journal.get(record.identity), record, 'a record after close');
      ensure((await journal.claim(make.operation('late'))).created, 'a claim after close must succeed');
      await journal.close();
      await journal.close();
    },
  },
  {
    name: 'close: updates under way are finished, the relaxed ones too',
    async run(journal) {
      const make = samples();
      const records = Array.from({ length: 12 }, (_, index) => make.operation(`cart/${index}`));
      await Promise.all(records.map((record) => journal.claim(record)));
      const changes = records.map((_, index) => make.change(1, { attempts: 40 + index }));
      const updates = records.map(({ identity }, index) =>
        journal.update(identity, changes[index] as Change, { relaxed: index % 2 === 0 }),
      );
      await journal.close();
      for (const update of await Promise.all(updates)) ensure(update.won, 'an update begun before close must succeed');
      for (const [index, { identity }] of records.entries()) {
        const stored = await journal.get(identity);
        same(stored?.state, changes[index]?.state, `the state of ${identity} after close`);
        same(stored?.revision, 2, `the revision of ${identity} after close`);
      }
    },
  },
];

async function until(condition: () => boolean, what: string): Promise<void> {
  const start = performance.now();
  while (!condition()) {
    ensure(performance.now() - start < HINT_MS, `${what} within ${HINT_MS} ms`);
    await pause(5);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
