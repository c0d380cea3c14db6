import { close, fdatasync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { plainClaim } from '../records.ts';
import { grouped } from './group.ts';
import type { Counts, OpenStore } from './store.ts';

/** The least that a durable record costs here: its JSON, a checksum, one write and one flush for all that arrived together. It keeps no index,
 *  knows no names and reads nothing. */
export const openBareLoop: OpenStore = async (directory) => {
  const fd = openSync(join(directory, 'log'), 'a');
  const counts: Counts = { flushes: 0, bytes: 0 };
  const flush = promisify(fdatasync);
  const append = grouped<string>(async (lines) => {
    const text = Buffer.from(lines.join('\n'));
    const line = Buffer.concat([Buffer.from(`${crc32(text).toString(16).padStart(8, '0')} `), text, NEWLINE]);
    counts.bytes += writeSync(fd, line);
    counts.flushes += 1;
    await flush(fd);
  });
  return { counts, put: () => append(JSON.stringify(plainClaim().record)), close: () => promisify(close)(fd) };
};

const NEWLINE = Buffer.from('\n');
