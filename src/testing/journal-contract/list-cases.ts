import { keyIdentity } from '../../core/identity.ts';
import type { Journal } from '../../core/journal.ts';
import type { StatePart } from '../../core/record.ts';
import type { JournalCase } from './case.ts';
import { ensure, same } from './expectation.ts';
import { samples, succeeded } from './sample-record.ts';

export const LIST_CASES: readonly JournalCase[] = [
  {
    name: 'list: an empty journal lists nothing',
    async run(journal) {
      same(await journal.list(''), { records: [], unreadable: [] }, 'the list of an empty journal');
      same(await journal.list('shop/', { open: true }), { records: [], unreadable: [] }, 'its open records');
    },
  },
  {
    name: 'list: by prefix, where names are prefixes of each other and hold wildcards',
    async run(journal) {
      const make = samples();
      const ids = ['cart', 'cart/1', 'cart/10', 'carton', 'car', '%', '_art', '\u{10ffff}'];
      for (const id of ids) await journal.claim(make.operation(id));
      await journal.claim(make.operation('cart', {}, 'alice2'));
      await journal.claim(make.operation('cart', {}, 'alic'));
      const rows: [prefix: string, expected: string[]][] = [
        ['shop/alice/', ids],
        ['shop/alice/cart', ['cart', 'cart/1', 'cart/10', 'carton']],
        ['shop/alice/cart%2F', ['cart/1', 'cart/10']],
        ['shop/alice/cart%2F1', ['cart/1', 'cart/10']],
        ['shop/alice/%25', ['%']],
        ['shop/alice/_', ['_art']],
        ['shop/al%ce/', []],
        ['shop/al_ce/', []],
        ['shop/alice3/', []],
        ['SHOP/alice/', []],
      ];
      for (const [prefix, expected] of rows) {
        same(await names(journal, prefix), [...expected].sort(), `the names under ${prefix}`);
        same(await names(journal, prefix, true), [...expected].sort(), `the open names under ${prefix}`);
      }
      same((await journal.list('')).records.length, ids.length + 2, 'the number of records under the empty prefix');
    },
  },
  {
    name: 'list: open leaves out what is finished and acknowledged, and nothing else',
    async run(journal) {
      const make = samples();
      const states: [id: string, state: Partial<StatePart>, open: boolean][] = [
        ['claimed', { state: 'claimed' }, true],
        ['dispatched', {}, true],
        ['in-doubt', { state: 'in-doubt', reason: 'stuck' }, true],
        ['succeeded', succeeded(), true],
        ['succeeded-told', { ...succeeded(), acknowledgedAt: 1 }, false],
        ['rejected-told', { ...succeeded(), state: 'rejected', acknowledgedAt: 1 }, false],
        ['not-sent-told', { state: 'not-sent', finishedAt: 1, acknowledgedAt: 1 }, false],
        ['discarded', { state: 'discarded', effect: 'possible', finishedAt: 1 }, true],
        ['discarded-told', { state: 'discarded', effect: 'none', finishedAt: 1, acknowledgedAt: 1 }, false],
      ];
      for (const [id, state] of states) {
        const record = make.operation(id);
        await journal.claim(record);
        await journal.update(record.identity, make.change(1, state));
      }
      await journal.claim(make.key(keyIdentity('shop', 'live', 'k-1'), 'shop/alice/claimed'));
      const open = states.filter((row) => row[2]).map((row) => row[0]);
      same(await names(journal, 'shop/alice/', true), open.sort(), 'the open names');
      same(await names(journal, '', true), open, 'the open names under the empty prefix: a key is never open');
      same((await journal.list('')).records.length, states.length + 1, 'all records');
    },
  },
  {
    name: 'list: a finished operation that begins a new round is open again',
    async run(journal) {
      const make = samples();
      const record = make.operation('cart/1');
      await journal.claim(record);
      await journal.update(record.identity, make.change(1, { ...succeeded(), state: 'rejected', acknowledgedAt: 1 }));
      same(await names(journal, '', true), [], 'the open names after the rejection was told');
      await journal.update(record.identity, make.change(2, {}, { ...record.fixed, round: 2, key: 'key-2' }));
      same(await names(journal, '', true), ['cart/1'], 'the open names after a new round began');
    },
  },
  {
    name: 'list: returns whole records',
    async run(journal) {
      const record = samples().operation('cart/1');
      await journal.claim(record);
      same((await journal.list('shop/alice/')).records, [record], 'the listed record');
      same((await journal.list('shop/alice/', { open: true })).records, [record], 'the listed open record');
    },
  },
  {
    name: 'list: while others write, shows what was there before exactly once, and whole',
    async run(journal) {
      const make = samples();
      const before = Array.from({ length: 60 }, (_, index) => make.operation(`before/${index}`));
      const gone = Array.from({ length: 10 }, (_, index) => make.operation(`gone/${index}`));
      await Promise.all([...before, ...gone].map((record) => journal.claim(record)));
      await Promise.all(gone.map((record) => journal.remove(record.identity, 1)));
      const lists = () => [journal.list(''), journal.list('shop/', { open: true }), journal.list('shop/alice/before')];
      const early = lists();
      const writes = [
        ...before.map((record) => journal.update(record.identity, make.change(1, { attempts: 9 }))),
        ...gone.map((_, index) => journal.claim(make.operation(`during/${index}`))),
      ];
      for (const { records, unreadable } of await Promise.all([...early, ...lists()])) {
        same(unreadable, [], 'what a list could not read while others wrote');
        const found = records.map((record) => record.identity);
        same(new Set(found).size, found.length, 'how many names a list shows, against its records');
        ensure(!found.some((identity) => identity.includes('gone')), 'a list must not show what was removed before it');
        for (const { identity, fixed } of before) {
          const record = records.find((one) => one.identity === identity);
          same(record?.fixed, fixed, `the fixed part of ${identity}, which was there all the time`);
          ensure(record?.state?.attempts === 1 || record?.revision === 2, `${identity} must be as before or as after`);
        }
      }
      await Promise.all(writes);
      same((await journal.list('')).records.length, 70, 'the number of records in the end');
    },
  },
  {
    name: 'keys: a handed-in key is claimed once, is never changed, and names its operation',
    async run(journal) {
      const make = samples();
      const identity = keyIdentity('shop', 'live', 'a key/with %25');
      const offers = [make.key(identity, 'shop/alice/a'), make.key(identity, 'shop/alice/b')];
      const claims = await Promise.all(offers.map((offer) => journal.claim(offer)));
      ensure(claims.filter((claim) => claim.created).length === 1, 'exactly one claim of a key must say created');
      const stored = await journal.get(identity);
      for (const claim of claims) same(claim.record, stored, 'what each claim of the key returned');
      ensure(stored?.fixed.kind === 'key', 'a key must come back as a key');
      const update = await journal.update(identity, make.change(1));
      same(update, { won: false, record: stored }, 'an update of a key');
      ensure(await journal.remove(identity, 1), 'a key can be removed');
    },
  },
];

/** Sorted operation names under `prefix`. */
async function names(journal: Journal, prefix: string, open = false): Promise<string[]> {
  const { records, unreadable } = await journal.list(prefix, open ? { open } : {});
  same(unreadable, [], `the unreadable records under ${prefix}`);
  return records.map((record) => (record.fixed.kind === 'operation' ? record.fixed.id : record.identity)).sort();
}
