import type { Entry } from './ledger.ts';
import type { RecordedRun } from './ledger-store.ts';
import type { Execution } from './types.ts';

/** One run of a handler. */
export interface Run extends RecordedRun {
  /** Whether it stays when the server dies now: it is a part of the world, or about to be written down. */
  kept: boolean;
  /** As if it had never been. */
  undone: boolean;
  /** The key it ran for. */
  readonly entry: Entry | undefined;
}

/** Every run of a handler that had an effect, in the order in which they began. */
export class Executions {
  #runs: Run[] = [];
  #last = 0;

  begin(execution: Execution, entry: Entry | undefined): Run {
    this.#last += 1;
    const run: Run = { number: this.#last, execution, kept: false, undone: false, entry };
    this.#runs.push(run);
    if (entry !== undefined) entry.effects += 1;
    return run;
  }

  /** A run as it was written down. */
  restore({ number, execution }: RecordedRun, entry: Entry | undefined): void {
    this.#last = Math.max(this.#last, number);
    const after = this.#runs.findLastIndex((run) => run.number < number);
    this.#runs.splice(after + 1, 0, { number, execution, kept: true, undone: false, entry });
    if (entry !== undefined) entry.effects += 1;
  }

  /** Takes a run back that is not kept. */
  undo(run: Run): void {
    if (run.kept || run.undone) return;
    run.undone = true;
    if (run.entry !== undefined) run.entry.effects -= 1;
    this.#runs = this.#runs.filter(({ undone }) => !undone);
  }

  undoUnkept(): void {
    for (const run of this.#runs) {
      if (run.kept) continue;
      run.undone = true;
      if (run.entry !== undefined) run.entry.effects -= 1;
    }
    this.#runs = this.#runs.filter(({ undone }) => !undone);
  }

  /** How many there have been, those undone included. */
  get last(): number {
    return this.#last;
  }

  list(route: string | undefined): readonly Execution[] {
    return this.#runs
      .map(({ execution }) => execution)
      .filter((execution) => route === undefined || execution.route === route);
  }
}
