import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { DriverMark } from '../core/driver-mark.ts';
import type { Clock, Presence } from '../core/ports.ts';

/** Nonces of the living clients of this process, shared by all copies of the package: a closed client in a live process is seen to be gone. */
const REGISTRY: unique symbol = Symbol.for('onceward.drivers');

const POLL_MS = 200;

/** Who drives, judged by /proc: a process with the same pid, start time, boot and pid namespace is the same process. */
export function nodePresence(clock: Clock): Presence {
  let mine: DriverMark | undefined;
  return {
    async enter() {
      if (mine === undefined) {
        mine = { nonce: randomUUID(), ...thisProcess() };
        registry().add(mine.nonce);
      }
      return mine;
    },
    holds: (mark) => mark !== undefined && mark.nonce === mine?.nonce,
    leave() {
      if (mine) registry().delete(mine.nonce);
      mine = undefined;
    },
    async watch(driver, signal) {
      for (;;) {
        const verdict = judge(driver);
        if (verdict !== 'alive') return verdict;
        await clock.sleep(POLL_MS, signal);
      }
    },
  };
}

function registry(): Set<string> {
  const holder = globalThis as { [REGISTRY]?: Set<string> };
  holder[REGISTRY] ??= new Set();
  return holder[REGISTRY];
}

function judge(driver: DriverMark): 'alive' | 'gone' | 'unknown' {
  if (registry().has(driver.nonce)) return 'alive';
  if (driver.pid === undefined) return 'unknown';
  const here = thisProcess();
  // Another boot id: this machine was started anew, or it is another machine behind a shared store. Only a lease can tell.
  if (driver.bootId !== here.bootId || driver.pidNamespace !== here.pidNamespace) return 'unknown';
  if (driver.startTime !== undefined)
    return startTimeOf(driver.pid) === driver.startTime && driver.pid !== here.pid ? 'alive' : 'gone';
  return exists(driver.pid) ? 'unknown' : 'gone';
}

function thisProcess(): Omit<DriverMark, 'nonce'> {
  const startTime = startTimeOf(process.pid);
  const bootId = quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const pidNamespace = quietly(() => readlinkSync('/proc/self/ns/pid'));
  return {
    pid: process.pid,
    ...(startTime !== undefined && { startTime }),
    ...(bootId !== undefined && { bootId }),
    ...(pidNamespace !== undefined && { pidNamespace }),
  };
}

/** Field 22 of /proc/pid/stat, counted after the last ')': a program may be named `) 1 2 3`. */
function startTimeOf(pid: number): string | undefined {
  return quietly(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  });
}

/** Without /proc only absence is evidence: a pid in use may be another process by now. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
