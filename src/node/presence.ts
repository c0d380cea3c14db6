import { threadId } from 'node:worker_threads';
import type { DriverMark } from '../core/driver-mark.ts';
import type { Clock, JournalPlace, Presence, Random } from '../core/ports.ts';
import { type Pulse, startPulse } from '../core/pulse.ts';
import { nodeClock } from './clock.ts';
import { type ProcessTable, processTable } from './process-table.ts';

/** Nonces of the clients that drive in this thread, shared by all copies of the package. */
const REGISTRY: unique symbol = Symbol.for('onceward.drivers');

const POLL_MS = 200;

/** Seen stopped for so long, a process is no longer vouched for. Longer than the gap that it notices itself when it goes on. */
const STOPPED_MS = 30_000;

export interface NodePresenceOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** @default what this machine says of itself */
  readonly processes?: ProcessTable;
  /** Notices that this process was stopped for so long that others may have taken it for gone.
   *  @default by the machine's own clock: a simulated one that jumps stops no process */
  readonly pulse?: () => Pulse;
}

/** Who drives, judged by the processes of this machine: the same pid, start time, boot and pid namespace are the same process, and within this
 *  process the registry tells a closed client from a living one. */
export function nodePresence(options: NodePresenceOptions): Presence {
  const { clock, random, processes = processTable(), pulse = () => startPulse(nodeClock) } = options;
  let mine: { readonly mark: DriverMark; readonly pulse: Pulse } | undefined;
  const leave = (): void => {
    mine?.pulse.stop();
    if (mine !== undefined) registry().delete(mine.mark.nonce);
    mine = undefined;
  };
  return {
    async enter() {
      if (mine?.pulse.missed()) leave();
      if (mine === undefined) {
        mine = { mark: { nonce: nonce(random), ...processes.self() }, pulse: pulse() };
        registry().add(mine.mark.nonce);
      }
      return mine.mark;
    },
    holds(mark) {
      if (mine?.pulse.missed()) leave();
      return mark !== undefined && mark.nonce === mine?.mark.nonce && registry().has(mark.nonce);
    },
    leave,
    async watch(driver, signal, where = { onThisMachine: false }) {
      let stopped = 0;
      for (let before = clock.monotonic(); ; ) {
        signal.throwIfAborted();
        const verdict = judge(driver, processes, where);
        if (verdict !== 'alive') return verdict;
        const now = clock.monotonic();
        // What this process did not see, because it was stopped itself, does not count.
        stopped = processes.isStopped?.(driver) === true ? stopped + Math.min(now - before, 2 * POLL_MS) : 0;
        if (stopped >= STOPPED_MS) return 'unknown';
        before = now;
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
