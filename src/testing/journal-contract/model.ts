import type { Journal } from '../../core/journal.ts';
import { applyClaim, applyUpdate, type Change, type JournalRecord, type NewRecord } from '../../core/record.ts';
import { isSame } from './expectation.ts';

/** One call of a journal, as data: it can be carried out on a journal and on the model. */
export type Step =
  | { readonly do: 'claim'; readonly record: NewRecord }
  | { readonly do: 'update'; readonly identity: string; readonly change: Change; readonly relaxed: boolean }
  | { readonly do: 'remove'; readonly identity: string; readonly revision: number }
  | { readonly do: 'get'; readonly identity: string };

/** A step that was carried out, and what came back. */
export interface Observed {
  readonly step: Step;
  readonly result: unknown;
}

type Stored = JournalRecord | undefined;

export function carryOut(journal: Journal, step: Step): Promise<unknown> {
  switch (step.do) {
    case 'claim':
      return journal.claim(step.record);
    case 'update':
      return journal.update(step.identity, step.change, { relaxed: step.relaxed });
    case 'remove':
      return journal.remove(step.identity, step.revision);
    case 'get':
      return journal.get(step.identity);
  }
}

/** What the rules say of one step: what is stored after it, and what it returns. */
export function modelled(stored: Stored, step: Step): { readonly stored: Stored; readonly result: unknown } {
  switch (step.do) {
    case 'claim': {
      const result = applyClaim(stored, step.record);
      return { stored: result.record, result };
    }
    case 'update': {
      const result = applyUpdate(stored, step.change);
      return { stored: result.record, result };
    }
    case 'remove': {
      const result = stored?.revision === step.revision;
      return { stored: result ? undefined : stored, result };
    }
    case 'get':
      return { stored, result: stored };
  }
}

/** Whether some order of steps that ran at the same time explains all that came back and ends with `after`: one name has one history, whoever
 *  writes it. */
export function isExplained(before: Stored, after: Stored, observed: readonly Observed[]): boolean {
  if (observed.length === 0) return isSame(before, after);
  return observed.some(({ step, result }, at) => {
    const expected = modelled(before, step);
    return isSame(result, expected.result) && isExplained(expected.stored, after, observed.toSpliced(at, 1));
  });
}

/** Small whole numbers in a fixed order (mulberry32): a case that fails fails again. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
