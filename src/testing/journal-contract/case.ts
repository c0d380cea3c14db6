import type { Journal } from '../../core/journal.ts';

/** One promise of the journal contract, tried on an empty journal. */
export interface JournalCase {
  readonly name: string;
  run(journal: Journal): Promise<void>;
}
