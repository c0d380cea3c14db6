import { type LogIo, nodeLogIo } from '../../src/journal/file/log-io.ts';
import type { Counts } from './store.ts';

/** The system as the file journal sees it, with what goes through it counted: exact, whatever the machine does beside it. */
export function countingIo(counts: Counts): LogIo {
  const counted = <T extends number>(bytes: T): T => {
    counts.bytes += bytes;
    return bytes;
  };
  return {
    ...nodeLogIo,
    append: (fd, bytes) => counted(nodeLogIo.append(fd, bytes)),
    write: (fd, bytes, position) => counted(nodeLogIo.write(fd, bytes, position)),
    flush(fd) {
      counts.flushes += 1;
      return nodeLogIo.flush(fd);
    },
    sync(fd) {
      counts.flushes += 1;
      return nodeLogIo.sync(fd);
    },
  };
}
