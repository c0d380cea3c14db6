import { type LogIo, nodeLogIo } from '../../../../src/journal/file/log-io.ts';

/** The operating system, with a count of its flushes and faults on command. */
export interface FaultyIo extends LogIo {
  flushes: number;
  appends: number;
  /** The next append takes so many bytes (negative: of the end), or throws this error. */
  nextAppend: number | Error | undefined;
  /** Every append from now on throws this error. */
  everyAppend: Error | undefined;
  nextFlush: Error | undefined;
  /** Every fsync of a whole file, as a new generation needs it, throws this error. */
  everySync: Error | undefined;
  nextRead: Error | undefined;
  nextSync: Error | undefined;
  /** Directories whose names were made durable. */
  readonly synced: string[];
  /** Flushes wait for it. */
  gate: Promise<void> | undefined;
}

export function faultyIo(): FaultyIo {
  const io: FaultyIo = {
    ...nodeLogIo,
    flushes: 0,
    appends: 0,
    nextAppend: undefined,
    everyAppend: undefined,
    nextFlush: undefined,
    everySync: undefined,
    nextRead: undefined,
    nextSync: undefined,
    synced: [],
    gate: undefined,
    append(fd, bytes) {
      io.appends++;
      const fault = io.nextAppend ?? io.everyAppend;
      io.nextAppend = undefined;
      if (fault instanceof Error) throw fault;
      return nodeLogIo.append(fd, fault === undefined ? bytes : bytes.subarray(0, fault));
    },
    async flush(fd) {
      io.flushes++;
      await io.gate;
      const fault = io.nextFlush;
      io.nextFlush = undefined;
      if (fault !== undefined) throw fault;
      return nodeLogIo.flush(fd);
    },
    async sync(fd) {
      if (io.everySync !== undefined) throw io.everySync;
      return nodeLogIo.sync(fd);
    },
    read(fd, into, position) {
      const fault = io.nextRead;
      io.nextRead = undefined;
      if (fault !== undefined) throw fault;
      return nodeLogIo.read(fd, into, position);
    },
    syncDirectory(path) {
      const fault = io.nextSync;
      io.nextSync = undefined;
      if (fault !== undefined) throw fault;
      nodeLogIo.syncDirectory(path);
      io.synced.push(path);
    },
  };
  return io;
}

export function errno(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
