import { appendFile, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { encodeClaim, encodeUpdate } from '../../../src/journal/file/entry.ts';
import { fileJournal, fileJournalWith } from '../../../src/journal/file/file-journal.ts';
import { encodeLine } from '../../../src/journal/file/line.ts';
import { samples, succeeded } from '../../../src/testing/journal-contract/sample-record.ts';
import { linesOf, logOf, temporaryDirectory } from './support/directory.ts';
import { faultyIo } from './support/faulty-io.ts';

async function counted() {
  const directory = await temporaryDirectory();
  const io = faultyIo();
  const journal = fileJournalWith(io, directory);
  await journal.open();
  return { directory, io, journal, make: samples() };
}

/** Appends a line as a process does that was killed before its flush. */
async function appendUnflushed(directory: string, ...entries: string[]): Promise<void> {
  await appendFile(logOf(directory), encodeLine(`{"w":"killed","s":1,"d":0}\t${entries.join('\t')}`));
}

describe('group commit', () => {
  test('256 claims at once are one line and one flush', async () => {
    const { directory, io, journal, make } = await counted();
    const claims = Array.from({ length: 256 }, (_, at) => journal.claim(make.operation(`cart/${at}`)));
    for (const claim of await Promise.all(claims)) expect(claim.created).toBe(true);
    expect({ flushes: io.flushes, appends: io.appends }).toEqual({ flushes: 1, appends: 1 });
    expect(await linesOf(directory)).toHaveLength(2);
    await journal.close();
  });

  test('256 callers, 8 claims each, share about 8 flushes', async () => {
    const { io, journal, make } = await counted();
    const caller = async (of: number) => {
      for (let at = 0; at < 8; at++) await journal.claim(make.operation(`cart/${of}/${at}`));
    };
    await Promise.all(Array.from({ length: 256 }, (_, of) => caller(of)));
    expect(io.flushes).toBeLessThanOrEqual(10);
    expect((await journal.list('')).records).toHaveLength(2048);
    await journal.close();
  });

  test('what arrives while a flush is under way shares the next one', async () => {
    const { io, journal, make } = await counted();
    let open = (): void => {};
    io.gate = new Promise((resolve) => (open = resolve));
    const first = journal.claim(make.operation('first'));
    await expect.poll(() => io.flushes).toBe(1);
    const later: Promise<unknown>[] = [];
    for (let at = 0; at < 50; at++) {
      later.push(journal.claim(make.operation(`later/${at}`)));
      if (at % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    open();
    await first;
    await Promise.all(later);
    expect(io.flushes).toBe(2);
    await journal.close();
  });

  test('a claim is not answered before its flush', async () => {
    const { io, journal, make } = await counted();
    let open = (): void => {};
    io.gate = new Promise((resolve) => (open = resolve));
    let answered = false;
    const claim = journal.claim(make.operation('a')).then(() => {
      answered = true;
    });
    await expect.poll(() => io.flushes).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(false);
    open();
    await claim;
    await journal.close();
  });

  test('more than one line can hold is split, and no write is lost', async () => {
    const { directory, io, journal, make } = await counted();
    const body = new Uint8Array(1024 * 1024).fill(0x20);
    const request = { method: 'POST', url: 'https://api.example/', headers: [], body };
    const claims = Array.from({ length: 20 }, (_, at) => journal.claim(make.operation(`cart/${at}`, { request })));
    await Promise.all(claims);
    expect(io.appends).toBe(3);
    await journal.close();
    const { records } = await fileJournal(directory).list('');
    expect(records).toHaveLength(20);
    expect(records.every(({ fixed }) => fixed.kind === 'operation' && fixed.request.body?.length === body.length)).toBe(
      true,
    );
  });
});

describe('flushes', () => {
  test('a relaxed update waits for none and rides on the next', async () => {
    const { directory, io, journal, make } = await counted();
    const record = make.operation('a');
    await journal.claim(record);
    const before = io.flushes;
    for (let at = 1; at <= 5; at++) await journal.update(record.identity, make.change(at), { relaxed: true });
    expect(io.flushes).toBe(before);
    // Written, though: a kill does not lose it.
    expect((await fileJournal(directory).get(record.identity))?.revision).toBe(6);
    await journal.update(record.identity, make.change(6));
    expect(io.flushes).toBe(before + 1);
    await journal.close();
    expect(io.flushes).toBe(before + 1);
  });

  test('close flushes relaxed updates, and says so in the log', async () => {
    const { directory, io, journal, make } = await counted();
    const record = make.operation('a');
    await journal.claim(record);
    await journal.update(record.identity, make.change(1), { relaxed: true });
    const before = io.flushes;
    const { length } = await readFile(logOf(directory));
    await journal.close();
    expect(io.flushes).toBe(before + 1);
    const lines = await linesOf(directory);
    expect(lines.at(-1)).toMatchObject({ d: length, texts: 0 });
    // Nothing new is known at the next close.
    await journal.open();
    await journal.close();
    expect(await linesOf(directory)).toEqual(lines);
  });

  test('what is durable already is answered without one', async () => {
    const { io, journal, make } = await counted();
    const record = make.operation('a');
    await journal.claim(record);
    const { flushes, appends } = io;
    expect((await journal.claim(make.operation('a'))).created).toBe(false);
    expect((await journal.update(record.identity, make.change(7))).won).toBe(false);
    expect(await journal.remove(record.identity, 7)).toBe(false);
    expect(await journal.remove('shop/alice/absent', 1)).toBe(false);
    expect((await journal.update('shop/alice/absent', make.change(1))).won).toBe(false);
    expect(await journal.get(record.identity)).toEqual(record);
    expect((await journal.list('')).records).toEqual([record]);
    expect(io).toMatchObject({ flushes, appends });
    await journal.close();
  });

  test('what a killed process wrote and did not flush is flushed before it is answered with', async () => {
    const answers: readonly [
      string,
      (journal: ReturnType<typeof fileJournal>, identity: string) => Promise<unknown>,
    ][] = [
      ['claim', (journal) => journal.claim(samples().operation('a'))],
      ['get', (journal, identity) => journal.get(identity)],
      ['list', (journal) => journal.list('')],
      ['lost update', (journal, identity) => journal.update(identity, samples().change(9))],
      ['lost remove', (journal, identity) => journal.remove(identity, 9)],
    ];
    for (const [name, ask] of answers) {
      const { directory, io, journal, make } = await counted();
      const record = make.operation('a');
      await appendUnflushed(directory, encodeClaim(record));
      await ask(journal, record.identity);
      expect(io.flushes, name).toBe(1);
      await ask(journal, record.identity);
      expect(io.flushes, name).toBe(1);
      await journal.close();
    }
  });
});

describe('what is written', () => {
  test('a body once, whatever is updated afterwards', async () => {
    const { directory, journal, make } = await counted();
    const body = new TextEncoder().encode('{"amount":1234567}');
    const record = make.operation('a', { request: { method: 'POST', url: 'https://api.example/', headers: [], body } });
    await journal.claim(record);
    for (let at = 1; at <= 5; at++) await journal.update(record.identity, make.change(at));
    await journal.update(record.identity, make.change(6, succeeded()));
    const text = await readFile(logOf(directory), 'utf8');
    expect(text.split('1234567')).toHaveLength(2);
    await journal.close();
  });

  test('not a record or a change that could not be read again', async () => {
    const { io, journal, make } = await counted();
    const record = make.operation('a');
    const broken = { ...record, fixed: { ...record.fixed, key: 'a key with spaces' } };
    await expect(journal.claim(broken)).rejects.toMatchObject({ name: 'JournalError', reason: 'corrupt' });
    await journal.claim(record);
    const change = make.change(1, { attempts: Number.NaN });
    await expect(journal.update(record.identity, change)).rejects.toMatchObject({ reason: 'corrupt' });
    expect(await journal.get(record.identity)).toEqual(record);
    expect(io.appends).toBe(1);
    await journal.close();
  });
});

describe('records that cannot be used', () => {
  const { operation, key, change } = samples();
  const record = operation('a');
  /** The claim with one of its texts changed: version, fixed part, state. */
  const claim = (spoil: { version?: string; fixed?: (fixed: object) => object; state?: string }): string => {
    const texts = encodeClaim(record).split('\t');
    if (spoil.version !== undefined) texts[0] = `c${spoil.version}o`;
    if (spoil.fixed !== undefined) texts[5] = JSON.stringify(spoil.fixed(JSON.parse(texts[5] ?? '') as object));
    if (spoil.state !== undefined) texts[6] = spoil.state;
    return texts.join('\t');
  };
  const update = (spoil: { version?: string; revision?: string; state?: string }): string => {
    const texts = encodeUpdate(record.identity, change(1)).split('\t');
    if (spoil.version !== undefined) texts[0] = `u${spoil.version}o`;
    if (spoil.revision !== undefined) texts[2] = spoil.revision;
    if (spoil.state !== undefined) texts[6] = spoil.state;
    return texts.join('\t');
  };
  const subscription = () => ({ kind: 'subscription' });
  const rows: readonly [string, string[], string][] = [
    ['a newer version', [claim({ version: '2', fixed: subscription })], 'newer-version'],
    [
      'a newer change',
      [encodeClaim(record), update({ version: '2', state: '{"state":"monitored"}' })],
      'newer-version',
    ],
    [
      'a newer change, then one of ours',
      [encodeClaim(record), update({ version: '2' }), update({ revision: '2' })],
      'newer-version',
    ],
    ['no state', [claim({ state: '' })], 'corrupt'],
    ['a state that is no JSON', [claim({ state: '{' })], 'corrupt'],
    ['an invalid key', [claim({ fixed: (fixed) => ({ ...fixed, key: 'a b' }) })], 'corrupt'],
    ['a body that is no base64', [claim({ fixed: (fixed) => withBody(fixed, { base64: '*' }) })], 'corrupt'],
    ['a change without a state', [encodeClaim(record), update({ state: '' })], 'corrupt'],
    ['a change to a state nobody knows', [encodeClaim(record), update({ state: '{"state":"paid"}' })], 'corrupt'],
  ];

  test.each(rows)('%s: reported, never absent, never written to', async (_, entries, reason) => {
    const { directory, io, journal, make } = await counted();
    const readable = make.operation('b');
    await appendUnflushed(directory, ...entries, encodeClaim(readable));
    const before = await readFile(logOf(directory));
    const calls = [
      () => journal.get(record.identity),
      () => journal.claim(operation('a')),
      () => journal.update(record.identity, change(1)),
      () => journal.remove(record.identity, 1),
    ];
    for (const call of calls)
      await expect(call()).rejects.toMatchObject({ name: 'JournalError', reason, effect: 'none' });
    const unreadable = [{ identity: record.identity, reason }];
    expect(await journal.list('')).toEqual({ records: [readable], unreadable });
    expect(await journal.list('', { open: true })).toEqual({ records: [readable], unreadable });
    expect((await journal.list('shop/bob/')).unreadable).toEqual([]);
    expect(io.appends).toBe(0);
    expect(await readFile(logOf(directory))).toEqual(before);
    // The others live on.
    expect((await journal.update(readable.identity, make.change(1))).won).toBe(true);
    await journal.close();
    expect((await fileJournal(directory).list('')).unreadable).toEqual(unreadable);
  });

  test('of a handed-in key: the error does not show the key', async () => {
    const { directory, journal } = await counted();
    const identity = 'key/shop/live/4f0c8bd2-secret-of-the-backend';
    await appendUnflushed(directory, encodeClaim(key(identity, record.identity)).replace('c1k', 'c2k'));
    const error = await journal.get(identity).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ reason: 'newer-version', message: expect.stringContaining('4f0c8bd2...') });
    expect((error as Error).message).not.toContain('secret');
    await journal.close();
  });
});

function withBody(fixed: object, body: object): object {
  const { request } = fixed as { request: object };
  return { ...fixed, request: { ...request, body } };
}

describe('watch', () => {
  test('hears of what another journal wrote as soon as this one reads', async () => {
    const { directory, journal, make } = await counted();
    const other = fileJournal(directory);
    const heard: (string | undefined)[] = [];
    journal.watch((identity) => heard.push(identity));
    const record = make.operation('a');
    await other.claim(record);
    await journal.get('shop/alice/b');
    expect(heard).toEqual([record.identity]);
    await Promise.all([journal.close(), other.close()]);
  });

  test('hears nothing of what was there before the open', async () => {
    const { directory, journal, make } = await counted();
    await journal.claim(make.operation('a'));
    await journal.close();
    const next = fileJournal(directory);
    const heard: (string | undefined)[] = [];
    next.watch((identity) => heard.push(identity));
    await next.open();
    expect((await next.list('')).records).toHaveLength(1);
    expect(heard).toEqual([]);
    await next.close();
  });
});
