import { setImmediate as nextTurn } from 'node:timers/promises';
import { JournalError } from '../../../../src/core/errors/journal-error.ts';
import type { Journal } from '../../../../src/core/journal.ts';
import { compactFileJournal, fileJournalWith } from '../../../../src/journal/file/file-journal.ts';
import { type Samples, samples, succeeded, utf8 } from '../../../../src/testing/journal-contract/sample-record.ts';
import { Draw } from '../../../crash/support/random.ts';
import { Ledger, seen } from '../support/ledger.ts';
import { SimulatedDisk } from './simulated-disk.ts';

/** What a power cut at one moment left, and what callers had been told by then. */
export interface Image {
  /** The call before which the power went, or 'answer'. */
  readonly at: string;
  readonly disk: SimulatedDisk;
  readonly ledger: Ledger;
}

export interface Plan {
  readonly seed: number;
  /** How many processes. */
  readonly journals: number;
  /** How many times each of them writes. */
  readonly rounds: number;
  /** Rounds in which somebody compacts. */
  readonly compactIn: readonly number[];
  /** Rounds in which a flush finds a bad disk. */
  readonly failIn?: readonly number[];
  /** What a power cut may leave, so many times at every call. */
  readonly fates: number;
}

const NAMES = 6;
let lives = 0;

/** Several journals on one disk, in a directory that is empty in truth, and a power cut at every call of the operating system and at
 *  every answer. */
export class Machine {
  readonly images: Image[] = [];
  readonly #directory: string;
  readonly #disk: SimulatedDisk;
  readonly #ledger: Ledger;
  #flushesFail = false;

  constructor(directory: string, disk: SimulatedDisk = new SimulatedDisk(), ledger: Ledger = new Ledger()) {
    this.#directory = directory;
    this.#disk = disk;
    this.#ledger = ledger;
  }

  /** Lives as planned. What it finds at the end is what was promised. */
  async live({ seed, journals: count, rounds, compactIn, failIn = [], fates }: Plan): Promise<void> {
    const draw = new Draw(seed);
    const fate = new Draw(seed + 1);
    const powerCut = (at: string) => {
      for (let nth = 0; nth < fates; nth++)
        this.images.push({ at, disk: this.#disk.afterPowerCut(fate), ledger: this.#ledger.copy() });
    };
    this.#flushesFail = failIn.length > 0;
    this.#disk.onCall = powerCut;
    this.#disk.flushTurns = () => fate.whole(1, 4);
    const journals = Array.from({ length: count }, () => fileJournalWith(this.#disk.process(), this.#directory));
    const make = samples();
    const life = ++lives;
    for (let round = 0; round < rounds; round++) {
      this.#disk.nextFlushFails = failIn.includes(round);
      const compaction = compactIn.includes(round) ? [compactFileJournal(draw.one(journals))] : [];
      const work = journals.flatMap((journal) =>
        Array.from({ length: draw.whole(1, 3) }, () =>
          this.#caller(draw, async () => {
            await this.#work(journal, make, draw, life).catch((error: unknown) => {
              // "Unknown" is a true answer where a flush has failed.
              if (failIn.length === 0 || !(error instanceof JournalError)) throw error;
            });
            powerCut('answer');
          }),
        ),
      );
      await Promise.all([...work, ...compaction]);
    }
    await Promise.all(journals.map((journal) => journal.close()));
    this.#disk.onCall = () => {};
  }

  /** One call after the other, with pauses: those of several processes overlap in every way. */
  async #caller(draw: Draw, call: () => Promise<void>): Promise<void> {
    for (let calls = draw.whole(1, 3); calls > 0; calls--) {
      for (let turns = draw.whole(0, 3); turns > 0; turns--) await nextTurn();
      await call();
    }
  }

  async #work(journal: Journal, make: Samples, draw: Draw, life: number): Promise<void> {
    const ledger = this.#ledger;
    const sample = make.operation(`cart/${draw.whole(1, NAMES)}`);
    const key = `${sample.fixed.key}-${life}`;
    const request = { ...sample.fixed.request, body: utf8(key.repeat(draw.whole(1, 20))) };
    // As the client begins them, random: a remove that is made once more must not find a later record at the same one.
    const revision = this.#flushesFail ? draw.whole(1, 1_000_000_000) : sample.revision;
    const fixed = { ...sample.fixed, key, request };
    const record = { ...sample, revision, write: `${sample.write}-${life}`, fixed };
    const { identity } = record;
    const [what, finishes] = [draw.fraction(), draw.chance(0.3)];
    if (what < 0.45) {
      ledger.claiming(identity);
      const { created, record: stored } = await journal.claim(record);
      // Another process may have saved it into the next file and written to it: its own caller is then told what is there now.
      ledger.claimed(seen(stored), created || seen(stored).key === key);
      // And where somebody had removed it before its caller was answered, it is written anew: one claim, twice there.
      if (this.#flushesFail) ledger.claiming(identity);
      return;
    }
    const found = await journal.get(identity);
    if (found === undefined) return;
    ledger.saw(seen(found));
    if (what < 0.8) {
      const change = make.change(found.revision, finishes ? succeeded(utf8(key)) : {});
      const { record: stored } = await journal.update(identity, { ...change, write: `${change.write}-${life}` });
      if (stored !== undefined) ledger.saw(seen(stored));
    } else {
      ledger.removing(identity, found.revision);
      const won = await journal.remove(identity, found.revision);
      // In the same case it may be our own remove that has made the record absent.
      if (won || !this.#flushesFail) ledger.removed(identity, found.revision, won);
    }
  }
}

/** What is wrong with what a power cut left; empty where every promise was kept. */
export async function broken({ disk, ledger }: Image, directory: string): Promise<readonly string[]> {
  const journal = fileJournalWith(disk.process(), directory);
  try {
    const { records, unreadable } = await journal.list('');
    return [...ledger.broken(records), ...unreadable.map(({ identity }) => `${identity} cannot be read`)];
  } catch (error) {
    return [String(error)];
  } finally {
    await journal.close();
  }
}
