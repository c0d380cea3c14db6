import { JournalError } from '../../core/errors/journal-error.ts';
import type { Journal } from '../../core/journal.ts';
import { applyClaim, applyUpdate, isOpen } from '../../core/record.ts';
import type { Entry, JournalImage } from './journal-image.ts';
import { type Life, never } from './life.ts';
import type { DiskFault } from './plan.ts';

/** What a journal of one process needs of its world. */
export interface JournalWorld {
  readonly image: JournalImage;
  /** Takes time; the dead do not come back from it. */
  spend(life: Life, most: number): Promise<void>;
  /** A border that may be the last: false, and the process has ended there. */
  cross(life: Life, label: string): boolean;
  /** What the next write meets. */
  strike(): DiskFault['error'] | undefined;
  /** Tells those who watch, elsewhere, a moment later. */
  hint(life: Life, identity: string): void;
  watch(life: Life, listener: (identity: string | undefined) => void): () => void;
  /** What a real journal over a simulated disk needs beside that. */
  after(ms: number, life: Life, run: () => void): () => void;
  fraction(): number;
  wall(): number;
  /** Something that was stored is not there any more. */
  lost(identity: string): void;
}

/** What a write comes to, and what it puts into the log. */
interface Applied<T> {
  readonly result: T;
  readonly entry?: Entry | undefined;
}

/** How long a write, a flush and a read may take, ms. */
const WRITE_MS = 2;
const FLUSH_MS = 8;
const READ_MS = 1;

/** A journal over the image of a disk: what its contract says, with every moment at which a process can die in it. */
export function imageJournal(life: Life, world: JournalWorld): Journal {
  const { image } = world;
  const { seen } = image;
  const write = <T>(kind: string, apply: () => Applied<T>): Promise<T> => written(life, world, kind, apply);
  const read = <T>(look: () => T): Promise<T> => looked(life, world, look);
  return {
    kind: 'image',
    durability: 'device',
    open: () => read(() => undefined),
    claim: (offered) =>
      write('claim', () => {
        const { identity } = offered;
        const entry = seen.has(identity) ? undefined : { identity, record: offered };
        return { result: applyClaim(seen.get(identity), offered), entry };
      }),
    update: (identity, change, { relaxed = false } = {}) =>
      write(relaxed ? 'note' : 'update', () => {
        const existing = seen.get(identity);
        const result = applyUpdate(existing, change);
        const changed = result.won && result.record !== existing;
        return { result, entry: changed ? { identity, record: result.record } : undefined };
      }),
    get: (identity) => read(() => seen.get(identity)),
    list: (prefix, { open = false } = {}) =>
      read(() => ({
        records: [...seen.values()].filter((record) => record.identity.startsWith(prefix) && (!open || isOpen(record))),
        unreadable: [],
      })),
    remove: (identity, revision) =>
      write('remove', () => {
        const matches = seen.get(identity)?.revision === revision;
        return { result: matches, entry: matches ? { identity, record: undefined } : undefined };
      }),
    watch: (listener) => world.watch(life, listener),
    async close() {},
  };
}

/** A note is relaxed: it waits for somebody's flush. */
async function written<T>(life: Life, world: JournalWorld, kind: string, apply: () => Applied<T>): Promise<T> {
  const { image } = world;
  if (life.dead || !world.cross(life, `${kind}:asked`)) return never();
  await world.spend(life, WRITE_MS);
  const error = world.strike();
  if (error === 'full') throw new JournalError('quota', 'The simulated disk is full.');
  if (error === 'lost') throw failed();
  const { result, entry } = apply();
  if (entry !== undefined) image.write(entry.identity, entry.record);
  const { end } = image;
  if (!world.cross(life, `${kind}:written`)) return never();
  if (entry !== undefined) world.hint(life, entry.identity);
  if (kind !== 'note') await flushed(life, world, end);
  if (!world.cross(life, `${kind}:flushed`)) return never();
  if (error === 'kept') throw failed();
  return result;
}

/** What is handed out must be durable: what a killed process has written is in the page cache only. */
async function looked<T>(life: Life, world: JournalWorld, look: () => T): Promise<T> {
  if (life.dead || !world.cross(life, 'read:asked')) return never();
  await world.spend(life, READ_MS);
  const found = look();
  await flushed(life, world, world.image.end);
  if (!world.cross(life, 'read:answered')) return never();
  return found;
}

async function flushed(life: Life, { image, spend }: JournalWorld, end: number): Promise<void> {
  if (!image.dirty) return;
  await spend(life, FLUSH_MS);
  image.flush(end);
}

function failed(): JournalError {
  return new JournalError('unavailable', 'The simulated disk failed: whether anything was stored is unknown.');
}
