import type { DriverMark } from '../core/driver-mark.ts';
import type { ProcessTable } from '../node/process-table.ts';

/** What can be said from here of the process that drives an operation. */
export type Standing = 'alive' | 'gone' | 'unknown' | 'nobody';

/** Asked about a journal on this machine's own disk: a mark of another boot was left by a machine that has been started anew. */
export function standingOfDriver(driver: DriverMark | undefined, processes: ProcessTable): Standing {
  if (driver === undefined) return 'nobody';
  const here = processes.self();
  if (driver.bootId !== undefined && here.bootId !== undefined && driver.bootId !== here.bootId) return 'gone';
  // Pids of another namespace say nothing here.
  if (driver.bootId !== here.bootId || driver.pidNamespace !== here.pidNamespace) return 'unknown';
  return processes.look(driver);
}
