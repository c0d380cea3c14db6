import fc from 'fast-check';
import { encodeHeader } from '../../../../src/journal/file/batch.ts';
import { encodeClaim, encodeRemove, encodeUpdate } from '../../../../src/journal/file/entry.ts';
import { Fold } from '../../../../src/journal/file/fold.ts';
import { encodeLine } from '../../../../src/journal/file/line.ts';
import { Log } from '../../../../src/journal/file/log.ts';
import type { SnapshotRecords } from '../../../../src/journal/file/name-index.ts';
import { samples } from '../../../../src/testing/journal-contract/sample-record.ts';
import { MemoryDisk } from './memory-disk.ts';

const PROCESSES = 3;

/** What happens next. */
export type Step =
  | { readonly do: 'claim' | 'update' | 'remove'; readonly process: number; readonly name: number }
  | { readonly do: 'flush'; readonly process: number }
  | { readonly do: 'refresh'; readonly process: number }
  | { readonly do: 'tear'; readonly process: number; readonly name: number; readonly after: number }
  | { readonly do: 'cut'; readonly keep: number; readonly garble: readonly number[] };

const process = fc.nat(PROCESSES - 1);
const name = fc.nat(4);

/** Writes, flushes, processes killed while they write, power cuts that keep any part of what was not flushed and garble the rest. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constantFrom('claim' as const, 'update' as const, 'remove' as const),
        process,
        name,
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('flush' as const), process }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('refresh' as const), process }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('tear' as const), process, name, after: fc.nat(2000) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('cut' as const),
        keep: fc.nat(5000),
        garble: fc.array(fc.constantFrom(0, 0, 0, 1, 65, 10), { maxLength: 40 }),
      }),
    },
  ),
  { minLength: 10, maxLength: 50, size: 'max' },
);

/** Several processes on one disk, and what their callers were told. */
export class LogWorld {
  readonly disk: MemoryDisk = new MemoryDisk(encodeLine(encodeHeader(1)));
  /** Batches of which a flush was waited for, in log order, with what became of their entries. */
  told: readonly string[] = [];
  readonly #make = samples();
  readonly #logs: Log[] = [];

  async run(todo: readonly Step[]): Promise<void> {
    await this.#bootAll();
    for (const step of todo) await this.#step(step);
  }

  /** The batches in the file now. */
  batches(bytes: Buffer = this.disk.bytes): string[] {
    const found: string[] = [];
    new Fold(unread).feed(bytes, (batch, applied) => {
      found.push(`${batch.writer} ${batch.sequence} ${JSON.stringify(applied.map(({ done }) => done))}`);
    });
    return found;
  }

  /** What each process holds after reading to the end. */
  indexes(): string[] {
    return this.#logs.map((log) => {
      log.refresh();
      return show(log);
    });
  }

  /** What a process that starts now finds. @throws LogFailure */
  async restart(): Promise<Log> {
    const log = new Log({ fd: 0, io: this.disk.io, path: 'log', onChange: () => {} });
    await log.load();
    log.verify();
    return log;
  }

  async #bootAll(): Promise<void> {
    for (let at = 0; at < PROCESSES; at++) this.#logs[at] = await this.restart();
  }

  async #step(step: Step): Promise<void> {
    if (step.do === 'cut') {
      this.disk.cut(step.keep, step.garble);
      return this.#bootAll();
    }
    const log = this.#logs[step.process] as Log;
    if (step.do === 'refresh') return log.refresh();
    if (step.do === 'flush') {
      await log.flush();
      const told = this.batches(this.disk.bytes.subarray(0, log.fold.end));
      if (told.length > this.told.length) this.told = told;
      return;
    }
    const offered = this.#make.operation(`cart/${step.name}`);
    if (step.do === 'tear') {
      this.disk.tearAfter = step.after;
      // Its process dies in the middle of the write.
      try {
        log.write([encodeClaim(offered)]);
      } catch (error) {
        if (!this.disk.torn) throw error;
      }
      this.#logs[step.process] = await this.restart();
      return;
    }
    const revision = log.fold.stored(offered.identity)?.revision ?? 1;
    if (step.do === 'claim') log.write([encodeClaim(offered)]);
    else if (step.do === 'remove') log.write([encodeRemove(offered.identity, revision)]);
    else log.write([encodeUpdate(offered.identity, this.#make.change(revision))]);
  }
}

/** For a fold without a snapshot, which reads nothing. */
export const unread: SnapshotRecords = { listed: nothing, nameOf: nothing };

function nothing(ordinal: number): never {
  throw new Error(`No record ${ordinal} is listed.`);
}

/** The records of a log, in order, bodies included. */
export function show(log: Log): string {
  return JSON.stringify(
    [...log.fold.index.keys()].map((identity) => {
      const stored = log.fold.stored(identity);
      return [identity, stored && log.reader.record(identity, stored)];
    }),
  );
}
