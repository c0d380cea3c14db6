/** The points of the life of an operation at which a process is killed. `after-finish` is one of its own: there the operation has finished,
 *  and what is at stake is only that its outcome reaches somebody. */
export const NAMED = ['before-claim', 'after-claim', 'after-send', 'after-response'] as const;
export const FURTHER = ['during-claim', 'while-sending', 'during-finish', 'after-finish'] as const;
export type Point = (typeof NAMED)[number] | (typeof FURTHER)[number];
export type Row = Point | 'random' | 'two processes';

/** Kills, counted where they hit. */
export class Tally {
  /** Kills at a moment when an operation was unfinished: the next process found it pending, or called and not even claimed. */
  readonly unfinished: Map<Row, number> = new Map();
  /** Kills that came when everything was finished: they prove less, and are not counted in. */
  readonly late: Map<Row, number> = new Map();
  worlds = 0;
  processes = 0;
  operations = 0;
  effects = 0;
  delivered = 0;

  kill(row: Row, unfinished: boolean): void {
    const counts = unfinished ? this.unfinished : this.late;
    counts.set(row, (counts.get(row) ?? 0) + 1);
  }

  at(row: Row): number {
    return this.unfinished.get(row) ?? 0;
  }

  get total(): number {
    return [...this.unfinished.values()].reduce((sum, count) => sum + count, 0);
  }

  table(seconds: number): string {
    const rows: readonly Row[] = [...NAMED, ...FURTHER, 'random', 'two processes'];
    const cells = rows
      .filter((row) => this.at(row) + (this.late.get(row) ?? 0) > 0)
      .map((row) => `${row} ${this.at(row)}${this.late.has(row) ? ` (+${this.late.get(row)})` : ''}`);
    return [
      `crash: ${this.total} kills while an operation was unfinished | ${cells.join(' | ')} | (+n): when all had finished`,
      `crash: ${this.operations} operations, ${this.effects} effects, ${this.delivered} outcomes delivered; ${this.processes} processes on ${this.worlds} journals, ${seconds.toFixed(0)} s`,
    ].join('\n');
  }
}
