import { threadId } from 'node:worker_threads';
import type { DriverMark } from '../core/driver-mark.ts';
import type { Clock, JournalPlace, Presence, Random } from '../core/ports.ts';
import { type ProcessTable, processTable } from './process-table.ts';

/** Nonces of the clients that drive in this thread, shared by all copies of the package. */
const REGISTRY: unique symbol = Symbol.for('onceward.drivers');

const POLL_MS = 200;

export interface NodePresenceOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** @default what this machine says of itself */
  readonly processes?: ProcessTable;
}

/** Who drives, judged by the processes of this machine: the same pid, start time, boot and pid namespace are the same process, and within this
 *  process the registry tells a closed client from a living one. */
export function nodePresence({ clock, random, processes = processTable() }: NodePresenceOptions): Presence {
  let mine: DriverMark | undefined;
  return {
    async enter() {
      if (mine === undefined) {
        mine = { nonce: nonce(random), ...processes.self() };
        registry().add(mine.nonce);
      }
      return mine;
    },
    holds: (mark) => mark !== undefined && mark.nonce === mine?.nonce && registry().has(mark.nonce),
    leave() {
      if (mine !== undefined) registry().delete(mine.nonce);
      mine = undefined;
    },
    async watch(driver, signal, where = { onThisMachine: false }) {
      for (;;) {
        signal.throwIfAborted();
        const verdict = judge(driver, processes, where);
        if (verdict !== 'alive') return verdict;
        await clock.sleep(POLL_MS, signal);
      }
    },
  };
}

function judge(
  driver: DriverMark,
  processes: ProcessTable,
  { onThisMachine }: JournalPlace,
): 'alive' | 'gone' | 'unknown' {
  if (registry().has(driver.nonce)) return 'alive';
  const here = processes.self();
  // A power cut: its operations go on at once, not after a lease. Behind a shared store it may be another machine.
  if (onThisMachine && driver.bootId !== undefined && here.bootId !== undefined && driver.bootId !== here.bootId)
    return 'gone';
  // Another boot behind a shared store, or another pid namespace, whose pids say nothing here: only a lease can tell.
  if (driver.pid === undefined || driver.bootId !== here.bootId || driver.pidNamespace !== here.pidNamespace) {
    return 'unknown';
  }
  if (driver.pid !== here.pid || driver.startTime !== here.startTime) return processes.look(driver);
  // This very process. Workers have registries of their own.
  return driver.nonce.startsWith(`${threadId}-`) ? 'gone' : 'unknown';
}

function registry(): Set<string> {
  const holder = globalThis as { [REGISTRY]?: Set<string> };
  holder[REGISTRY] ??= new Set();
  return holder[REGISTRY];
}

function nonce(random: Random): string {
  return `${threadId}-${Buffer.from(random.bytes(16)).toString('hex')}`;
}
