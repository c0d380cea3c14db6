import type { Journal, Unreadable } from '../../core/journal.ts';
import type { HookedCase } from './case.ts';
import { ensure, refuses, same } from './expectation.ts';
import type { JournalContractOptions } from './options.ts';
import { samples } from './sample-record.ts';

type Damage = NonNullable<JournalContractOptions['damage']>;

/** A record that is there and cannot be used is never "absent": a name that reads as free would get a second key. */
export const DAMAGE_CASES: readonly HookedCase<Damage>[] = [
  {
    name: 'damage: a record of a newer version is refused by every call, reported by list, and left as it is',
    async run(journal, damage) {
      const { make, spoiled, healthy } = await claimedPair(journal);
      await damage(journal, spoiled.identity, 'newer-version');
      for (const time of ['the first time', 'after every call', 'after close']) {
        await refusesAll(journal, spoiled.identity, { reasons: ['newer-version'], time });
        for (const options of [{}, { open: true }]) {
          const { records, unreadable } = await journal.list('shop/alice/', options);
          const expected: Unreadable[] = [{ identity: spoiled.identity, reason: 'newer-version' }];
          same(unreadable, expected, `what list could not read ${time}`);
          same(records, [healthy], `what list could read ${time}`);
        }
        if (time === 'after every call') await journal.close();
      }
      same(await journal.get(healthy.identity), healthy, 'the record beside it');
      ensure((await journal.claim(make.operation('new'))).created, 'other names can still be claimed');
    },
  },
  {
    name: 'damage: what cannot be read is never taken for absent, nor written over',
    async run(journal, damage) {
      const { spoiled, healthy } = await claimedPair(journal);
      await damage(journal, spoiled.identity, 'garbage');
      for (const time of ['the first time', 'after every call', 'after close']) {
        await refusesAll(journal, spoiled.identity, { reasons: ['corrupt'], time });
        // A journal that keeps all records in one place may refuse the whole of it, and may not drop a part.
        const list = await orCorrupt(journal.list(''), 'list');
        if (list !== undefined) {
          same(
            list.unreadable,
            [{ identity: spoiled.identity, reason: 'corrupt' }],
            `what list could not read ${time}`,
          );
          same(list.records, [healthy], `what list could read ${time}`);
        }
        const beside = await orCorrupt(
          journal.get(healthy.identity).then((record) => ({ record })),
          'get of the record beside it',
        );
        if (beside !== undefined) same(beside.record, healthy, `the record beside it ${time}`);
        if (time === 'after every call') await journal.close();
      }
    },
  },
];

async function claimedPair(journal: Journal) {
  const make = samples();
  const spoiled = make.operation('cart/1');
  const healthy = make.operation('cart/10');
  await journal.claim(spoiled);
  await journal.claim(healthy);
  await journal.close();
  return { make, spoiled, healthy };
}

async function refusesAll(
  journal: Journal,
  identity: string,
  { reasons, time }: { readonly reasons: readonly string[]; readonly time: string },
): Promise<void> {
  const other = samples();
  const write = `another write ${time}`;
  const calls = [
    ['get', () => journal.get(identity)],
    ['claim', () => journal.claim({ ...other.operation('cart/1'), write })],
    ['update', () => journal.update(identity, { ...other.change(1), write })],
    ['remove', () => journal.remove(identity, 1)],
  ] as const;
  for (const [name, call] of calls) await refuses(call(), `${name} of a record that cannot be used, ${time},`, reasons);
}

/** Undefined where the journal refused as a whole. */
async function orCorrupt<T>(call: Promise<T>, what: string): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    await refuses(Promise.reject(error), `${what} beside a damaged record`, ['corrupt']);
    return undefined;
  }
}
