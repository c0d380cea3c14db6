import { keyIdentity, operationIdentity } from '../../core/identity.ts';
import type { Json } from '../../core/types.ts';
import type { JournalCase } from './case.ts';
import { ensure, same } from './expectation.ts';
import { samples } from './sample-record.ts';

/** 200 characters that percent-encoding makes 1,800, with little in it to compress. */
const LONGEST = Array.from({ length: 200 }, (_, at) => String.fromCharCode(0x4e00 + ((at * 7919) % 20_000))).join('');

/** Names that break keys of plain objects, separators, encodings, file names and SQL. */
const NASTY: readonly string[] = [
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
  // Equal to another one here where something folds case, normalises, or reads numbers.
  '\u0130',
  'i\u0307',
  '\u00df',
  'ss',
  '\ufb01',
  'fi',
  '1',
  '01',
  '1.0',
  '1e0',
  '%C3%A9',
  '\ufeffcart',
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  '\u{10ffff}',
  // As long as names may be: 200 characters, of which percent-encoding makes 200, 1,200 and 1,800.
  'x'.repeat(200),
  '\u{1f4b3}'.repeat(100),
  LONGEST,
];

export const NAME_CASES: readonly JournalCase[] = [
  {
    name: 'names: nasty ones stay apart and come back as they were',
    async run(journal) {
      const make = samples();
      const records = NASTY.flatMap((name) => [make.operation(name), make.operation('cart/1', {}, name)]);
      // As long as a name of a long owner's gets: beyond what a B-tree of PostgreSQL takes as a key.
      records.push(make.operation(LONGEST, {}, LONGEST));
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
    name: 'names: 200 of which each is the beginning of the next stay apart',
    async run(journal) {
      const make = samples();
      const records = Array.from({ length: 200 }, (_, index) => make.operation('a'.repeat(index + 1)));
      for (const { created } of await Promise.all(records.map((record) => journal.claim(record)))) {
        ensure(created, 'each of them must be a name of its own');
      }
      for (const record of records) same(await journal.get(record.identity), record, record.identity);
      for (const length of [1, 2, 100, 199, 200]) {
        const { records: found } = await journal.list(`shop/alice/${'a'.repeat(length)}`);
        same(found.length, 201 - length, `how many begin with ${length} of the letter`);
      }
    },
  },
  {
    name: 'names: of a client, of an owner and of a handed-in key never meet',
    async run(journal) {
      const make = samples();
      const one = make.operation('cart/1');
      const identities = [
        operationIdentity('shop', 'alice', 'cart'),
        operationIdentity('shop', 'alice/cart', ''),
        operationIdentity('shop/alice', 'cart', ''),
        operationIdentity('key', 'shop', 'cart'),
        operationIdentity('__proto__', '__proto__', '__proto__'),
        operationIdentity('constructor', 'prototype', 'hasOwnProperty'),
      ];
      const records = [
        ...identities.map((identity) => ({ ...one, identity, write: `write of ${identity}` })),
        make.key(keyIdentity('shop', 'alice', 'cart'), identities[0] ?? ''),
        make.key(keyIdentity('shop', undefined, 'alice/cart'), identities[1] ?? ''),
        make.key(keyIdentity('__proto__', '__proto__', '~'.repeat(255)), identities[2] ?? ''),
      ];
      for (const record of records) ensure((await journal.claim(record)).created, `${record.identity} must be new`);
      for (const record of records) same(await journal.get(record.identity), record, record.identity);
      same((await journal.list('')).records.length, records.length, 'the number of records');
    },
  },
];
