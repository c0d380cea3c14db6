import { Buffer } from 'node:buffer';
import { dirname } from 'node:path';
import process from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type FileStats, type LogIo, nodeLogIo } from '../../../../src/journal/file/log-io.ts';
import type { Draw } from '../../../crash/support/random.ts';

/** Smaller than any real one: a line then lies on several, of which a power cut keeps some. */
const PAGE = 64;

/** A file: what the page cache shows, and what a power cut leaves of it for sure. */
interface Inode {
  readonly number: number;
  cached: Buffer;
  durable: Buffer;
  names: number;
  /** Flushes asked for; the latest of those that are done. */
  asked: number;
  done: number;
  /** Whoever has it open. */
  readonly descriptors: Set<Descriptor>;
  /** What a flush could not write: the cache shows it, and no later flush writes it, unless it is written once more. */
  lost: readonly (readonly [from: number, to: number])[];
}

interface Descriptor {
  readonly inode: Inode;
  /** A flush of the file has failed, through any descriptor: told once to each. */
  failed: boolean;
}

let inodes = 0;

function newInode(bytes: Buffer, names: number): Inode {
  return {
    number: ++inodes,
    cached: bytes,
    durable: bytes,
    names,
    asked: 0,
    done: 0,
    descriptors: new Set(),
    lost: [],
  };
}

/** What a power cut leaves is drawn from it. */
export type Fate = Pick<Draw, 'whole' | 'chance'>;

/** A disk in memory that keeps what was flushed and, of the rest, whatever it likes: bytes page by page, names one by one, in any
 *  combination. Harsher than a journaling file system, which keeps an order. */
export class SimulatedDisk {
  /** Called before every call of the operating system: the power may go there. */
  onCall: (what: string) => void = () => {};
  /** How long a flush takes, in turns of the event loop. */
  flushTurns: () => number = () => 1;
  /** The next flush of a log finds a bad disk. */
  nextFlushFails = false;
  /** Names as processes see them, and all that each may be after a power cut, the durable one first. */
  readonly #names = new Map<string, Inode>();
  readonly #fates = new Map<string, (Inode | undefined)[]>();

  /** A disk with these files, all of them durable. */
  static with(files: ReadonlyMap<string, Buffer>): SimulatedDisk {
    const disk = new SimulatedDisk();
    for (const [path, bytes] of files) disk.#names.set(path, newInode(bytes, 1));
    return disk;
  }

  /** The operating system of one process. */
  process(): LogIo {
    return new SimulatedProcess(this);
  }

  /** What a power cut at this moment might leave; this disk goes on. */
  afterPowerCut(fate: Fate): SimulatedDisk {
    const disk = new SimulatedDisk();
    const copies = new Map<Inode, Inode>();
    for (const name of new Set([...this.#names.keys(), ...this.#fates.keys()])) {
      const fates = this.#fates.get(name) ?? [this.#names.get(name)];
      const inode = fates[fate.whole(0, fates.length - 1)];
      if (inode === undefined) continue;
      const copy = copies.get(inode) ?? newInode(remains(inode, fate), 0);
      copy.names++;
      copies.set(inode, copy);
      disk.#names.set(name, copy);
    }
    return disk;
  }

  /** Memory is short: what was lost is read from the disk from now on. */
  forgetLost(): void {
    for (const inode of this.#names.values()) inode.cached = writable(inode);
  }

  inode(path: string): Inode | undefined {
    return this.#names.get(path);
  }

  /** The names in a directory. */
  list(directory: string): string[] {
    return [...this.#names.keys()].flatMap((path) =>
      dirname(path) === directory ? path.slice(directory.length + 1) : [],
    );
  }

  setName(path: string, inode: Inode | undefined): void {
    const before = this.#names.get(path);
    const fates = this.#fates.get(path) ?? [before];
    fates.push(inode);
    this.#fates.set(path, fates);
    if (before !== undefined) before.names--;
    if (inode === undefined) {
      this.#names.delete(path);
    } else {
      inode.names++;
      this.#names.set(path, inode);
    }
  }

  syncNames(directory: string): void {
    for (const path of this.#fates.keys()) if (dirname(path) === directory) this.#fates.delete(path);
  }
}

/** Bytes that were durable and were not written to since stay. Of every other page: the old bytes, the new ones, zeros, or anything. */
function remains(inode: Inode, fate: Fate): Buffer {
  const { durable } = inode;
  const cached = writable(inode);
  if (cached.equals(durable)) return durable;
  const [shorter, longer] = [durable.length, cached.length].sort((a, b) => a - b) as [number, number];
  const length = fate.chance(0.3) ? longer : fate.whole(shorter, longer);
  const left = Buffer.alloc(length);
  // A large file is one of ballast: its pages do not matter.
  const page = length > 1000 * PAGE ? 1000 * PAGE : PAGE;
  for (let from = 0; from < length; from += page) {
    const to = Math.min(from + page, length);
    const kind = fate.whole(0, 5);
    if (kind <= 2) left.set(cached.subarray(from, to), from);
    else if (kind === 3) left.set(durable.subarray(from, to), from);
    else spoil(left, { from, to, fill: kind === 4 ? 0 : fate.whole(1, 255) }, [cached, durable]);
  }
  return left;
}

/** The bytes that may reach the disk by themselves: lost ones never do. */
function writable({ cached, lost }: Inode): Buffer {
  if (lost.length === 0) return cached;
  const bytes = Buffer.from(cached);
  for (const [from, to] of lost) bytes.fill(0, from, to);
  return bytes;
}

function spoil(
  left: Buffer,
  { from, to, fill }: { readonly from: number; readonly to: number; readonly fill: number },
  [cached, durable]: readonly [Buffer, Buffer],
): void {
  for (let at = from; at < to; at++) {
    const was = durable[at];
    left[at] = was !== undefined && was === cached[at] ? was : fill === 0 ? 0 : (fill * at + (at >> 3)) & 255;
  }
}

class SimulatedProcess implements LogIo {
  readonly #disk: SimulatedDisk;
  readonly #open = new Map<number, Descriptor>();
  #descriptors = 100;

  constructor(disk: SimulatedDisk) {
    this.#disk = disk;
  }

  open(path: string): number {
    return this.#call(`open ${path}`, () => this.#descriptor(found(this.#disk.inode(path), path)));
  }

  openToOverwrite(path: string): number {
    return this.open(path);
  }

  create(path: string): number {
    return this.#call(`create ${path}`, () => {
      if (this.#disk.inode(path) !== undefined) throw systemError('EEXIST', path);
      const inode = newInode(Buffer.alloc(0), 0);
      this.#disk.setName(path, inode);
      return this.#descriptor(inode);
    });
  }

  close(fd: number): void {
    const descriptor = this.#described(fd);
    descriptor.inode.descriptors.delete(descriptor);
    this.#open.delete(fd);
  }

  append(fd: number, bytes: Buffer): number {
    return this.#call('append', () => {
      const inode = this.#file(fd);
      inode.cached = Buffer.concat([inode.cached, bytes]);
      return bytes.length;
    });
  }

  write(fd: number, bytes: Buffer, position: number): number {
    return this.#call('write', () => {
      const inode = this.#file(fd);
      const { cached } = inode;
      const grown = Buffer.alloc(Math.max(cached.length, position + bytes.length));
      cached.copy(grown);
      bytes.copy(grown, position);
      inode.cached = grown;
      const end = position + bytes.length;
      inode.lost = inode.lost.flatMap(([from, to]) =>
        [[from, Math.min(to, position)] as const, [Math.max(from, end), to] as const].filter(([a, b]) => a < b),
      );
      return bytes.length;
    });
  }

  truncate(fd: number, length: number): void {
    this.#call('truncate', () => {
      const inode = this.#file(fd);
      const cut = Buffer.alloc(length);
      inode.cached.copy(cut);
      inode.cached = cut;
    });
  }

  flush(fd: number): Promise<void> {
    return this.#flushed('flush', fd);
  }

  sync(fd: number): Promise<void> {
    return this.#flushed('sync', fd);
  }

  stat(fd: number): FileStats {
    return stats(this.#call('stat', () => this.#file(fd)));
  }

  look(path: string): FileStats | undefined {
    return this.#call(`look ${path}`, () => {
      const inode = this.#disk.inode(path);
      return inode && stats(inode);
    });
  }

  read(fd: number, into: Buffer, position: number): number {
    return this.#call('read', () => this.#file(fd).cached.subarray(position).copy(into));
  }

  makePrivate(fd: number): void {
    this.#file(fd);
  }

  names(directory: string): readonly string[] {
    return this.#call('names', () => this.#disk.list(directory));
  }

  link(from: string, to: string): void {
    this.#call(`link ${to}`, () => {
      const inode = found(this.#disk.inode(from), from);
      if (this.#disk.inode(to) !== undefined) throw systemError('EEXIST', to);
      this.#disk.setName(to, inode);
    });
  }

  rename(from: string, to: string): void {
    this.#call(`rename ${to}`, () => {
      const inode = found(this.#disk.inode(from), from);
      this.#disk.setName(to, inode);
      this.#disk.setName(from, undefined);
    });
  }

  remove(path: string): void {
    this.#call(`remove ${path}`, () => {
      if (this.#disk.inode(path) !== undefined) this.#disk.setName(path, undefined);
    });
  }

  syncDirectory(path: string): void {
    this.#call(`sync directory ${path}`, () => this.#disk.syncNames(path));
  }

  async fileSystemType(): Promise<number> {
    return 0;
  }

  now(): number {
    return Date.now();
  }

  later(ms: number, run: () => void): () => void {
    return nodeLogIo.later(ms, run);
  }

  #call<T>(what: string, act: () => T): T {
    this.#disk.onCall(what);
    return act();
  }

  #descriptor(inode: Inode): number {
    const fd = ++this.#descriptors;
    const descriptor = { inode, failed: false };
    inode.descriptors.add(descriptor);
    this.#open.set(fd, descriptor);
    return fd;
  }

  #described(fd: number): Descriptor {
    const descriptor = this.#open.get(fd);
    if (descriptor === undefined) throw systemError('EBADF', String(fd));
    return descriptor;
  }

  #file(fd: number): Inode {
    return this.#described(fd).inode;
  }

  /** What was written before the call is durable when it ends. Where it fails, the kernel calls the pages clean all the same: the next flush
   *  "succeeds", and writes none of them. */
  async #flushed(what: string, fd: number): Promise<void> {
    const descriptor = this.#call(what, () => this.#described(fd));
    const { inode } = descriptor;
    const { cached } = inode;
    const nth = ++inode.asked;
    if (what === 'flush' && this.#disk.nextFlushFails) {
      this.#disk.nextFlushFails = false;
      inode.lost = [...inode.lost, [inode.durable.length, cached.length]];
      for (const each of inode.descriptors) each.failed = true;
    }
    for (let turns = this.#disk.flushTurns(); turns > 0; turns--) await nextTurn();
    // Looked at when it ends, as Linux does (fs/ext4/fsync.c): what another one's flush has lost meanwhile is a failure of this one too.
    const { failed } = descriptor;
    descriptor.failed = false;
    if (failed) throw systemError('EIO', what);
    // One that was asked for earlier and took longer.
    if (nth < inode.done) return;
    inode.done = nth;
    inode.durable = writable({ ...inode, cached });
  }
}

function found(inode: Inode | undefined, path: string): Inode {
  if (inode === undefined) throw systemError('ENOENT', path);
  return inode;
}

function stats({ number: ino, cached, names }: Inode): FileStats {
  const uid = process.geteuid?.() ?? 0;
  return { ino, size: cached.length, nlink: names, uid, mode: 0o100600, mtimeMs: Date.now(), isFile: () => true };
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
