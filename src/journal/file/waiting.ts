import type { Change, JournalRecord } from '../../core/record.ts';
import { type Entry, judgeEntry } from './entry.ts';
import type { Log } from './log.ts';

/** Longest line, in characters: lines of 8 MB were measured to arrive in one piece, and a string ends at 512 MB. */
const LONGEST_LINE = 8 * 1024 * 1024;

/** One write that somebody waits for. */
export interface Job {
  readonly entry: Entry;
  /** The entry as it stands in a line. */
  readonly text: string;
  /** Answered when written, not when durable. */
  readonly relaxed: boolean;
  /** Begins something that will have to be ended: a claim, a round. */
  readonly begins: boolean;
  /** The record that a claim makes. */
  readonly value: JournalRecord | undefined;
  /** What an update changes. */
  readonly change: Change | undefined;
}

/** What became of it. */
export interface Answer {
  readonly done: boolean;
  /** What is stored now, as a copy. */
  readonly record: JournalRecord | undefined;
}

/** Somebody who waits for it. */
export interface Waiting {
  /** `flush`: only durability is wanted. `compact`: a new generation. `settle`: nothing more is expected for a while. */
  readonly job: Job | 'flush' | 'compact' | 'settle';
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}
export type Writing = Waiting & { readonly job: Job };

/** What will be answered once it is true for good. */
export interface Decided {
  readonly waiting: Waiting;
  readonly answer: Answer;
  /** Up to where the log must be durable for it to be true. */
  readonly reach: number;
}

/** What may be answered, and what has to be decided again. */
export interface Settled {
  readonly sure: readonly Decided[];
  readonly unsure: readonly Waiting[];
}

export const NOTHING: Answer = { done: false, record: undefined };

/** As many as one line holds, off the front of the queue. */
export function takeLine(queue: Waiting[]): Waiting[] {
  let length = 0;
  const over = queue.findIndex(({ job }, at) => {
    length += typeof job === 'string' ? 0 : job.text.length;
    return at > 0 && length > LONGEST_LINE;
  });
  return queue.splice(0, over < 0 ? queue.length : over);
}

/** Another process made the new file, and may have read something else where our flush failed: what is in there counts. */
export function decideAgain(log: Log, waiting: readonly Decided[], failed: Error): Settled {
  const sure: Decided[] = [];
  const unsure: Waiting[] = [];
  for (const decided of waiting) {
    const { job, reject } = decided.waiting;
    if (typeof job === 'string') {
      // What its caller has read is perhaps in no file.
      if (job === 'flush') reject(failed);
      else sure.push(decided);
      continue;
    }
    const { entry } = job;
    const judged = judgeEntry(log.fold.stored(entry.identity), entry);
    const stands = decided.answer.done && (judged === 'again' || (entry.kind === 'remove' && judged === 'kept'));
    if (stands) sure.push(decided);
    else unsure.push(decided.waiting);
  }
  return { sure, unsure };
}
