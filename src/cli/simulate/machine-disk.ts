import { Buffer } from 'node:buffer';
import { dirname } from 'node:path';
import type { FileStats, LogIo } from '../../journal/file/log-io.ts';
import { type Life, never } from '../../testing/simulate/life.ts';
import type { Crash } from '../../testing/simulate/plan.ts';

/** A file: what the page cache shows, and what is on the device. */
interface Inode {
  readonly number: number;
  cached: Buffer;
  durable: Buffer;
  names: number;
  /** Flushes asked for; the latest of those that are done. */
  asked: number;
  done: number;
  /** What the next flush of it comes to. */
  next: 'fine' | 'fails' | 'fails after all';
}

/** What a disk needs of its world. */
export interface DiskWorld {
  /** A border that may be the last: false, and the process has ended there. */
  cross(life: Life, label: string): boolean;
  /** What the next write meets. */
  strike(): 'full' | 'lost' | 'kept' | undefined;
  after(ms: number, life: Life, run: () => void): () => void;
  /** How long a flush takes, ms. */
  flushMs(): number;
  wall(): number;
}

/** Thrown into a process that ends in the middle of a system call: nothing it does afterwards reaches the disk. */
class Ended extends Error {}

/** The disk of one machine. It keeps what was flushed; of the rest a power cut leaves a piece whose length is asked for. */
export class MachineDisk {
  readonly #names = new Map<string, Inode>();
  readonly #durableNames = new Map<string, Inode>();
  readonly #world: DiskWorld;
  #inodes = 0;

  constructor(world: DiskWorld) {
    this.#world = world;
  }

  /** Whether the device has these bytes in a log. */
  holds(text: string): boolean {
    return [...this.#durableNames].some(([path, { durable }]) => path.endsWith('.log') && durable.includes(text));
  }

  powerCut(left: NonNullable<Crash['left']>): void {
    const names = left === 'none' ? new Map(this.#durableNames) : new Map([...this.#durableNames, ...this.#names]);
    this.#names.clear();
    this.#durableNames.clear();
    for (const [path, inode] of names) {
      inode.cached = remains(inode, left);
      inode.durable = inode.cached;
      inode.next = 'fine';
      this.#names.set(path, inode);
      this.#durableNames.set(path, inode);
    }
  }

  /** The operating system, as one process sees it. */
  io(life: Life): LogIo {
    const descriptors = new Map<number, Inode>();
    const file = (fd: number): Inode => {
      const inode = descriptors.get(fd);
      if (inode === undefined) throw systemError('EBADF', String(fd));
      return inode;
    };
    const opened = (inode: Inode): number => {
      const fd = 100 + descriptors.size;
      descriptors.set(fd, inode);
      return fd;
    };
    const flushed = (fd: number): Promise<void> => this.#flush(life, file(fd));
    return {
      open: (path) => this.#call(life, 'look', () => opened(this.#found(path))),
      openToOverwrite: (path) => this.#call(life, 'look', () => opened(this.#found(path))),
      create: (path) => this.#call(life, 'name', () => opened(this.#create(path))),
      close: (fd) => void descriptors.delete(fd),
      append: (fd, bytes) => this.#call(life, 'append', () => this.#append(file(fd), bytes)),
      write: (fd, bytes, position) => this.#call(life, 'look', () => put(file(fd), bytes, position)),
      truncate: (fd, length) =>
        this.#call(life, 'look', () => void (file(fd).cached = file(fd).cached.subarray(0, length))),
      flush: flushed,
      sync: flushed,
      stat: (fd) => this.#stats(file(fd)),
      look: (path) => this.#names.get(path) && this.#stats(this.#found(path)),
      read: (fd, into, position) => file(fd).cached.subarray(position).copy(into),
      makePrivate: () => {},
      names: (directory) =>
        [...this.#names.keys()].flatMap((path) =>
          dirname(path) === directory ? [path.slice(directory.length + 1)] : [],
        ),
      link: (from, to) => this.#call(life, 'name', () => this.#link(this.#found(from), to)),
      rename: (from, to) => this.#call(life, 'name', () => this.#rename(from, to)),
      remove: (path) => this.#call(life, 'name', () => this.#unlink(path)),
      syncDirectory: (path) => this.#call(life, 'name', () => this.#syncNames(path)),
      fileSystemType: async () => 0,
      now: () => this.#world.wall(),
      later: (ms, run) => this.#world.after(ms, life, run),
    };
  }

  /** Before and behind every call that changes something a process can end. */
  #call<T>(life: Life, what: 'look' | 'name' | 'append', act: () => T): T {
    if (life.dead) throw new Ended('a process that has ended');
    if (what === 'look') return act();
    if (!this.#world.cross(life, `disk ${what}:asked`)) throw new Ended(what);
    const result = act();
    if (!this.#world.cross(life, `disk ${what}:done`)) throw new Ended(what);
    return result;
  }

  #append(inode: Inode, bytes: Buffer): number {
    const error = this.#world.strike();
    if (error === 'full') throw systemError('ENOSPC', 'append');
    if (error !== undefined) inode.next = error === 'lost' ? 'fails' : 'fails after all';
    inode.cached = Buffer.concat([inode.cached, bytes]);
    return bytes.length;
  }

  async #flush(life: Life, inode: Inode): Promise<void> {
    if (life.dead || !this.#world.cross(life, 'disk flush:asked')) return never();
    const { cached } = inode;
    const nth = ++inode.asked;
    await new Promise<void>((resolve) => void this.#world.after(this.#world.flushMs(), life, resolve));
    const { next } = inode;
    inode.next = 'fine';
    // One that was asked for earlier may take longer.
    if (next !== 'fails' && nth > inode.done) inode.durable = cached;
    inode.done = Math.max(inode.done, nth);
    if (!this.#world.cross(life, 'disk flush:done')) return never();
    if (next !== 'fine') throw systemError('EIO', 'flush');
  }

  #found(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    return inode;
  }

  #create(path: string): Inode {
    const inode: Inode = {
      number: ++this.#inodes,
      cached: Buffer.alloc(0),
      durable: Buffer.alloc(0),
      names: 0,
      asked: 0,
      done: 0,
      next: 'fine',
    };
    this.#link(inode, path);
    return inode;
  }

  #link(inode: Inode, path: string): void {
    if (this.#names.has(path)) throw systemError('EEXIST', path);
    inode.names++;
    this.#names.set(path, inode);
  }

  #rename(from: string, to: string): void {
    const inode = this.#found(from);
    this.#unlink(to);
    this.#names.delete(from);
    this.#names.set(to, inode);
  }

  #unlink(path: string): void {
    const inode = this.#names.get(path);
    if (inode === undefined) return;
    inode.names--;
    this.#names.delete(path);
  }

  #syncNames(directory: string): void {
    for (const path of this.#durableNames.keys()) {
      if (dirname(path) === directory && !this.#names.has(path)) this.#durableNames.delete(path);
    }
    for (const [path, inode] of this.#names) if (dirname(path) === directory) this.#durableNames.set(path, inode);
  }

  #stats({ number, cached, names }: Inode): FileStats {
    const uid = process.geteuid?.() ?? 0;
    return {
      ino: number,
      size: cached.length,
      nlink: names,
      uid,
      mode: 0o100600,
      mtimeMs: this.#world.wall(),
      isFile: () => true,
    };
  }
}

/** All that was flushed, and of what was not as much as is said. */
function remains({ cached, durable }: Inode, left: NonNullable<Crash['left']>): Buffer {
  const loose = Math.max(0, cached.length - durable.length);
  const kept = { none: 0, one: 1, half: loose >> 1, 'all-but-one': loose - 1, all: loose }[left];
  return loose === 0 ? durable : cached.subarray(0, durable.length + Math.min(Math.max(0, kept), loose));
}

function put(inode: Inode, bytes: Buffer, position: number): number {
  const grown = Buffer.alloc(Math.max(inode.cached.length, position + bytes.length));
  inode.cached.copy(grown);
  bytes.copy(grown, position);
  inode.cached = grown;
  return bytes.length;
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
