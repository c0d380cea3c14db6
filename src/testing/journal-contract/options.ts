import type { Journal } from '../../core/journal.ts';

/** What only its author can do to a journal. Each makes further cases run; without it they are not in the list. All are given the journal that
 *  `make` made for the case. */
export interface JournalContractOptions {
  /** Another journal on the same medium, as another process or tab would open it. Leave it out where nothing else can reach the medium. */
  reopen?(journal: Journal): Promise<Journal>;
  /** Spoils the stored record of `identity` behind the journal's back, which was closed before: its `version` becomes 2 and nothing else changes
   *  (`newer-version`), or it can no longer be read (`garbage`). */
  damage?(journal: Journal, identity: string, kind: 'newer-version' | 'garbage'): Promise<void>;
  /** From now on the medium refuses every read and write of the journal, or cannot be reached. Resolves with what ends that. */
  fail?(journal: Journal): Promise<() => Promise<void> | void>;
}
