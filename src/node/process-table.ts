import { readFileSync, readlinkSync } from 'node:fs';
import { kill, pid } from 'node:process';
import type { DriverMark } from '../core/driver-mark.ts';

/** What tells one process from every other, as far as this system says it. */
export type ProcessIdentity = Pick<DriverMark, 'pid' | 'startTime' | 'bootId' | 'pidNamespace'>;

/** Who runs on this machine. */
export interface ProcessTable {
  self(): ProcessIdentity;
  /** Of a process on this machine and in this pid namespace. */
  look(process: ProcessIdentity): 'alive' | 'gone' | 'unknown';
  /** Whether one that is alive does nothing until it is told to go on. Absent: nobody can tell. */
  isStopped?(process: ProcessIdentity): boolean;
}

/** Zombie and dead: it runs no more, only its parent has not asked for it yet. */
const ENDED: ReadonlySet<string> = new Set(['Z', 'X', 'x']);

/** Stopped by a signal, or by whoever traces it. */
const STOPPED: ReadonlySet<string> = new Set(['T', 't']);

/** The processes that the files under `root` (Linux) and signal 0 tell of. */
export function processTable(root = '/proc'): ProcessTable {
  let own: ProcessIdentity | undefined;
  return {
    self() {
      own ??= {
        pid,
        ...named('startTime', readStat(root, pid)?.startTime),
        ...named(
          'bootId',
          quietly(() => readFileSync(`${root}/sys/kernel/random/boot_id`, 'utf8').trim()),
        ),
        ...named(
          'pidNamespace',
          quietly(() => readlinkSync(`${root}/self/ns/pid`)),
        ),
      };
      return own;
    },
    look(process) {
      if (process.pid === undefined) return 'unknown';
      const stat = readStat(root, process.pid);
      if (stat !== undefined && process.startTime !== undefined) {
        return stat.startTime === process.startTime && !ENDED.has(stat.state) ? 'alive' : 'gone';
      }
      // No /proc (macOS, Windows), or one that hides other users' processes: only absence is evidence. A pid in use may be another
      // process's by now.
      return isAbsent(process.pid) ? 'gone' : 'unknown';
    },
    isStopped: ({ pid: of }) => of !== undefined && STOPPED.has(readStat(root, of)?.state ?? ''),
  };
}

function readStat(root: string, of: number): { readonly state: string; readonly startTime: string } | undefined {
  return quietly(() => {
    const stat = readFileSync(`${root}/${of}/stat`, 'utf8');
    // Counted after the last ')': a program may be named `) Z 1 2 3`.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    return state === undefined || startTime === undefined ? undefined : { state, startTime };
  });
}

/** EPERM means that it is there and belongs to somebody else. */
function isAbsent(of: number): boolean {
  try {
    kill(of, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function named<Name extends string>(name: Name, value: string | undefined): { readonly [N in Name]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [N in Name]?: string });
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
