import { isOncewardError } from '../../core/errors/index.ts';
import { checkout } from './checkout.ts';
import type { Life } from './life.ts';
import type { Plan } from './plan.ts';
import type { Violation } from './witness.ts';
import { type Ports, processName, World, type WorldOptions } from './world.ts';

/** How one world ended. */
export interface Result {
  readonly plan: Plan;
  readonly violation: Violation | undefined;
  /** Equal for equal histories. */
  readonly hash: number;
  readonly events: number;
  readonly crossings: number;
  readonly requests: number;
  readonly writes: number;
  readonly crashes: number;
  readonly operations: number;
  readonly charges: number;
}

/** One start of a process. */
export interface Boot {
  readonly world: World;
  readonly ports: Ports;
  /** From 0. */
  readonly process: number;
  /** How often this process was started before. */
  readonly number: number;
  /** Nothing fails any more, and nobody else runs. */
  readonly last: boolean;
}

/** What a process does from its start to its end. It resolves when there is nothing left to do. */
export type Program = (boot: Boot) => Promise<void>;

const DAY = 24 * 3_600_000;
const MOST_EVENTS = 60_000;

/** Lives through a plan: with its faults, then without any, then what a fresh start makes of what is left. */
export async function runPlan(plan: Plan, options: WorldOptions, program: Program = checkout): Promise<Result> {
  const world = new World(plan, options);
  const runner = new Runner(world, program);
  await runner.withFaults();
  if (world.violation === undefined) await runner.withoutFaults();
  if (world.violation === undefined) await runner.afterwards();
  const { kernel, crossings, requests, writes, crashes, operations, server } = world;
  return {
    plan,
    violation: world.violation,
    hash: kernel.hash >>> 0,
    events: kernel.events,
    crossings,
    requests,
    writes,
    crashes,
    operations,
    charges: server.charges.length,
  };
}

class Runner {
  readonly #world: World;
  readonly #program: Program;
  /** Programs that are not at their end, and processes that are to be started again. */
  #open = 0;
  readonly #boots: number[] = [];
  readonly #ended = new Set<Life>();

  constructor(world: World, program: Program) {
    this.#world = world;
    this.#program = program;
  }

  async withFaults(): Promise<void> {
    const world = this.#world;
    const { plan, kernel } = world;
    world.onCrash = (life, down) => this.#restart(life, down);
    for (let process = 0; process < plan.processes; process++) {
      this.#open++;
      kernel.after(process * world.draw.app.whole(0, 400), undefined, () => this.#boot(process));
    }
    const end = await kernel.run(() => this.#open === 0 || world.violation !== undefined, {
      until: Number.POSITIVE_INFINITY,
      most: MOST_EVENTS,
    });
    if (end !== 'done') world.witness.broke('I10', stuck(end));
  }

  /** Everybody ends, and one process starts where nothing fails any more. */
  async withoutFaults(): Promise<void> {
    const world = this.#world;
    world.healed = true;
    world.onCrash = () => {};
    for (const life of [...world.living]) life.end();
    let ended = false;
    const { kernel } = world;
    kernel.after(1_000, undefined, () =>
      this.#start(world.start('last'), { process: 0, last: true }, () => {
        ended = true;
      }),
    );
    const until = kernel.now + 3 * DAY;
    const end = await kernel.run(() => ended || world.violation !== undefined, { until, most: MOST_EVENTS });
    if (end !== 'done') world.witness.broke('I10', `without faults, ${stuck(end)}`);
  }

  /** Copies that were held somewhere arrive; then the books are closed. */
  async afterwards(): Promise<void> {
    const world = this.#world;
    for (const life of [...world.living]) life.end();
    await world.kernel.run(() => world.violation !== undefined, { until: Number.POSITIVE_INFINITY, most: MOST_EVENTS });
    world.witness.finish(world.told);
  }

  #restart(life: Life, down: number): void {
    const process = life.name === processName(0) ? 0 : 1;
    // Its program had come to its end before; the next one's has not.
    if (this.#ended.has(life)) this.#open++;
    this.#world.kernel.after(down, undefined, () => this.#boot(process));
  }

  #boot(process: number): void {
    const { kernel, offUntil } = this.#world;
    if (kernel.now < offUntil) {
      kernel.after(offUntil - kernel.now, undefined, () => this.#boot(process));
      return;
    }
    const life = this.#world.start(processName(process));
    this.#start(life, { process, last: false }, () => {
      this.#ended.add(life);
      this.#open--;
    });
  }

  #start(life: Life, { process, last }: Pick<Boot, 'process' | 'last'>, done: () => void): void {
    const world = this.#world;
    const number = this.#boots[process] ?? 0;
    this.#boots[process] = number + 1;
    this.#program({ world, ports: world.portsOf(life), process, number, last }).then(
      () => life.dead || done(),
      (error: unknown) => {
        if (life.dead) return;
        // What a program does not catch ends it; the next start finds what it left.
        if (isOncewardError(error)) return done();
        world.witness.broke('APP', `the program of ${life.name} failed: ${String(error)}`);
      },
    );
  }
}

function stuck(end: 'idle' | 'late' | 'busy'): string {
  if (end === 'idle') return 'a program waits for something that is not in its world: a timer or an input of its own';
  return `a program does not come to its end (${end === 'late' ? 'in three days' : `in ${MOST_EVENTS} events`})`;
}
