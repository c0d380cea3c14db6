import type { Json } from '../../core/types.ts';
import type { JournalCase } from './case.ts';
import { ensure, same } from './expectation.ts';
import { samples, succeeded } from './sample-record.ts';

/** How long a hint about a change made through the same journal may take. Elsewhere it may never come. */
const HINT_MS = 2000;

/** Names that break keys of plain objects, separators, encodings, file names and SQL. */
const NASTY = [
  '__proto__',
  'constructor',
  'toString',
  'a/b',
  'a%2Fb',
  'a%252Fb',
  '..',
  '.',
  '../../etc/passwd',
  'CON',
  'a\u0000b',
  'a\nb',
  'a\u2028b',
  "'; drop table onceward; --",
  '"',
  '\\',
  '*?[]{}',
  ' ',
  'Cart',
  'cart',
  'e\u0301',
  '\u00e9',
  '\u202eright to left',
  '\u{1f4b3}',
  'x'.repeat(200),
  '\u{1f4b3}'.repeat(100),
];

export const LIFE_CASES: readonly JournalCase[] = [
  {
    name: 'names: nasty ones stay apart and come back as they were',
    async run(journal) {
      const make = samples();
      const records = NASTY.flatMap((name) => [make.operation(name), make.operation('cart/1', {}, name)]);
      for (const record of records) {
        ensure((await journal.claim(record)).created, `${record.identity} must be a name of its own`);
      }
      for (const record of records) same(await journal.get(record.identity), record, record.identity);
      same((await journal.list('')).records.length, records.length, 'the number of records');
    },
  },
  {
    name: 'names: members of Object.prototype are not there before they are claimed',
    async run(journal) {
      for (const identity of ['__proto__', 'constructor', 'shop/__proto__/constructor', 'hasOwnProperty']) {
        same(await journal.get(identity), undefined, identity);
      }
    },
  },
  {
    name: 'data: a __proto__ member is dropped and every other JSON value is kept',
    async run(journal) {
      const kept = {
        '': 0,
        a: [[], {}, -0.5, 1e21, '\ud800', '\u0000'],
        constructor: null,
        body: { text: 'x' },
        open: 1,
      };
      const meta: unknown = JSON.parse(`{"__proto__":{"polluted":true},"kept":${JSON.stringify(kept)}}`);
      const record = samples().operation('cart/1', { meta: meta as Json });
      await journal.claim(record);
      const stored = await journal.get(record.identity);
      ensure(stored?.fixed.kind === 'operation', 'the record must be there');
      same(stored.fixed.meta, { kept }, 'the meta that came back');
      ensure(!('polluted' in (stored.fixed.meta as object)), 'no prototype may come from stored data');
    },
  },
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
