import type { Journal } from '../../core/journal.ts';
import type { OperationPart, OperationRecord } from '../../core/record.ts';
import type { JournalCase } from './case.ts';
import { everyByte } from './claim-cases.ts';
import { ensure, same } from './expectation.ts';
import { type Samples, samples, succeeded, utf8 } from './sample-record.ts';

export const UPDATE_CASES: readonly JournalCase[] = [
  {
    name: 'update: of an absent name does not win and creates nothing',
    async run(journal) {
      const make = samples();
      const { identity } = make.operation('cart/1');
      same(
        await journal.update(identity, make.change(1)),
        { won: false, record: undefined },
        'update of an absent name',
      );
      same(await journal.get(identity), undefined, 'get after it');
    },
  },
  {
    name: 'update: wins at the stored revision and stores the state with the next one',
    async run(journal) {
      const { make, record } = await claimed(journal);
      const change = make.change(1, { waiting: 'backoff', dueAt: 1_800_000_000_000 });
      const updated = await journal.update(record.identity, change);
      ensure(updated.won, 'an update at the stored revision must win');
      const expected = { ...record, revision: 2, write: change.write, state: change.state };
      same(updated.record, expected, 'the record that update returned');
      same(await journal.get(record.identity), expected, 'the record that get returned');
    },
  },
  {
    name: 'update: loses at any other revision, changes nothing and says what is there',
    async run(journal) {
      const { make, record } = await claimed(journal);
      const stored = (await journal.update(record.identity, make.change(1))).record;
      for (const revision of [0, 1, 3, 99]) {
        const lost = await journal.update(record.identity, make.change(revision, { attempts: 77 }));
        ensure(!lost.won, `an update at revision ${revision} must lose where 2 is stored`);
        same(lost.record, stored, 'what a lost update says is there');
      }
      same(await journal.get(record.identity), stored, 'the stored record after lost updates');
    },
  },
  {
    name: 'update: run again with the same write token has won, and is written once',
    async run(journal) {
      const { make, record } = await claimed(journal);
      const change = make.change(1);
      await journal.update(record.identity, change);
      const again = await journal.update(record.identity, change);
      ensure(again.won, 'an update run again must recognise its own write');
      same(again.record?.revision, 2, 'its revision');
    },
  },
  {
    name: 'update: a storm of 40 writers from one revision has one winner per revision',
    async run(journal) {
      const { make, record } = await claimed(journal);
      for (let revision = 1; revision <= 5; revision++) {
        const storm = Array.from({ length: 40 }, () => journal.update(record.identity, make.change(revision)));
        const wins = (await Promise.all(storm)).filter((update) => update.won);
        ensure(wins.length === 1, `${wins.length} of 40 updates won revision ${revision}, expected 1`);
      }
      same((await journal.get(record.identity))?.revision, 6, 'the revision after five storms');
    },
  },
  {
    name: 'update: 10 writers that each win 3 times leave exactly 30 revisions',
    async run(journal) {
      const { make, record } = await claimed(journal);
      const writers = Array.from({ length: 10 }, () => winTimes(journal, make, record.identity, 3));
      await Promise.all(writers);
      same((await journal.get(record.identity))?.revision, 31, 'the revision after 30 wins');
    },
  },
  {
    name: 'update: of the state never changes the fixed part',
    async run(journal) {
      const { make, record } = await claimed(journal);
      const smuggled = { ...make.change(1), fixed: { ...record.fixed, key: 'another' }, identity: 'another' };
      const updated = await journal.update(record.identity, smuggled);
      same(updated.record?.fixed, record.fixed, 'the fixed part after an update of the state');
      same(updated.record?.identity, record.identity, 'the identity after it');
      same((await journal.get(record.identity))?.fixed, record.fixed, 'the stored fixed part');
    },
  },
  {
    name: 'update: with a round replaces the fixed part and the state in one step',
    async run(journal) {
      const { make, record } = await claimed(journal);
      await journal.update(record.identity, make.change(1, { ...succeeded(), state: 'rejected' }));
      const round: OperationPart = { ...record.fixed, round: 2, key: 'key-of-round-2', meta: 'other' };
      const change = make.change(2, { state: 'claimed', attempts: 0 }, round);
      const updated = await journal.update(record.identity, change);
      ensure(updated.won, 'the new round must win at the stored revision');
      const stored = await journal.get(record.identity);
      same(stored, updated.record, 'the stored record of the new round');
      same(stored?.fixed, round, 'its fixed part');
      same(stored?.state, change.state, 'its state');
    },
  },
  {
    name: 'update: of two new rounds at once one wins, and the loser sees its key',
    async run(journal) {
      const { make, record } = await claimed(journal);
      const rounds = ['a', 'b'].map((key) =>
        journal.update(record.identity, make.change(1, {}, { ...record.fixed, round: 2, key })),
      );
      const results = await Promise.all(rounds);
      const winner = results.find((result) => result.won);
      ensure(results.filter((result) => result.won).length === 1, 'exactly one of two new rounds must win');
      for (const result of results) same(result.record?.fixed, winner?.record?.fixed, 'the fixed part each one got');
    },
  },
  {
    name: 'update: to a finished state drops the request body and keeps the response body byte for byte',
    async run(journal) {
      const bodies = [everyByte(), new Uint8Array(0), everyByte(1 << 20), utf8('\ufeff{"id":"ch_1"}')];
      for (const [index, body] of bodies.entries()) {
        const { make, record } = await claimed(journal, `cart/${index}`);
        const finish = make.change(1, succeeded(body));
        await journal.update(record.identity, finish);
        const stored = await journal.get(record.identity);
        ensure(stored?.fixed.kind === 'operation', 'a finished operation must still be there');
        ensure(stored.fixed.request.body === undefined, 'a finished operation must not keep its request body');
        same(stored.fixed.request.url, record.fixed.request.url, 'the URL of a finished operation');
        same(stored.state, finish.state, `the finished state with ${body.length} response bytes`);
      }
    },
  },
  {
    name: 'update: relaxed is visible to get and to the next compare-and-set',
    async run(journal) {
      const { make, record } = await claimed(journal);
      const change = make.change(1, { attempts: 5 });
      const relaxed = await journal.update(record.identity, change, { relaxed: true });
      ensure(relaxed.won, 'a relaxed update at the stored revision must win');
      same((await journal.get(record.identity))?.state, change.state, 'the state after a relaxed update');
      ensure(!(await journal.update(record.identity, make.change(1))).won, 'the old revision must lose after it');
      ensure((await journal.update(record.identity, make.change(2))).won, 'the next revision must win after it');
    },
  },
];

async function claimed(journal: Journal, id = 'cart/1'): Promise<{ make: Samples; record: OperationRecord }> {
  const make = samples();
  const record = make.operation(id);
  await journal.claim(record);
  return { make, record };
}

async function winTimes(journal: Journal, make: Samples, identity: string, times: number): Promise<void> {
  for (let wins = 0; wins < times; ) {
    const revision = (await journal.get(identity))?.revision ?? 0;
    if ((await journal.update(identity, make.change(revision))).won) wins++;
  }
}
