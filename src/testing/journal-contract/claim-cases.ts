import type { JournalCase } from './case.ts';
import { ensure, same } from './expectation.ts';
import { samples } from './sample-record.ts';

/** Unique creation of the key is what prevents the double charge: everything else only saves traffic. */
export const CLAIM_CASES: readonly JournalCase[] = [
  {
    name: 'get: a name nobody claimed is undefined',
    async run(journal) {
      same(await journal.get(samples().operation('cart/1').identity), undefined, 'get of an absent name');
    },
  },
  {
    name: 'claim: creates an absent name, returns the record, and get returns the same',
    async run(journal) {
      const offered = samples().operation('cart/1');
      const claimed = await journal.claim(offered);
      ensure(claimed.created, 'the first claim of a name must say created');
      same(claimed.record, offered, 'the record that claim returned');
      same(await journal.get(offered.identity), offered, 'the record that get returned');
    },
  },
  {
    name: 'claim: of a claimed name returns the first record and changes nothing',
    async run(journal) {
      const make = samples();
      const first = make.operation('cart/1');
      await journal.claim(first);
      const second = await journal.claim(make.operation('cart/1'));
      ensure(!second.created, 'the second claim of a name must not say created');
      same(second.record, first, 'the record that the second claim returned');
      same(await journal.get(first.identity), first, 'the stored record after a second claim');
    },
  },
  {
    name: 'claim: run again with the same write token says created, and creates nothing more',
    async run(journal) {
      const make = samples();
      const offered = make.operation('cart/1');
      await journal.claim(offered);
      const again = await journal.claim(offered);
      ensure(again.created, 'a claim run again must recognise its own write');
      same(again.record, offered, 'the record of the claim run again');
      await journal.update(offered.identity, make.change(1));
      ensure(!(await journal.claim(offered)).created, 'after another write the claim is no longer its own');
    },
  },
  {
    name: 'claim: 1000 at once of one name have one winner, and all get its key',
    async run(journal) {
      const make = samples();
      const offered = Array.from({ length: 1000 }, () => make.operation('cart/1'));
      const claims = await Promise.all(offered.map((record) => journal.claim(record)));
      ensureOneWinner(claims, 'cart/1');
      same(await journal.get('shop/alice/cart%2F1'), claims[0]?.record, 'the stored record after 1000 claims');
    },
  },
  {
    name: 'claim: two of each of 50 names in the same tick never split a key',
    async run(journal) {
      const make = samples();
      const names = Array.from({ length: 50 }, (_, index) => `cart/${index}`);
      const first = names.map((name) => journal.claim(make.operation(name)));
      const second = names.map((name) => journal.claim(make.operation(name)));
      for (const [index, name] of names.entries()) {
        ensureOneWinner(await Promise.all([first[index], second[index]]), name);
      }
    },
  },
  {
    name: 'claim: 300 names at once are all there, each with its own record',
    async run(journal) {
      const make = samples();
      const records = Array.from({ length: 300 }, (_, index) => make.operation(`bulk/${index}`));
      const claims = await Promise.all(records.map((record) => journal.claim(record)));
      for (const [index, { created, record }] of claims.entries()) {
        ensure(created, `the claim of bulk/${index} must say created`);
        same(record, records[index], `what the claim of bulk/${index} returned`);
      }
      const stored = new Map((await journal.list('shop/')).records.map((record) => [record.identity, record]));
      for (const record of records) same(stored.get(record.identity), record, record.identity);
    },
  },
  {
    name: 'claim: a pair of claims and a pair of updates of one name in the same tick act one after another',
    async run(journal) {
      const make = samples();
      const { identity } = make.operation('cart/1');
      const pairs = {
        claims: [journal.claim(make.operation('cart/1')), journal.claim(make.operation('cart/1'))],
        updates: [journal.update(identity, make.change(1)), journal.update(identity, make.change(1))],
      };
      const claims = await Promise.all(pairs.claims);
      const wins = (await Promise.all(pairs.updates)).filter((update) => update.won).length;
      ensure(claims.filter((claim) => claim.created).length === 1, 'exactly one of two claims must say created');
      ensure(wins <= 1, 'two updates of one revision must not both win');
      const stored = await journal.get(identity);
      same(stored?.revision, 1 + wins, 'the revision after the updates that won');
      const winner = claims.find((claim) => claim.created);
      same(stored?.fixed, winner?.record.fixed, 'the fixed part after the updates');
    },
  },
  {
    name: 'claim: what comes back is not what was put in, and writing into either changes nothing stored',
    async run(journal) {
      const offered = samples().operation('cart/1');
      const copy = structuredClone(offered);
      const claimed = await journal.claim(offered);
      scribble(claimed.record);
      same(offered, copy, 'the offered record after writing into the returned one');
      scribble(offered);
      const read = await journal.get(copy.identity);
      same(read, copy, 'the stored record after writing into the offered and the returned one');
      scribble(read);
      same(await journal.get(copy.identity), copy, 'the stored record after writing into one that get returned');
    },
  },
  {
    name: 'claim: a 1 MiB body and a body of every byte value come back unchanged',
    async run(journal) {
      const make = samples();
      const bodies = [everyByte(), new Uint8Array(0), everyByte(1 << 20), everyByte(300).subarray(7, 19)];
      for (const [index, body] of bodies.entries()) {
        const request = { method: 'PUT', url: 'https://api.example/blob', headers: [], body };
        const offered = make.operation(`blob/${index}`, { request });
        same((await journal.claim(offered)).record, offered, `the claimed record with ${body.length} bytes`);
        same(await journal.get(offered.identity), offered, `the stored record with ${body.length} bytes`);
      }
    },
  },
  {
    name: 'claim: a request without a body stays without one',
    async run(journal) {
      const request = { method: 'DELETE', url: 'https://api.example/cards/1', headers: [] };
      const offered = samples().operation('card/1', { request });
      await journal.claim(offered);
      const stored = await journal.get(offered.identity);
      same(stored, offered, 'the stored record');
      ensure(stored?.fixed.kind === 'operation' && stored.fixed.request.body === undefined, 'no body may appear');
    },
  },
];

/** All 256 byte values, in an order that is no valid UTF-8, `length` of them. */
export function everyByte(length = 256): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 167 + (index >> 8)) & 0xff);
}

function ensureOneWinner(
  claims: readonly ({ readonly created: boolean; readonly record: { readonly fixed: object } } | undefined)[],
  name: string,
): void {
  const winners = claims.filter((claim) => claim?.created);
  ensure(winners.length === 1, `${claims.length} claims of ${name} at once had ${winners.length} winners, expected 1`);
  for (const claim of claims) same(claim?.record, winners[0]?.record, `what a claim of ${name} returned`);
}

/** Writes into everything of a record that is an object or bytes. */
function scribble(record: unknown): void {
  if (typeof record !== 'object' || record === null) return;
  if (record instanceof Uint8Array) {
    record.fill(0);
    return;
  }
  for (const value of Object.values(record)) scribble(value);
  if (!Array.isArray(record)) Object.assign(record, { scribbled: true });
}
