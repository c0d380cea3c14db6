import type { Finding } from './finding.ts';
import type { Settled } from './settled.ts';
import type { Subject } from './subject.ts';

/** How much a rule binds. `profile`: as far as the API documents it. `robustness`: no text says it, and clients need it. */
export type VerifyLevel = 'must' | 'should' | 'may' | 'profile' | 'security' | 'robustness';

/** What a case is, and how it is carried out. */
export interface VerifyCase {
  /** C01 to C25. */
  readonly id: string;
  readonly title: string;
  readonly level: VerifyLevel;
  /** What is sent, for the dry run. */
  readonly sends: string;
  /** How many requests that is, about. */
  readonly requests: (settled: Settled) => number;
  /** Whether timing decides what it sees: then `run` is one trial of several. */
  readonly racy?: true;
  /** Why it cannot be asked of this server. */
  readonly skip?: (settled: Settled) => string | undefined;
  /** @param trial its number, from 0 */
  run(subject: Subject, finding: Finding, trial: number): Promise<void>;
}
