import type { Finding } from './finding.ts';
import type { VerifyLevel } from './level.ts';
import type { Settled } from './settled.ts';
import type { Subject } from './subject.ts';

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
