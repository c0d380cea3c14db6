import type { Buffer } from 'node:buffer';
import { basename } from 'node:path';
import process from 'node:process';
import { type LogIo, nodeLogIo } from '../../../../src/journal/file/log-io.ts';
import type { Life, Message, Point } from './messages.ts';

const LOG = /^(\d{8})\.log$/;

/** The operating system of a process that dies at a point of its plan, and says which generations it seals and links. */
export function mortalIo({ kill }: Life, say: (message: Message) => void): LogIo {
  const paths = new Map<number, string>();
  let passed = 0;
  const comesTo = (point: Point): boolean => kill?.point === point && ++passed >= kill.nth;
  const dieAt = (point: Point): void => {
    if (comesTo(point)) die(point, say);
  };
  const generation = (path: string | undefined) => Number(LOG.exec(basename(path ?? ''))?.[1] ?? Number.NaN);
  const opened = (path: string, fd: number) => {
    paths.set(fd, path);
    return fd;
  };
  let full = false;

  const append = (fd: number, bytes: Buffer): number => {
    // A name or a body could say the same; those of this test do not.
    const seals = bytes.includes('"seal":');
    // A compaction without space is refused, and nothing is released for it.
    if (!seals && (full || comesTo('reserve used'))) {
      full = true;
      throw Object.assign(new Error('no space left, says the test'), { code: 'ENOSPC' });
    }
    dieAt('before append');
    if (comesTo('torn append')) {
      nodeLogIo.append(fd, bytes.subarray(0, 1 + Math.floor(Math.random() * (bytes.length - 1))));
      die('torn append', say);
    }
    const written = nodeLogIo.append(fd, bytes);
    dieAt('written');
    if (seals) {
      say({ say: 'sealed', generation: generation(paths.get(fd)) });
      dieAt('sealed');
    }
    return written;
  };

  return {
    ...nodeLogIo,
    open: (path) => opened(path, nodeLogIo.open(path)),
    create: (path) => opened(path, nodeLogIo.create(path)),
    append,
    async flush(fd) {
      await nodeLogIo.flush(fd);
      dieAt('flushed');
    },
    async sync(fd) {
      await nodeLogIo.sync(fd);
      dieAt('space secured');
    },
    link(from, to) {
      if (generation(to) > 1) dieAt('before link');
      nodeLogIo.link(from, to);
      if (!(generation(to) > 1)) return;
      say({ say: 'linked', generation: generation(to) });
      dieAt('linked');
    },
    rename(from, to) {
      nodeLogIo.rename(from, to);
      if (generation(to) > 0) dieAt('retired');
    },
    remove(path) {
      nodeLogIo.remove(path);
      if (basename(path) !== 'reserve') return;
      if (full) die('reserve used', say);
    },
  };
}

function die(point: Point, say: (message: Message) => void): never {
  say({ say: 'dies', point });
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way: not one more instruction of the journal.
  for (;;);
}
