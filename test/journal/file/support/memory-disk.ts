import { type FileStats, type LogIo, nodeLogIo } from '../../../../src/journal/file/log-io.ts';

/** One file on a disk that loses power, and whose writers die in the middle of a write. */
export class MemoryDisk implements Pick<LogIo, 'append' | 'flush' | 'stat' | 'read' | 'close'> {
  bytes: Buffer;
  /** What a power cut leaves for sure. */
  durable: number;
  flushes = 0;
  /** How much of the next write arrives before its writer dies. */
  tearAfter: number | undefined;
  /** The last write was. */
  torn = false;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.durable = bytes.length;
  }

  append(_fd: number, bytes: Buffer): number {
    const taken = this.tearAfter === undefined ? bytes : bytes.subarray(0, this.tearAfter % (bytes.length + 1));
    this.bytes = Buffer.concat([this.bytes, taken]);
    this.torn = this.tearAfter !== undefined;
    this.tearAfter = undefined;
    if (!this.torn) return bytes.length;
    throw new Error('killed');
  }

  async flush(): Promise<void> {
    this.flushes++;
    this.durable = this.bytes.length;
  }

  /** As a journal is given it: there is one file, and nothing else. */
  get io(): LogIo {
    return {
      ...nodeLogIo,
      append: (fd, bytes) => this.append(fd, bytes),
      flush: () => this.flush(),
      stat: () => this.stat(),
      read: (fd, into, position) => this.read(fd, into, position),
      close: () => {},
    };
  }

  close(): void {}

  stat(): FileStats {
    return { ino: 1, size: this.bytes.length, nlink: 1, uid: 0, mode: 0o100600, mtimeMs: 0, isFile: () => true };
  }

  read(_fd: number, into: Buffer, position: number): number {
    return this.bytes.copy(into, 0, position);
  }

  /** The power goes: of what is not durable, the first `keep` bytes stay, of them every block where `garble` is not 0 filled with it. */
  cut(keep: number, garble: readonly number[], block = 16): void {
    const end = this.durable + (keep % (this.bytes.length - this.durable + 1));
    this.bytes = Buffer.from(this.bytes.subarray(0, end));
    for (const [at, fill] of garble.entries()) {
      const from = this.durable + at * block;
      if (fill !== 0 && from < end) this.bytes.fill(fill === 1 ? 0 : fill, from, Math.min(end, from + block));
    }
    this.durable = end;
  }
}
