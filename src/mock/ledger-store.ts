import type { Answer } from './answer.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { Execution } from './types.ts';

/** A run of a handler, numbered in the order in which they began. */
export interface RecordedRun {
  readonly number: number;
  readonly execution: Execution;
}

/** What a key stands for from now on. */
export interface StoredAnswer {
  readonly fingerprint: Fingerprint;
  /** Infinity for ever. */
  readonly expiresAt: number;
  readonly answer: Answer;
}

/** Which key, and what had come in with it. */
export interface RecordedKey {
  readonly key: string;
  readonly tenant: string;
  readonly hits: number;
  readonly firstSeenAt: number;
}

/** One change of the ledger. What is in one change has happened as a whole or not at all. */
export type LedgerChange =
  /** A key was taken. Written only where locks outlive their process. */
  | ({
      readonly kind: 'locked';
      readonly fingerprint: Fingerprint;
      readonly expiresAt: number;
      readonly leaseUntil: number;
    } & RecordedKey)
  /** A handler has run: without a key, or in a server that keeps effect and answer apart. */
  | { readonly kind: 'effect'; readonly run: RecordedRun }
  /** The execution under a key is over. Without `stored` the key is free. */
  | ({
      readonly kind: 'ended';
      readonly at: number;
      readonly method: string;
      readonly url: string;
      readonly answer: Answer;
      readonly run?: RecordedRun;
      readonly stored?: Omit<StoredAnswer, 'answer'>;
    } & RecordedKey);

/** Where a mock's ledger outlives its process. `fileLedger` of onceward/mock/node is one. */
export interface LedgerStore {
  /** Every change since the last `clear`, oldest first. Called once, before anything is appended.
   *  @throws Error where they cannot be read: then there is no mock */
  load(): readonly LedgerChange[];
  /** Resolves once the change is durable. Changes become durable in the order of the calls. Rejects for this and every later change once one could not
   *  be written. */
  append(change: LedgerChange): Promise<void>;
  /** Forgets every change, those included that are still being written. */
  clear(): void;
  /** Resolves when what was appended is durable and the store is given up. */
  close(): Promise<void>;
}
