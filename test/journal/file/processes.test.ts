import { statSync } from 'node:fs';
import { appendFile, readFile, stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { NewRecord } from '../../../src/core/record.ts';
import { fileJournal } from '../../../src/journal/file/file-journal.ts';
import { decodeLine } from '../../../src/journal/file/line.ts';
import { samples } from '../../../src/testing/journal-contract/sample-record.ts';
import { type ChildError, JournalChild } from './support/child.ts';
import { linesOf, logOf, temporaryDirectory } from './support/directory.ts';

/** Records of one writer: their write tokens tell whose they are. `padding` makes lines long: those are torn more easily. */
function recordsOf(writer: string, names: readonly string[], padding = 0): NewRecord[] {
  const make = samples();
  return names.map((name) => {
    const request = { method: 'POST', url: 'https://api.example/charges', headers: [] };
    const record = make.operation(name, { request, meta: 'x'.repeat(padding), key: `key-${writer}-${name}` });
    return { ...record, write: `${writer} ${name}` };
  });
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
}

interface Claimed {
  readonly created: boolean;
  readonly write: string;
}

describe('several processes on one directory', () => {
  test('two journals here and two processes claim the same 200 names at once: one winner each, known to all', async () => {
    const directory = await temporaryDirectory();
    const wanted = names('cart', 200);
    const journals = [fileJournal(directory), fileJournal(directory)];
    const children = [new JournalChild(directory), new JournalChild(directory)];
    await Promise.all(children.map((child) => child.ask({ do: 'open' })));
    const local = journals.map(async (journal, at) => {
      const claims = recordsOf(`journal-${at}`, wanted).map((record) => journal.claim(record));
      return (await Promise.all(claims)).map(({ created, record }) => ({ created, write: record.write }));
    });
    const remote = children.map((child, at) =>
      child.ask<Claimed[]>({ do: 'claimAll', records: recordsOf(`child-${at}`, wanted) }),
    );
    const answers = await Promise.all([...local, ...remote]);
    for (const at of wanted.keys()) {
      const claims = answers.map((answer) => answer[at] as Claimed);
      expect(claims.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(claims.map(({ write }) => write)).size).toBe(1);
    }
    await Promise.all(journals.map((journal) => journal.close()));
    const { records, unreadable } = await fileJournal(directory).list('');
    expect(records.map(({ write }) => write).sort()).toEqual(answers[0]?.map(({ write }) => write).sort());
    expect(unreadable).toEqual([]);
  });

  test('two processes make the log of a new directory at once: there is one log', async () => {
    const around = await temporaryDirectory();
    const directory = `${around}/new/journal`;
    const children = [new JournalChild(directory), new JournalChild(directory)];
    const local = fileJournal(directory);
    const record = (writer: string) => recordsOf(writer, ['a'])[0] as NewRecord;
    const claims = await Promise.all([
      ...children.map((child, at) => child.ask<Claimed>({ do: 'claim', record: record(`child-${at}`) })),
      local.claim(record('local')).then(({ created, record: { write } }) => ({ created, write })),
    ]);
    expect(claims.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(claims.map(({ write }) => write)).size).toBe(1);
    await local.close();
  });

  test('a compare-and-set between processes has one winner, and the loser sees what won', async () => {
    const directory = await temporaryDirectory();
    const make = samples();
    const record = make.operation('a');
    const journals = Array.from({ length: 4 }, () => fileJournal(directory));
    await journals[0]?.claim(record);
    for (let revision = 1; revision <= 10; revision++) {
      const updates = await Promise.all(
        journals.map((journal) => journal.update(record.identity, make.change(revision))),
      );
      expect(updates.filter(({ won }) => won)).toHaveLength(1);
      expect(new Set(updates.map((update) => update.record?.write)).size).toBe(1);
    }
    await Promise.all(journals.map((journal) => journal.close()));
  });

  test('what one process removes, another can claim again', async () => {
    const directory = await temporaryDirectory();
    const child = new JournalChild(directory);
    const [record] = recordsOf('child', ['a']) as [NewRecord];
    expect(await child.ask({ do: 'claim', record })).toEqual({ created: true, write: record.write });
    const journal = fileJournal(directory);
    expect(await journal.remove(record.identity, 1)).toBe(true);
    const [second] = recordsOf('again', ['a']) as [NewRecord];
    expect(await child.ask({ do: 'claim', record: second })).toEqual({ created: true, write: second.write });
    expect((await journal.get(record.identity))?.write).toBe(second.write);
    await journal.close();
  });
});

describe('a process that dies', () => {
  test('killed while it writes, over and over: every acknowledged claim is there, the log opens and grows', async () => {
    const directory = await temporaryDirectory();
    const acknowledged = new Map<string, string>();
    for (let round = 0; round < 4; round++) {
      // Two at a time: the survivor goes on behind the torn line of the other. Long lines are torn more often.
      const children = [0, 1].map((at) => {
        const child = new JournalChild(directory);
        const [record] = recordsOf(`${round}-${at}`, [`round-${round}-${at}`]);
        child.ask({ do: 'storm', record, padding: round % 2 === 0 ? 0 : 60_000, callers: 16 }).catch(() => undefined);
        return child;
      });
      await expect.poll(() => children.every((child) => child.acknowledged.size > 16), { timeout: 10_000 }).toBe(true);
      for (const child of children) {
        if (round % 2 === 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
        else waitForHalfALine(directory);
        await child.kill();
        for (const [identity, write] of child.acknowledged) acknowledged.set(identity, write);
      }
      const journal = fileJournal(directory);
      const { records, unreadable } = await journal.list('');
      const stored = new Map(records.map(({ identity, write }) => [identity, write]));
      const lost = [...acknowledged].filter(([identity, write]) => stored.get(identity) !== write);
      expect({ lost, unreadable }).toEqual({ lost: [], unreadable: [] });
      await journal.close();
    }
    expect(acknowledged.size).toBeGreaterThan(8 * 16);
    expect(await tornLines(directory)).toBeGreaterThan(0);
  }, 60_000);

  test('a torn line, then lines of others: torn is not damage, and what follows counts', async () => {
    const directory = await temporaryDirectory();
    const first = fileJournal(directory);
    const make = samples();
    await first.claim(make.operation('a'));
    const whole = await readFile(logOf(directory));
    for (const length of [1, 2, 9, 10, 100, whole.length - 60]) {
      await appendFile(logOf(directory), whole.subarray(48, 48 + length));
      const name = `after-${length}`;
      expect((await first.claim(make.operation(name))).created).toBe(true);
      const second = fileJournal(directory);
      expect((await second.claim(make.operation(`${name}-second`))).created).toBe(true);
      await second.close();
    }
    await first.close();
    expect((await fileJournal(directory).list('')).records).toHaveLength(13);
  });
});

describe('a full disk', () => {
  test('RLIMIT_FSIZE: refused claims are not there, acknowledged ones are, and it goes on when there is space again', async () => {
    for (const limit of [9000, 20_001, 33_333]) {
      const directory = await temporaryDirectory();
      const child = new JournalChild(directory, { fileLimit: limit });
      const wanted = names('cart', 30);
      const answers: (Claimed | { readonly error: ChildError })[] = [];
      for (let at = 0; at < 3; at++) {
        const records = recordsOf('limited', wanted.slice(at * 10, at * 10 + 10), 700 * (3 - at));
        answers.push(...(await child.ask<typeof answers>({ do: 'claimAll', records })));
        for (const record of records) {
          const [again] = await child.ask<typeof answers>({ do: 'claimAll', records: [record] });
          answers.push(again as Claimed);
        }
      }
      const refused = answers.flatMap((answer) => ('error' in answer ? [answer.error] : []));
      expect(refused.length).toBeGreaterThan(5);
      for (const error of refused)
        expect(error).toMatchObject({ name: 'JournalError', reason: 'quota', effect: 'none' });
      expect((await stat(logOf(directory))).size).toBeLessThanOrEqual(limit);

      const journal = fileJournal(directory);
      const stored = (await journal.list('')).records.map(({ write }) => write);
      const granted = answers.flatMap((answer) => ('write' in answer ? [answer.write] : []));
      expect(stored.sort()).toEqual([...new Set(granted)].sort());
      const claims = recordsOf('unlimited', wanted).map((record) => journal.claim(record));
      expect((await Promise.all(claims)).filter(({ created }) => created)).toHaveLength(30 - stored.length);
      await journal.close();
      await child.kill();
    }
  });
});

test('what a process stored, the next one reads: bodies, states, rounds', async () => {
  const directory = await temporaryDirectory();
  const make = samples();
  const journal = fileJournal(directory);
  const expected = await Promise.all(
    names('cart', 50).map(async (name, at) => {
      const record = make.operation(name);
      await journal.claim(record);
      const round = at % 3 === 0 ? { ...record.fixed, round: 2, key: `key-of-round-2-${at}` } : undefined;
      const { record: updated } = await journal.update(record.identity, make.change(1, {}, round));
      return updated;
    }),
  );
  await journal.close();
  const { records } = await fileJournal(directory).list('');
  const byName = (a: { identity: string } | undefined, b: { identity: string } | undefined) =>
    (a?.identity ?? '') < (b?.identity ?? '') ? -1 : 1;
  expect([...records].sort(byName)).toEqual([...expected].sort(byName));
  expect((await linesOf(directory)).length).toBeLessThan(10);
});

/** Somebody writes just now: a line grows page by page, and ends on a page by chance only. Blocks, for nothing else is fast enough. */
function waitForHalfALine(directory: string): void {
  const start = performance.now();
  for (let last = statSync(logOf(directory)).size; performance.now() - start < 1000; ) {
    const { size } = statSync(logOf(directory));
    if (size !== last && size % 4096 === 0) return;
    last = size;
  }
}

/** Lines whose checksum is wrong. */
async function tornLines(directory: string): Promise<number> {
  let torn = 0;
  const bytes = await readFile(logOf(directory));
  for (let start = 0, stop = bytes.indexOf(10); stop >= 0; start = stop + 1, stop = bytes.indexOf(10, start)) {
    if (stop > start && decodeLine(bytes.subarray(start, stop)) === undefined) torn++;
  }
  return torn;
}
