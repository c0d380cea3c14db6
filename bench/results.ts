import type { BrowserResult } from './browser.ts';
import type { ClientRow } from './clients.ts';
import type { DurableRow } from './durable.ts';
import type { Reopened } from './growth.ts';

/** Everything that one run measured. */
export interface Results {
  readonly recordBytes: number;
  readonly durable: readonly DurableRow[];
  readonly bytesPerOperation: number;
  readonly reopened: Reopened;
  readonly latency: { readonly ratio: number; readonly emptyMs: number; readonly fullMs: number };
  /** Undefined where there is no Chromium. */
  readonly browser: BrowserResult | undefined;
  readonly clients: readonly ClientRow[];
  readonly loopback: readonly ClientRow[];
  readonly heap: { readonly client: number; readonly tombstone: number };
}
