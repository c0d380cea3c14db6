// Logs as real journals wrote them, spoilt while nobody has them open: behind what is durable as a power cut may spoil them, and before it as only
// a bad disk does. Nothing that was answered may be missing without a word.
import { Buffer } from 'node:buffer';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JournalError } from '../../../src/core/errors/journal-error.ts';
import { fileJournalWith } from '../../../src/journal/file/file-journal.ts';
import { Draw } from '../../crash/support/random.ts';
import { SimulatedDisk } from './disk/simulated-disk.ts';
import { lifeOf, type Moment } from './support/moments.ts';

/** What is made of the bytes of a log. */
type Spoil = (bytes: Buffer, durable: number, draw: Draw) => Buffer;

interface Opened {
  /** `a record`: it alone is reported as damaged, and all others are as they were. */
  readonly verdict: 'whole' | 'lost' | 'corrupt' | 'a record' | 'other error';
  /** Why; copies in quarantine. */
  readonly what: readonly string[];
  readonly copies: readonly string[];
}

let directory = '';
let moments: Moment[] = [];
let end: Moment;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'onceward-images-'));
  ({ moments, end } = await lifeOf(directory, 14));
}, 30_000);

afterAll(() => rm(directory, { recursive: true, force: true }));

async function open({ files, log, ledger }: Moment, bytes: Buffer): Promise<Opened> {
  const disk = SimulatedDisk.with(new Map([...files, [log, bytes]]));
  const journal = fileJournalWith(disk.process(), directory);
  try {
    const { records, unreadable } = await journal.list('');
    const damaged = unreadable.filter(({ reason }) => reason === 'corrupt').map(({ identity }) => identity);
    for (const identity of damaged) await expect(journal.get(identity)).rejects.toMatchObject({ reason: 'corrupt' });
    const what = ledger.broken(records).filter((wrong) => !damaged.some((one) => wrong.startsWith(`${one}: lost`)));
    const verdict = what.length > 0 ? 'lost' : damaged.length > 0 ? 'a record' : 'whole';
    return { verdict, what, copies: copiesIn(disk) };
  } catch (error) {
    const corrupt = error instanceof JournalError && error.reason === 'corrupt';
    return { verdict: corrupt ? 'corrupt' : 'other error', what: [String(error)], copies: copiesIn(disk) };
  } finally {
    await journal.close();
  }
}

function copiesIn(disk: SimulatedDisk): string[] {
  return disk.list(join(directory, 'quarantine'));
}

/** Those with the longest tails, one of each generation that has any. */
function chosen(): Moment[] {
  const byLog = new Map<string, Moment>();
  const tail = ({ files, log, durable }: Moment) => (files.get(log)?.length ?? 0) - durable;
  for (const moment of moments) {
    const best = byLog.get(moment.log);
    if (best === undefined || tail(best) < tail(moment)) byLog.set(moment.log, moment);
  }
  return [...byLog.values()];
}

const BLOCK = 64;

/** Another block of the tail than the first byte's: none where it is too short. */
function blocks(bytes: Buffer, durable: number, draw: Draw): readonly [number, number] {
  const last = Math.max(0, Math.floor((bytes.length - durable) / BLOCK) - 1);
  return [durable + draw.whole(0, last) * BLOCK, durable + draw.whole(0, last) * BLOCK];
}

const SPOILS: readonly (readonly [string, Spoil])[] = [
  ['a zero block', (bytes, durable, draw) => bytes.fill(0, ...span(bytes, durable, draw))],
  ['zeros to the end', (bytes, durable, draw) => bytes.fill(0, draw.whole(durable, bytes.length))],
  [
    'swapped pages',
    (bytes, durable, draw) => {
      const [one, other] = blocks(bytes, durable, draw);
      const page = Buffer.from(bytes.subarray(one, one + BLOCK));
      bytes.copyWithin(one, other, other + BLOCK);
      page.copy(bytes, other);
      return bytes;
    },
  ],
  [
    'a garbled tail',
    (bytes, durable, draw) => {
      for (let at = draw.whole(durable, bytes.length); at < bytes.length; at++) bytes[at] = draw.whole(0, 255);
      return bytes;
    },
  ],
  [
    'garbled and cut',
    (bytes, durable, draw) => {
      const [from, to] = span(bytes, durable, draw);
      for (let at = from; at < to; at++) bytes[at] = draw.whole(0, 255);
      return bytes.subarray(0, draw.whole(durable, bytes.length));
    },
  ],
];

function span(bytes: Buffer, durable: number, draw: Draw): [number, number] {
  const from = draw.whole(durable, bytes.length);
  return [from, Math.min(bytes.length, from + draw.whole(1, 4) * BLOCK)];
}

describe('behind what is durable', () => {
  test('cut at every byte: every answer holds, and nothing is called damage', async () => {
    let images = 0;
    for (const moment of chosen()) {
      const bytes = moment.files.get(moment.log) ?? Buffer.alloc(0);
      for (let length = moment.durable; length <= bytes.length; length++) {
        const opened = await open(moment, bytes.subarray(0, length));
        expect(opened, `${moment.log} cut at ${length}`).toEqual({ verdict: 'whole', what: [], copies: [] });
        images++;
      }
    }
    expect(chosen().length).toBeGreaterThanOrEqual(3);
    expect(images).toBeGreaterThanOrEqual(600);
  }, 120_000);

  test.each(SPOILS)(
    '%s: the same',
    async (_, spoil) => {
      const draw = new Draw(7);
      let changed = 0;
      for (let nth = 0; nth < 120; nth++) {
        const moment = draw.one(chosen());
        const bytes = moment.files.get(moment.log) ?? Buffer.alloc(0);
        const spoilt = spoil(Buffer.from(bytes), moment.durable, draw);
        if (!spoilt.equals(bytes)) changed++;
        const opened = await open(moment, spoilt);
        expect(opened, `image ${nth} of ${moment.log}`).toEqual({ verdict: 'whole', what: [], copies: [] });
      }
      expect(changed).toBeGreaterThan(60);
    },
    60_000,
  );
});

describe('below what is durable', () => {
  test('bits that flipped: reported, of one record or with a copy kept, or harmless; never silent', async () => {
    const draw = new Draw(11);
    const bytes = end.files.get(end.log) ?? Buffer.alloc(0);
    const tally = { corrupt: 0, record: 0, harmless: 0 };
    for (let nth = 0; nth < 600; nth++) {
      const spoilt = Buffer.from(bytes);
      const at = draw.whole(0, end.durable - 1);
      spoilt[at] = (spoilt[at] ?? 0) ^ (1 << draw.whole(0, 7));
      const { verdict, what, copies } = await open(end, spoilt);
      expect(['whole', 'a record', 'corrupt'], `bit at ${at}: ${what.join('; ')}`).toContain(verdict);
      if (verdict === 'whole') {
        tally.harmless++;
      } else if (verdict === 'a record') {
        tally.record++;
      } else {
        tally.corrupt++;
        expect(copies, `bit at ${at}`).toHaveLength(1);
      }
    }
    expect(tally.corrupt + tally.record).toBeGreaterThanOrEqual(500);
    expect(Math.min(tally.corrupt, tally.record)).toBeGreaterThan(100);
  }, 60_000);

  test('a log that is cut there is reported', async () => {
    const bytes = end.files.get(end.log) ?? Buffer.alloc(0);
    const verdicts = new Set<string>();
    const sealed = bytes.lastIndexOf('\n', bytes.length - 2);
    for (let length = 0; length < sealed; length += 7) {
      const { verdict, what } = await open(end, bytes.subarray(0, length));
      verdicts.add(verdict);
      // Whole lines that are missing at the end are what a power cut takes, too: nobody can tell. The snapshot is more than that.
      if (length < snapshotEnd(bytes)) expect(verdict, `${length}: ${what.join()}`).toBe('corrupt');
    }
    expect(verdicts).toContain('corrupt');
  }, 60_000);
});

/** Where the part of a log ends that was durable before it had its name. */
function snapshotEnd(bytes: Buffer): number {
  const stop = bytes.indexOf('\n', 2);
  const { length } = JSON.parse(bytes.toString('utf8', 10, stop)) as { readonly length: number };
  return stop + 1 + length;
}
