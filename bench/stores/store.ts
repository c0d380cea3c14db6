/** One way to make a record durable. */
export interface Store {
  /** Stores one new record; resolves when it is on the device. */
  put(): Promise<unknown>;
  /** A claim and its finish: what one operation writes. */
  operation?(): Promise<unknown>;
  close(): Promise<void>;
  /** What went to the system so far, where it can be counted. */
  readonly counts?: Counts;
}

export interface Counts {
  flushes: number;
  bytes: number;
}

/** Opens a store in an empty directory of its own. */
export type OpenStore = (directory: string) => Promise<Store>;
