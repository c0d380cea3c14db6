/** Names the process or tab that drives an operation. Plain data: it is stored in the record. */
export interface DriverMark {
  /** Random per client, and new after every `leave()`: in browsers the name of its lock and of its channel. */
  readonly nonce: string;
  /** True where a Web Lock of that name is held: the follower queues on it. */
  readonly lock?: true;
  readonly pid?: number;
  /** Field 22 of /proc/pid/stat: tells a process from a later one with the same pid. */
  readonly startTime?: string;
  readonly bootId?: string;
  /** Two containers share the boot id and are both pid 1: a foreign pid namespace cannot be judged. */
  readonly pidNamespace?: string;
}

/** What the lock and the channel of a driver are called. Holds nothing of the operation, its owner or its key: every script of the origin can read it. */
export function presenceName(nonce: string): string {
  return `onceward:${nonce}`;
}
