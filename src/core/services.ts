import type { OperationDriver } from './driver.ts';
import type { DriverPool } from './driver-pool.ts';
import type { Journal } from './journal.ts';
import type { Life } from './life.ts';
import type { OperationRecord } from './record.ts';
import type { Settings } from './settings.ts';
import type { Waited } from './wait.ts';

/** What one client shares with its operations. */
export interface Services {
  readonly settings: Settings;
  readonly pool: DriverPool;
  /** @throws UsageError ERR_ONCEWARD_JOURNAL_REQUIRED or ERR_ONCEWARD_CLOSED */
  journal(): Journal;
  readonly life: Life;
  wait(
    driver: OperationDriver,
    options: { readonly signal: AbortSignal | undefined; readonly timeout: number; readonly canCancel: boolean },
  ): Promise<Waited>;
  /** What an error of an operation that goes to `url` should say beside what it says. */
  hintFor(url: string): string | undefined;
  /** Notes that somebody was given this outcome; in the background. */
  delivered(settled: { readonly record: OperationRecord; readonly persisted: boolean }): void;
  /** Stores that the outcome has reached whoever it was for. @throws JournalError */
  acknowledge(record: OperationRecord): Promise<void>;
}
