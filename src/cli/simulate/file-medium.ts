import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Journal } from '../../core/journal.ts';
import type { JournalRecord } from '../../core/record.ts';
import { fileJournalWith } from '../../journal/file/file-journal.ts';
import type { LogIo } from '../../journal/file/log-io.ts';
import type { JournalWorld } from '../../testing/simulate/image-journal.ts';
import { type Life, never } from '../../testing/simulate/life.ts';
import type { Medium } from '../../testing/simulate/medium.ts';
import { nextTurn } from '../../testing/simulate/settle.ts';
import { MachineDisk } from './machine-disk.ts';

/** Makes worlds whose processes keep the real file journal, over a disk that a world's plan decides about. The journal looks at a directory of the real
 *  disk before it opens: that one stays empty. */
export class FileMedia {
  readonly #directory: string = mkdtempSync(join(tmpdir(), 'onceward-simulate-'));
  /** Journals that are waiting for the real disk: until they go on, virtual time stands still. */
  #held = 0;

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** A full drain: the journal waits for turns of the event loop, and at its opening for the real disk. */
  readonly settled = async (): Promise<void> => {
    do await nextTurn();
    while (this.#held > 0);
    await nextTurn();
    await nextTurn();
  };

  /** The disk of one world. */
  readonly medium = (world: JournalWorld): Medium => {
    const disk = new MachineDisk({
      cross: world.cross,
      strike: world.strike,
      after: world.after,
      flushMs: () => 1 + world.fraction() * 7,
      wall: world.wall,
    });
    return {
      journal: (life) => this.#journal(life, world, disk),
      powerCut: (left) => disk.powerCut(left),
      holds: (key) => disk.holds(key),
    };
  };

  #journal(life: Life, world: JournalWorld, disk: MachineDisk): Journal {
    const io: LogIo = disk.io(life);
    let release = (): void => {};
    const names: LogIo['names'] = (directory) => {
      // Its directory is there: from here on it asks nobody but us.
      release();
      return io.names(directory);
    };
    const journal = fileJournalWith({ ...io, names }, this.#directory);
    let opening: Promise<void> | undefined;
    const open = async (): Promise<void> => {
      release = this.#hold();
      await journal.open().finally(() => release());
    };
    const opened = async <T>(work: () => Promise<T>): Promise<T> => {
      if (life.dead) return never();
      try {
        await (opening ??= open());
        const result = await work();
        return life.dead ? never() : result;
      } catch (error) {
        // It opens anew at the next call.
        opening = undefined;
        if (life.dead) return never();
        throw error;
      }
    };
    return acknowledged(life, world, journal, opened);
  }

  #hold(): () => void {
    let held = true;
    this.#held++;
    return () => {
      if (held) this.#held--;
      held = false;
    };
  }
}

/** Keeps the image of what the journal has said, and notices what it takes back. */
function acknowledged(life: Life, { image, lost, hint, watch }: JournalWorld, journal: Journal, call: Call): Journal {
  const known = (identity: string, before: number | undefined, record: JournalRecord | undefined): void => {
    if (before !== undefined && (record?.revision ?? -1) < before) return lost(identity);
    const seen = image.seen.get(identity);
    if (record !== undefined && seen !== record && (seen?.revision ?? -1) <= record.revision)
      image.write(identity, record);
  };
  const writing = sure(image, call);
  const stored = (identity: string): number | undefined => image.durable.get(identity)?.revision;
  return {
    kind: 'file',
    durability: 'device',
    open: () => call(async () => {}),
    claim: async (offered) => {
      const { identity } = offered;
      const before = stored(identity);
      const claimed = await writing(identity, () => journal.claim(offered));
      known(identity, before, claimed.record);
      image.confirm(claimed.record);
      hint(life, identity);
      return claimed;
    },
    update: async (identity, change, options) => {
      const before = stored(identity);
      const result = await writing(identity, () => journal.update(identity, change, options));
      known(identity, before, result.record);
      // A note beside it may be behind the flush that made this one durable.
      if (options?.relaxed !== true && result.record !== undefined) image.confirm(result.record);
      hint(life, identity);
      return result;
    },
    get: async (identity) => {
      const before = stored(identity);
      const record = await call(() => journal.get(identity));
      known(identity, before, record);
      if (record !== undefined) image.confirm(record);
      return record;
    },
    list: async (prefix, options) => {
      const before = new Map([...image.durable].map(([identity, { revision }]) => [identity, revision]));
      const listed = await call(() => journal.list(prefix, options));
      for (const record of listed.records) {
        known(record.identity, before.get(record.identity), record);
        image.confirm(record);
      }
      return listed;
    },
    remove: (identity, revision) => call(() => journal.remove(identity, revision)),
    watch: (listener) => watch(life, listener),
    close: async () => {},
  };
}

type Call = <T>(work: () => Promise<T>) => Promise<T>;

/** Where the process ends while it writes, this never comes back, and nobody knows what was stored. */
function sure(
  { uncertain }: JournalWorld['image'],
  call: Call,
): <T>(identity: string, work: () => Promise<T>) => Promise<T> {
  return async (identity, work) => {
    uncertain.add(identity);
    const result = await call(work);
    uncertain.delete(identity);
    return result;
  };
}
