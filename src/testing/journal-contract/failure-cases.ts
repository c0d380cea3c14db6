import type { Journal } from '../../core/journal.ts';
import type { HookedCase } from './case.ts';
import { ensure, refuses, same } from './expectation.ts';
import type { JournalContractOptions } from './options.ts';
import { samples } from './sample-record.ts';

type Fail = NonNullable<JournalContractOptions['fail']>;

/** A medium that does not answer says nothing about what it holds. */
export const FAILURE_CASES: readonly HookedCase<Fail>[] = [
  {
    name: 'failure: every call rejects while the medium fails, and what was claimed is there afterwards',
    async run(journal, fail) {
      const make = samples();
      const record = make.operation('cart/1');
      await journal.claim(record);
      const offered = make.operation('cart/2');
      const change = make.change(1);
      const end = await fail(journal);
      try {
        await refuses(journal.claim(offered), 'claim on a failing medium');
        await refuses(journal.update(record.identity, change), 'update on a failing medium');
        await refusesUnlessRead(journal, record.identity, record);
      } finally {
        await end();
      }
      await journal.open();
      // Its answer was lost, or it never arrived: run again, both recognise what they may have written.
      const claimed = await journal.claim(offered);
      same(claimed, { created: true, record: offered }, 'the claim run again');
      const updated = await journal.update(record.identity, change);
      ensure(updated.won, 'the update run again must win');
      same(updated.record?.revision, 2, 'the revision after the update run again');
      same((await journal.list('')).records.length, 2, 'the number of records afterwards');
    },
  },
  {
    name: 'failure: a failed open is not remembered',
    async run(journal, fail) {
      const make = samples();
      const record = make.operation('cart/1');
      await journal.claim(record);
      await journal.close();
      const end = await fail(journal);
      try {
        await refuses(journal.open(), 'open on a failing medium');
        await refuses(journal.get(record.identity), 'get on a failing medium that is not open');
        await refuses(journal.list(''), 'list on a failing medium that is not open');
        await refuses(journal.claim(make.operation('cart/1')), 'claim on a failing medium that is not open');
      } finally {
        await end();
      }
      same(await journal.get(record.identity), record, 'get afterwards');
      ensure((await journal.claim(make.operation('cart/2'))).created, 'a claim afterwards must succeed');
    },
  },
];

/** A journal that has the medium in memory may still answer, with the truth. */
async function refusesUnlessRead(journal: Journal, identity: string, expected: object): Promise<void> {
  const read = await journal.get(identity).then(
    (record) => ({ record }),
    (error: unknown) => ({ error }),
  );
  if ('error' in read) await refuses(Promise.reject(read.error), 'get on a failing medium');
  else same(read.record, expected, 'get on a failing medium');
}
