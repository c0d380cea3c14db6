import { type Message, POINTS, type Point } from '../child/messages.ts';

export type Row = Point | 'random';

/** Kills, counted where they hit; and what the survivors made of it. */
export class Toll {
  readonly kills: Map<Row, number> = new Map();
  stops = 0;
  rounds = 0;
  answers = 0;
  /** Generations made, and those among them that another process had sealed the way for. */
  compactions = 0;
  takeovers = 0;

  kill(row: Row): void {
    this.kills.set(row, this.at(row) + 1);
  }

  at(row: Row): number {
    return this.kills.get(row) ?? 0;
  }

  get total(): number {
    return [...this.kills.values()].reduce((sum, count) => sum + count, 0);
  }

  table(seconds: number): string {
    const rows: readonly Row[] = [...POINTS, 'random'];
    return [
      `journal: ${this.total} kills | ${rows.map((row) => `${row} ${this.at(row)}`).join(' | ')}`,
      `journal: ${this.compactions} compactions, ${this.takeovers} of them sealed by one process and finished by another; ${this.answers} answers kept, ${this.stops} stops, ${this.rounds} directories, ${seconds.toFixed(0)} s`,
    ].join('\n');
  }
}

/** Who sealed and who linked the generations of one directory. */
export class Generations {
  readonly #sealers = new Map<number, Set<number>>();
  readonly #linkers = new Map<number, number>();

  note(pid: number, message: Message): void {
    if (message.say === 'linked') this.#linkers.set(message.generation, pid);
    if (message.say !== 'sealed') return;
    const sealers = this.#sealers.get(message.generation) ?? new Set();
    this.#sealers.set(message.generation, sealers.add(pid));
  }

  get made(): number {
    return this.#linkers.size;
  }

  get takenOver(): number {
    return [...this.#linkers].filter(([made, pid]) => this.#sealers.get(made - 1)?.has(pid) !== true).length;
  }
}
