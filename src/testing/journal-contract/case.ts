import type { Journal } from '../../core/journal.ts';

/** One promise of the journal contract, tried on an empty journal. */
export interface JournalCase {
  readonly name: string;
  run(journal: Journal): Promise<void>;
}

/** A promise that can be tried only with something from outside: a second journal, a damaged record, a medium that fails. */
export interface HookedCase<Hook> {
  readonly name: string;
  run(journal: Journal, hook: Hook): Promise<void>;
}
