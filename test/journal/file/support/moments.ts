import type { Buffer } from 'node:buffer';
import { fstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compactFileJournal, fileJournalWith } from '../../../../src/journal/file/file-journal.ts';
import { type LogIo, nodeLogIo } from '../../../../src/journal/file/log-io.ts';
import { samples } from '../../../../src/testing/journal-contract/sample-record.ts';
import { Ledger, seen } from './ledger.ts';

/** A directory as it stood while a flush was asked for and not yet done. */
export interface Moment {
  readonly files: ReadonlyMap<string, Buffer>;
  /** The log that is being flushed, and how much of it was durable already. */
  readonly log: string;
  readonly durable: number;
  /** What callers had been told by then. */
  readonly ledger: Ledger;
}

/** Two real journals on a real directory through several generations; every moment at which something was not durable yet, and the end. */
export async function lifeOf(directory: string, rounds: number): Promise<{ moments: Moment[]; end: Moment }> {
  const ledger = new Ledger();
  const moments: Moment[] = [];
  const camera = new Camera(directory, ledger, moments);
  const journals = [fileJournalWith(camera.io(), directory), fileJournalWith(camera.io(), directory)] as const;
  const make = samples();
  for (let round = 0; round < rounds; round++) {
    await Promise.all(
      journals.map(async (journal, at) => {
        const record = make.operation(`cart/${round}-${at}`);
        ledger.claiming(record.identity);
        const { created, record: stored } = await journal.claim(record);
        ledger.claimed(seen(stored), created);
        if (round % 3 === 0) {
          const { record: updated } = await journal.update(record.identity, make.change(1));
          if (updated !== undefined) ledger.saw(seen(updated));
        } else if (round % 3 === 1) {
          ledger.removing(record.identity, 1);
          ledger.removed(record.identity, 1, await journal.remove(record.identity, 1));
        }
      }),
    );
    if (round % 4 === 3) await compactFileJournal(journals[0]);
  }
  await Promise.all(journals.map((journal) => journal.close()));
  return { moments, end: camera.take(camera.latest()) };
}

/** Takes pictures of a directory, and knows what of it is durable. */
class Camera {
  readonly #directory: string;
  readonly #ledger: Ledger;
  readonly #moments: Moment[];
  /** By inode: a file is made durable under one name and gets another. */
  readonly #durable = new Map<number, number>();

  constructor(directory: string, ledger: Ledger, moments: Moment[]) {
    this.#directory = directory;
    this.#ledger = ledger;
    this.#moments = moments;
  }

  io(): LogIo {
    const paths = new Map<number, string>();
    return {
      ...nodeLogIo,
      open: (path) => {
        const fd = nodeLogIo.open(path);
        paths.set(fd, path);
        return fd;
      },
      flush: (fd) => {
        const path = paths.get(fd) ?? '';
        if (path === this.latest()) this.#moments.push(this.take(path));
        return this.#noting(fd, nodeLogIo.flush);
      },
      sync: (fd) => this.#noting(fd, nodeLogIo.sync),
      truncate: (fd, length) => {
        nodeLogIo.truncate(fd, length);
        this.#durable.set(fstatSync(fd).ino, 0);
      },
    };
  }

  /** The log of the highest generation. */
  latest(): string {
    const logs = readdirSync(this.#directory).filter((name) => /^\d{8}\.log$/.test(name));
    return join(this.#directory, logs.sort().at(-1) ?? '');
  }

  take(log: string): Moment {
    const paths = readdirSync(this.#directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? join(this.#directory, entry.name) : [],
    );
    const files = new Map(paths.map((path) => [path, readFileSync(path)]));
    const durable = this.#durable.get(statSync(log).ino) ?? 0;
    return { files, log, durable, ledger: this.#ledger.copy() };
  }

  async #noting(fd: number, flush: (fd: number) => Promise<void>): Promise<void> {
    const { ino, size } = fstatSync(fd);
    await flush(fd);
    this.#durable.set(ino, Math.max(this.#durable.get(ino) ?? 0, size));
  }
}
