import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Journal } from '../../../src/core/journal.ts';
import type { JournalRecord } from '../../../src/core/record.ts';
import { compactFileJournal, fileJournal, fileJournalWith } from '../../../src/journal/file/file-journal.ts';
import { encodeLine } from '../../../src/journal/file/line.ts';
import { type LogIo, nodeLogIo } from '../../../src/journal/file/log-io.ts';
import { memoryJournal } from '../../../src/journal/memory-journal.ts';
import { samples, succeeded, utf8 } from '../../../src/testing/journal-contract/sample-record.ts';
import { temporaryDirectory } from './support/directory.ts';
import { errno, faultyIo } from './support/faulty-io.ts';

async function logs(directory: string): Promise<Readonly<Record<string, number>>> {
  const names = (await readdir(directory)).filter((name) => name !== 'reserve').sort();
  const sizes = names.map(async (name) => [name, (await stat(join(directory, name))).size] as const);
  return Object.fromEntries(await Promise.all(sizes));
}

const RETIRED = 9;

/** A finished operation, acknowledged or not. */
async function finish(journal: Journal, id: string, { body = utf8('{"paid":true}'), acknowledged = true } = {}) {
  const make = samples();
  const record = make.operation(id);
  await journal.claim(record);
  const done = succeeded(body);
  const state = acknowledged ? { ...done, acknowledgedAt: done.finishedAt ?? 0 } : done;
  await journal.update(record.identity, { ...make.change(1, state), write: `finish-${id}` });
  return record.identity;
}

describe('a compacted log', () => {
  test('holds the same records, in the same order, and is smaller; the old name stays as a stub', async () => {
    const directory = await temporaryDirectory();
    const journal = fileJournal(directory);
    const make = samples();
    for (let at = 0; at < 20; at++) await journal.claim(make.operation(`cart/${at}`));
    for (let at = 0; at < 200; at++)
      await journal.update(`shop/alice/cart%2F${at % 20}`, make.change((1 + at / 20) | 0));
    const before = await journal.list('');
    const size = (await logs(directory))['00000001.log'] ?? 0;
    await compactFileJournal(journal);
    expect(await journal.list('')).toEqual(before);
    const after = await logs(directory);
    expect(Object.keys(after)).toEqual(['00000001.log', '00000002.log']);
    expect(after['00000001.log']).toBe(RETIRED);
    expect(after['00000002.log']).toBeLessThan(size / 2);
    await journal.close();
    expect(await fileJournal(directory).list('')).toEqual(before);
  });

  test('what others have open goes on in the next generation, with a write on its way too', async () => {
    const directory = await temporaryDirectory();
    const [one, two] = [fileJournal(directory), fileJournal(directory)];
    const make = samples();
    const kept = make.operation('kept');
    await one.claim(kept);
    expect(await two.get(kept.identity)).toEqual(kept);
    for (let round = 0; round < 5; round++) {
      const claims = Array.from({ length: 20 }, (_, at) => two.claim(make.operation(`${round}/${at}`)));
      await Promise.all([compactFileJournal(one), ...claims]);
    }
    expect((await two.update(kept.identity, make.change(1))).won).toBe(true);
    expect((await one.get(kept.identity))?.revision).toBe(2);
    expect((await one.list('')).records).toHaveLength(101);
    await Promise.all([one.close(), two.close()]);
  });

  test('two that compact at once, over and over, leave one log that both read', async () => {
    const directory = await temporaryDirectory();
    const journals = [fileJournal(directory), fileJournal(directory), fileJournal(directory)];
    const make = samples();
    for (let round = 0; round < 10; round++) {
      await Promise.all(
        journals.flatMap((journal, at) => [
          journal.claim(make.operation(`${round}/${at}`)),
          compactFileJournal(journal),
        ]),
      );
    }
    const listed = await Promise.all(journals.map((journal) => journal.list('')));
    for (const list of listed) expect(list).toEqual(listed[0]);
    expect(listed[0]?.records).toHaveLength(30);
    await Promise.all(journals.map((journal) => journal.close()));
    const sizes = Object.values(await logs(directory));
    expect(sizes.filter((size) => size !== RETIRED)).toHaveLength(1);
  });

  test('a seal whose writer died is finished by whoever meets it: running, or starting', async () => {
    const directory = await temporaryDirectory();
    const journal = fileJournal(directory);
    const make = samples();
    const record = make.operation('a');
    await journal.claim(record);
    const seal = (log: string) =>
      appendFile(join(directory, log), encodeLine('{"w":"dead","s":1,"d":0,"seal":{"at":1}}'));
    await seal('00000001.log');
    expect((await journal.claim(make.operation('b'))).created).toBe(true);
    await seal('00000002.log');
    // What comes behind a seal counts for nothing.
    await appendFile(join(directory, '00000002.log'), encodeLine('{"w":"dead","s":2,"d":0}\tr1-\t"shop/alice/a"\t1'));
    expect(await journal.get(record.identity)).toEqual(record);
    await journal.close();
    await seal('00000003.log');
    const next = fileJournal(directory);
    expect((await next.list('')).records.map(({ identity }) => identity)).toEqual(['shop/alice/a', 'shop/alice/b']);
    await next.close();
    expect(Object.keys(await logs(directory))).toHaveLength(4);
  });

  test('grows to twice its snapshot before the next one, and is compacted by itself', async () => {
    const directory = await temporaryDirectory();
    const journal = fileJournal(directory);
    const make = samples();
    const record = make.operation('a');
    await journal.claim(record);
    const padding = 'x'.repeat(400_000);
    for (let at = 1; at <= 40; at++) {
      await journal.update(record.identity, make.change(at, { progress: { data: padding } }));
    }
    await journal.close();
    const sizes = Object.values(await logs(directory)).filter((size) => size !== RETIRED);
    expect(sizes).toHaveLength(1);
    expect(sizes[0]).toBeLessThan(5_000_000);
    expect((await fileJournal(directory).get(record.identity))?.revision).toBe(41);
  });
});

/** Nothing here is about durability: without a single flush, hundreds of compactions take seconds. */
const quick: LogIo = { ...nodeLogIo, flush: async () => {}, sync: async () => {}, syncDirectory() {} };

/** What happens next, to one of three journals. */
const step = fc.record({
  do: fc.constantFrom(
    'claim',
    'claim',
    'update',
    'update',
    'finish',
    'acknowledge',
    'round',
    'remove',
    'compact',
    'close',
  ),
  journal: fc.nat(2),
  name: fc.nat(5),
});

test('whatever is done, compactions change nothing: the same answers as a journal in memory', async () => {
  const reached = { compactions: 0, won: 0, lost: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80, size: 'max' }), async (steps) => {
      const directory = await temporaryDirectory();
      const journals = [0, 1, 2].map(() => fileJournalWith(quick, directory, { retention: { response: '400d' } }));
      const model = memoryJournal();
      const make = samples();
      for (const { do: what, journal: at, name } of steps) {
        const journal = journals[at] as Journal;
        const offered = make.operation(`cart/${name}`);
        const { identity } = offered;
        const revision = (await model.get(identity))?.revision ?? 1;
        const change = make.change(revision, what === 'finish' || what === 'acknowledge' ? succeeded(utf8('ä')) : {});
        if (what === 'acknowledge') Object.assign(change.state, { acknowledgedAt: 5 });
        if (what === 'round') Object.assign(change, { round: { ...offered.fixed, round: 2 } });
        const ask = (one: Journal): Promise<unknown> => {
          if (what === 'claim') return one.claim(offered);
          if (what === 'remove') return one.remove(identity, revision);
          if (what === 'close') return one.close();
          return one.update(identity, change);
        };
        if (what === 'compact') {
          reached.compactions++;
          await compactFileJournal(journal);
          continue;
        }
        const expected = await ask(model);
        expect(await ask(journal)).toEqual(expected);
        const { won } = (expected ?? {}) as { won?: boolean };
        if (won !== undefined) reached[won ? 'won' : 'lost']++;
      }
      for (const open of [false, true]) {
        const expected = byName((await model.list('', { open })).records);
        for (const journal of journals) expect(byName((await journal.list('', { open })).records)).toEqual(expected);
      }
      await Promise.all(journals.map((journal) => journal.close()));
    }),
    { numRuns: 60 },
  );
  for (const [what, count] of Object.entries(reached)) expect(count, what).toBeGreaterThan(20);
});

function byName(records: readonly JournalRecord[]): readonly JournalRecord[] {
  return [...records].sort((a, b) => (a.identity < b.identity ? -1 : 1));
}

describe('retention', () => {
  const DAY = 86_400_000;
  const FINISHED = Date.UTC(2026, 0, 2) + 20;

  /** The record after a compaction so many days after it finished. */
  async function after(days: number, options: Parameters<typeof finish>[2] = {}): Promise<JournalRecord | undefined> {
    const directory = await temporaryDirectory();
    const io = faultyIo();
    io.now = () => FINISHED + days * DAY;
    const journal = fileJournalWith(io, directory);
    const identity = await finish(journal, 'cart/1', options);
    await compactFileJournal(journal);
    const record = await journal.get(identity);
    // A second one, which copies lines, changes nothing.
    await compactFileJournal(journal);
    expect(await journal.get(identity)).toEqual(record);
    await journal.close();
    return record;
  }

  test('within a day all is kept; then the answer goes; after 400 days a tombstone remains', async () => {
    const all = await after(0.99);
    expect(all?.state?.response?.body).toEqual(utf8('{"paid":true}'));
    const noAnswer = await after(1.01);
    expect(noAnswer?.state?.response).toEqual({ status: 201, headers: {} });
    expect(noAnswer?.fixed).toEqual(all?.fixed);
    const tombstone = await after(400.01);
    expect(tombstone?.state).toMatchObject({ state: 'succeeded', tombstone: true, effect: 'done' });
    expect(JSON.stringify(tombstone)).not.toContain('key-');
  });

  test('what nobody was told of is kept whole, for ever', async () => {
    expect((await after(4000, { acknowledged: false }))?.state?.response?.body).toEqual(utf8('{"paid":true}'));
  });

  test('the answer goes first, then the rest: also where each compaction finds the other’s snapshot', async () => {
    const directory = await temporaryDirectory();
    const io = faultyIo();
    const journal = fileJournalWith(io, directory, { retention: { response: '1h', record: '2h' } });
    const identity = await finish(journal, 'cart/1');
    const seen: unknown[] = [];
    for (const hours of [0.5, 1.5, 2.5, 3.5]) {
      io.now = () => FINISHED + hours * 3_600_000;
      await compactFileJournal(journal);
      const { state } = (await journal.get(identity)) ?? {};
      seen.push([state?.response?.body !== undefined, state?.tombstone === true]);
    }
    expect(seen).toEqual([
      [true, false],
      [false, false],
      [false, true],
      [false, true],
    ]);
    await journal.close();
  });

  test('the body of a request that has ended is in no file any more', async () => {
    const directory = await temporaryDirectory();
    const journal = fileJournal(directory);
    const make = samples();
    const record = make.operation('a');
    await journal.claim(record);
    await journal.update(record.identity, make.change(1, succeeded()));
    await compactFileJournal(journal);
    await journal.close();
    for (const name of await readdir(directory)) {
      expect(await readFile(join(directory, name), 'latin1'), name).not.toContain('\\"amount\\"');
    }
  });
});

describe('a text in the snapshot that is damaged', () => {
  /** A journal of three records in a snapshot, with one letter of the second one's key changed. */
  async function damaged() {
    const directory = await temporaryDirectory();
    const journal = fileJournal(directory);
    const make = samples();
    const records = ['a', 'b', 'c'].map((id) => make.operation(id));
    for (const record of records) await journal.claim(record);
    await compactFileJournal(journal);
    await journal.close();
    const log = join(directory, '00000002.log');
    const bytes = await readFile(log);
    const { fixed, identity } = records[1] as JournalRecord;
    const at = bytes.indexOf(fixed.kind === 'operation' ? fixed.key : '');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(log, bytes);
    return { directory, journal, make, records, identity };
  }

  test('is told of its record alone, which takes no write: the others go on', async () => {
    const { journal, make, records, identity } = await damaged();
    const { records: read, unreadable } = await journal.list('', { open: true });
    expect(read).toEqual([records[0], records[2]]);
    expect(unreadable).toEqual([{ identity, reason: 'corrupt' }]);
    const refused = { name: 'JournalError', reason: 'corrupt' };
    await expect(journal.get(identity)).rejects.toMatchObject(refused);
    await expect(journal.claim(make.operation('b'))).rejects.toMatchObject(refused);
    await expect(journal.update(identity, make.change(1))).rejects.toMatchObject(refused);
    expect((await journal.update('shop/alice/c', make.change(1))).won).toBe(true);
    expect((await journal.claim(make.operation('d'))).created).toBe(true);
    await journal.close();
  });

  test('stays damaged through compactions', async () => {
    const { directory, journal, make, identity } = await damaged();
    for (let round = 1; round <= 2; round++) {
      await journal.update('shop/alice/a', make.change(round));
      await compactFileJournal(journal);
      await expect(journal.get(identity)).rejects.toMatchObject({ reason: 'corrupt' });
    }
    await journal.close();
    const { records, unreadable } = await fileJournal(directory).list('');
    expect(records.map(({ revision }) => revision)).toEqual([3, 1]);
    expect(unreadable).toEqual([{ identity, reason: 'corrupt' }]);
  });
});

describe('a compaction that fails', () => {
  test('for want of space before the seal: nothing happens, and everything goes on', async () => {
    const directory = await temporaryDirectory();
    const io = faultyIo();
    const journal = fileJournalWith(io, directory);
    const make = samples();
    await journal.claim(make.operation('a'));
    const { write } = io;
    io.write = () => {
      throw errno('ENOSPC');
    };
    await expect(compactFileJournal(journal)).rejects.toMatchObject({ name: 'JournalError', reason: 'quota' });
    expect((await journal.claim(make.operation('b'))).created).toBe(true);
    expect(Object.keys(await logs(directory))).toEqual(['00000001.log']);
    io.write = write;
    await compactFileJournal(journal);
    expect((await journal.list('')).records).toHaveLength(2);
    await journal.close();
  });

  test('behind the seal: refused until it works, and nothing is lost', async () => {
    const directory = await temporaryDirectory();
    const io = faultyIo();
    const journal = fileJournalWith(io, directory);
    const make = samples();
    await journal.claim(make.operation('a'));
    const { link } = io;
    io.link = () => {
      throw errno('EIO');
    };
    await expect(compactFileJournal(journal)).rejects.toMatchObject({ reason: 'unavailable' });
    await expect(journal.claim(make.operation('b'))).rejects.toMatchObject({ reason: 'unavailable' });
    io.link = link;
    expect((await journal.claim(make.operation('b'))).created).toBe(true);
    await journal.close();
    expect((await fileJournal(directory).list('')).records).toHaveLength(2);
  });
});

test('leftovers of dead processes are swept after an hour, and names of long retired generations too', async () => {
  const directory = await temporaryDirectory();
  const io = faultyIo();
  await appendFile(join(directory, 'tmp-dead'), 'half a snapshot');
  await appendFile(join(directory, 'notes.txt'), 'not ours');
  const journal = fileJournalWith(io, directory);
  await journal.open();
  expect(await readdir(directory)).toContain('tmp-dead');
  await journal.close();
  io.now = () => Date.now() + 3_700_000;
  await journal.open();
  expect((await readdir(directory)).sort()).toEqual(['00000001.log', 'notes.txt', 'reserve']);
  await journal.close();
});
