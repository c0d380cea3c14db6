/** Names the process or tab that drives an operation. Plain data: it is stored in the record. */
export interface DriverMark {
  /** Random per client, and new after every `leave()`: in browsers the name of the Web Lock its tab holds. */
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
