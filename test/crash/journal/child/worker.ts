// One process of the crowd: it claims, updates, removes and compacts at random on names that others want too, and says every answer before it
// does anything else, so that whoever kills it knows what it was promised.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { JournalRecord, NewRecord } from '../../../../src/core/record.ts';
import { encodeRecord } from '../../../../src/journal/codec.ts';
import { compactFileJournal, fileJournalWith } from '../../../../src/journal/file/file-journal.ts';
import { samples, succeeded, utf8 } from '../../../../src/testing/journal-contract/sample-record.ts';
import { seen } from '../../../journal/file/support/ledger.ts';
import { Draw } from '../../support/random.ts';
import type { Life, Message, Order } from './messages.ts';
import { mortalIo } from './mortal-io.ts';

const life = JSON.parse(process.argv[2] ?? '') as Life;
const journal = fileJournalWith(mortalIo(life, say), life.directory);
const draw = new Draw(life.seed);
const make = samples();
let resting = false;
let once = 0;

/** Synchronously: a process that is killed at the next instruction has said it. */
function say(message: Message): void {
  let rest = Buffer.from(`${JSON.stringify(message)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      // Its parent does not keep up.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function newRecord(name: string): NewRecord {
  const sample = make.operation(name);
  const key = `${sample.fixed.key}-${life.seed}-${process.pid}`;
  const body = utf8(key.repeat(draw.chance(0.05) ? life.padding : 1));
  const request = { ...sample.fixed.request, body };
  return { ...sample, write: `write of ${key}`, fixed: { ...sample.fixed, key, request } };
}

async function claim(record: NewRecord): Promise<JournalRecord> {
  const { identity } = record;
  say({ say: 'claiming', identity });
  const claimed = await journal.claim(record);
  say({ say: 'claimed', seen: seen(claimed.record), created: claimed.created });
  check(claimed.record, identity);
  return claimed.record;
}

async function update(record: JournalRecord): Promise<void> {
  const state = draw.chance(0.3) ? { ...succeeded(utf8('done')), finishedAt: Date.now() } : {};
  const change = make.change(record.revision, state);
  const write = `${change.write}-${life.seed}-${process.pid}`;
  const updated = await journal.update(record.identity, { ...change, write });
  if (updated.record === undefined) return;
  say({ say: 'saw', seen: seen(updated.record) });
  if (updated.won && updated.record.write !== write) say({ say: 'wrong', what: 'won with the write of another' });
}

async function remove({ identity, revision }: JournalRecord): Promise<void> {
  say({ say: 'removing', identity, revision });
  say({ say: 'removed', identity, revision, won: await journal.remove(identity, revision) });
}

/** A record must be the one it was asked for, with the body that belongs to its key. */
function check({ identity, fixed }: JournalRecord, wanted: string): void {
  if (identity !== wanted) return say({ say: 'wrong', what: `${identity} was given for ${wanted}` });
  if (fixed.kind !== 'operation' || fixed.request.body === undefined) return;
  const body = new TextDecoder().decode(fixed.request.body);
  if (body.replaceAll(fixed.key, '') !== '') say({ say: 'wrong', what: `${identity} has the body of another` });
}

async function act(): Promise<void> {
  const what = draw.fraction();
  if (what < life.compactions) return compactFileJournal(journal);
  if (what > 0.9) {
    // Names that nobody else wants: what was removed is gone for good.
    const record = await claim(newRecord(`once/${life.seed}-${process.pid}-${++once}`));
    return draw.chance(0.8) ? remove(record) : undefined;
  }
  const record = newRecord(`cart/${draw.whole(1, life.names)}`);
  if (what < 0.4) return void (await claim(record));
  const stored = await journal.get(record.identity);
  if (stored === undefined) return;
  say({ say: 'saw', seen: seen(stored) });
  check(stored, record.identity);
  return what < 0.75 ? update(stored) : remove(stored);
}

async function caller(): Promise<void> {
  while (!resting) await act();
}

async function fold(): Promise<Message> {
  const { records, unreadable } = await journal.list('');
  if (unreadable.length > 0) say({ say: 'wrong', what: `cannot be read: ${JSON.stringify(unreadable)}` });
  const hash = createHash('sha1');
  for (const record of records) hash.update(`${encodeRecord(record)}\n`);
  return { say: 'fold', hash: `${records.length} ${hash.digest('hex')}` };
}

try {
  const work = Promise.all(Array.from({ length: life.callers }, caller));
  const obey: Readonly<Record<Order, () => Promise<void>>> = {
    async rest() {
      resting = true;
      await work;
      say({ say: 'rests' });
    },
    fold: async () => say(await fold()),
    async end() {
      await journal.close();
      process.exit(0);
    },
  };
  const listen = async () => {
    for await (const order of createInterface({ input: process.stdin })) await obey[order as Order]();
  };
  await Promise.all([work, listen()]);
} catch (error) {
  const { message, cause } = error as Error;
  say({ say: 'wrong', what: `${message} ${cause === undefined ? '' : String(cause)}` });
  process.exit(1);
}
