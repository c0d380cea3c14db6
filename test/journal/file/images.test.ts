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

interface Snapshot {
  readonly texts: number;
  readonly list: number;
  readonly end: number;
}

/** The parts of a log that are durable, and what a flipped bit in each makes of it. */
const REGIONS: readonly (readonly [
  what: string,
  verdict: Opened['verdict'],
  region: (snapshot: Snapshot, durable: number) => readonly [from: number, to: number],
])[] = [
  ['the header', 'corrupt', ({ texts }) => [0, texts]],
  ['the texts of the snapshot', 'a record', ({ texts, list }) => [texts, list]],
  ['the list of the snapshot', 'corrupt', ({ list, end: behind }) => [list, behind]],
  ['the log behind it', 'corrupt', ({ end: behind }, durable) => [behind, durable]],
];

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
  test.each(REGIONS)(
    '150 bits that flip in %s: reported (%s) or harmless, never silent',
    async (_, says, region) => {
      const draw = new Draw(11);
      const bytes = end.files.get(end.log) ?? Buffer.alloc(0);
      const [from, to] = region(snapshotOf(bytes), end.durable);
      const tally = { reported: 0, harmless: 0 };
      for (let nth = 0; nth < 150; nth++) {
        const spoilt = Buffer.from(bytes);
        const at = draw.whole(from, to - 1);
        spoilt[at] = (spoilt[at] ?? 0) ^ (1 << draw.whole(0, 7));
        const { verdict, what, copies } = await open(end, spoilt);
        expect([says, 'whole'], `bit at ${at}: ${what.join('; ')}`).toContain(verdict);
        // Evidence is kept of what refuses the whole journal.
        expect(copies, `bit at ${at}`).toHaveLength(verdict === 'corrupt' ? 1 : 0);
        if (verdict === says) tally.reported++;
        else tally.harmless++;
      }
      expect(tally.reported + tally.harmless).toBe(150);
      // Harmless are the ends of lines: what is between two of them is covered by a checksum.
      expect(tally.reported).toBeGreaterThan(130);
    },
    60_000,
  );

  test('a log that is cut there is reported', async () => {
    const bytes = end.files.get(end.log) ?? Buffer.alloc(0);
    const verdicts = new Set<string>();
    const sealed = bytes.lastIndexOf('\n', bytes.length - 2);
    for (let length = 0; length < sealed; length += 7) {
      const { verdict, what } = await open(end, bytes.subarray(0, length));
      verdicts.add(verdict);
      // Whole lines that are missing at the end are what a power cut takes, too: nobody can tell. The snapshot is more than that.
      if (length < snapshotOf(bytes).end) expect(verdict, `${length}: ${what.join()}`).toBe('corrupt');
    }
    expect(verdicts).toContain('corrupt');
  }, 60_000);
});

/** Where the parts of a log are that were durable before it had its name: behind the header the texts of its records, then the lines that list
 *  them. */
function snapshotOf(bytes: Buffer): Snapshot {
  const texts = bytes.indexOf('\n', 2) + 1;
  const { length, data } = JSON.parse(bytes.toString('utf8', 10, texts)) as Record<'length' | 'data', number>;
  return { texts, list: texts + data, end: texts + length };
}
