import type { Change, JournalRecord, NewRecord } from './record.ts';
import type { Durability } from './types.ts';

/** A record that is there and cannot be used: damaged, of a newer version, or lost but for its key. Never "absent". */
export interface Unreadable {
  readonly identity: string;
  readonly reason: 'corrupt' | 'newer-version' | 'lost';
}

/** Where operations live between attempts, tabs, processes and restarts.
 *
 *  Every method opens the medium by itself, and a failed open is not cached. "Not there" is the only "empty": whatever cannot be read
 *  throws JournalError. Records that come back are frozen in meaning: nobody writes into them.
 *  `journalContract` of onceward/testing tests all of it.
 */
export interface Journal {
  /** 'memory', 'store', 'file', 'indexed-db', or a name of your own. */
  readonly kind: string;
  readonly durability: Durability;
  /** Opens the medium now; for `ready()`. @throws JournalError */
  open(): Promise<void>;
  /** Creates the record if its identity is absent, atomically against everybody else. Resolves when what it returns is durable.
   *  `created` is false where another claim was there first: use the record that came back, never the one offered.
   *  @throws JournalError; then nothing may be sent */
  claim(record: NewRecord): Promise<{ readonly created: boolean; readonly record: JournalRecord }>;
  /** Writes state (with `change.round` the fixed part too) if the stored revision is `change.revision`. Says whether it won, and what is
   *  stored now. Resolves when durable; with `relaxed` when written: for what a restart can do without. */
  update(
    identity: string,
    change: Change,
    options?: { readonly relaxed?: boolean },
  ): Promise<{ readonly won: boolean; readonly record: JournalRecord | undefined }>;
  /** @throws JournalError 'corrupt' or 'newer-version' for a record that is there and cannot be used */
  get(identity: string): Promise<JournalRecord | undefined>;
  /** Records whose identity starts with `prefix`, in no promised order. `open`: only those for which `isOpen` holds. */
  list(
    prefix: string,
    options?: { readonly open?: boolean },
  ): Promise<{ readonly records: readonly JournalRecord[]; readonly unreadable: readonly Unreadable[] }>;
  /** Removes the record if its revision is still `revision`. Durable when it resolves. */
  remove(identity: string, revision: number): Promise<boolean>;
  /** A hint that the record of `identity` (undefined: any of them) may have changed, here or elsewhere. May come late or not at all: poll
   *  behind it. Returns the unsubscribe function. */
  watch(listener: (identity: string | undefined) => void): () => void;
  /** When the medium is known to have lost records; undefined: never, or acknowledged since. Until then a claim of a name that is nowhere must be refused
   *  (`lost`): absent does not mean never claimed. A journal whose medium does not lose records has neither this nor `acknowledgeLoss`. */
  lostAt?(): Promise<number | undefined>;
  /** The application has reconciled: absent means never claimed again. Durable when it resolves. */
  acknowledgeLoss?(): Promise<void>;
  /** Finishes what is under way, then releases the medium. Calls made afterwards open it again. */
  close(): Promise<void>;
}
