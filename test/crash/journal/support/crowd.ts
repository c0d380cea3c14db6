import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { expect } from 'vitest';
import { fileJournal } from '../../../../src/journal/file/file-journal.ts';
import { Ledger } from '../../../journal/file/support/ledger.ts';
import type { Draw } from '../../support/random.ts';
import type { Life, Message, Point } from '../child/messages.ts';
import { Generations, type Toll } from './toll.ts';
import { Worker } from './worker.ts';

/** A process whose point never comes (its reserve is used up, nobody compacts) is killed wherever it is, ms. */
const PATIENCE = 4_000;

/** Points that a process comes to only where it compacts: those compact often. */
const COMPACTING: ReadonlySet<Point> = new Set<Point>(['space secured', 'sealed', 'before link', 'linked', 'retired']);

export interface Plan {
  /** How many processes at once. */
  readonly processes: number;
  readonly names: number;
  /** How many of them die, one after the other; each is followed by another. */
  readonly kills: number;
  /** At which points, as long as any is wanted; undefined: at any moment. */
  readonly next: () => Point | undefined;
}

/** Several processes on one directory, killed and replaced, and what the survivors hold at the end. */
export class Crowd {
  readonly #program: string;
  readonly #draw: Draw;
  readonly #toll: Toll;
  readonly #ledger = new Ledger();
  readonly #generations = new Generations();
  readonly #wrong: string[] = [];
  #directory = '';
  #killed = 0;

  constructor(program: string, draw: Draw, toll: Toll) {
    this.#program = program;
    this.#draw = draw;
    this.#toll = toll;
  }

  async live(plan: Plan): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), 'onceward-crowd-'));
    try {
      await Promise.all(Array.from({ length: plan.processes }, () => this.#mortals(plan)));
      await this.#survivors(plan);
      this.#toll.rounds++;
      this.#toll.answers += this.#ledger.answers;
      this.#toll.compactions += this.#generations.made;
      this.#toll.takeovers += this.#generations.takenOver;
    } finally {
      await rm(this.#directory, { recursive: true, force: true });
    }
  }

  /** One process after the other, until enough of all of them are dead. */
  async #mortals(plan: Plan): Promise<void> {
    while (this.#killed < plan.kills && this.#wrong.length === 0) {
      this.#killed++;
      const point = plan.next();
      const worker = this.#start(plan, point && { point, nth: this.#draw.whole(1, COMPACTING.has(point) ? 2 : 40) });
      await worker.working(this.#draw.whole(1, 5));
      if (this.#draw.chance(0.2)) await this.#stop(worker);
      if (point === undefined) await after(this.#draw.fraction() ** 2 * 250);
      else await Promise.race([worker.ended, after(PATIENCE, undefined, { ref: false })]);
      worker.signal('SIGKILL');
      await worker.ended;
      this.#toll.kill(worker.point ?? 'random');
    }
  }

  async #stop(worker: Worker): Promise<void> {
    if (!worker.signal('SIGSTOP')) return;
    this.#toll.stops++;
    await after(this.#draw.fraction() ** 2 * 300);
    // Killed while it is stopped, now and then.
    if (this.#draw.chance(0.8)) worker.signal('SIGCONT');
  }

  /** Those that live hold the same, byte for byte; so does one that starts now; and nothing that was promised is missing. */
  async #survivors(plan: Plan): Promise<void> {
    const workers = Array.from({ length: Math.min(plan.processes, 3) }, () => this.#start(plan));
    await Promise.all(workers.map((worker) => worker.working(30)));
    await Promise.all(workers.map((worker) => worker.order('rest', 'rests')));
    const late = this.#start(plan);
    await late.order('rest', 'rests');
    const folds = await Promise.all([...workers, late].map((worker) => worker.order('fold', 'fold')));
    const fresh = fileJournal(this.#directory);
    const { records, unreadable } = await fresh.list('').catch((error: unknown) => {
      this.#wrong.push(String(error));
      return { records: [], unreadable: [] };
    });
    await fresh.close();
    await Promise.all([...workers, late].map((worker) => worker.end()));
    expect(this.#wrong).toEqual([]);
    expect(unreadable).toEqual([]);
    expect(this.#ledger.broken(records)).toEqual([]);
    const hashes = folds.map((fold) => (fold?.say === 'fold' ? fold.hash : 'dead'));
    expect(new Set(hashes).size, hashes.join(', ')).toBe(1);
  }

  #start({ names }: Plan, kill?: Life['kill']): Worker {
    const draw = this.#draw;
    const compactions = kill !== undefined && COMPACTING.has(kill.point) ? 0.05 : 0.005;
    const callers = draw.one([1, 2, 4, 16]);
    const [directory, seed, padding] = [this.#directory, draw.whole(0, 2 ** 30), draw.one([1, 100, 3_000])];
    const life = { directory, seed, names, callers, compactions, padding, kill };
    const worker: Worker = new Worker(this.#program, life, (message) => this.#note(worker.pid, message));
    return worker;
  }

  #note(pid: number, message: Message): void {
    const ledger = this.#ledger;
    this.#generations.note(pid, message);
    if (message.say === 'claiming') ledger.claiming(message.identity);
    else if (message.say === 'claimed') ledger.claimed(message.seen, message.created);
    else if (message.say === 'saw') ledger.saw(message.seen);
    else if (message.say === 'removing') ledger.removing(message.identity, message.revision);
    else if (message.say === 'removed') ledger.removed(message.identity, message.revision, message.won);
    else if (message.say === 'wrong') this.#wrong.push(message.what);
  }
}
