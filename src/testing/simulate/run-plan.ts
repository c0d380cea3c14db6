import { assembleClient } from '../../core/client.ts';
import { isOncewardError } from '../../core/errors/index.ts';
import { lockPresence } from '../../core/lock-presence.ts';
import { startPulse } from '../../core/pulse.ts';
import type { Surroundings } from '../../core/settings.ts';
import type { Client } from '../../core/types.ts';
import type { Life } from './life.ts';
import type { Plan } from './plan.ts';
import { type ShopOptions, shop } from './shop.ts';
import { SECRET, type Violation } from './witness.ts';
import { ATTEMPT_TIMEOUT, CLIENT_NAME, OWNER, type Ports, processName, World, type WorldOptions } from './world.ts';

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

const WAIT_TIMEOUT = 60_000;
/** How much later than it said a caller may be answered: what is under way when its time is over. */
const WAIT_SLACK = 5_000;

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const MOST_EVENTS = 60_000;

/** Lives through a plan: with its faults, then without any, then what a fresh start makes of what is left. */
export async function runPlan(plan: Plan, options: WorldOptions): Promise<Result> {
  const world = new World(plan, options);
  const runner = new Runner(world);
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
  /** Programs that are not at their end, and processes that are to be started again. */
  #open = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async withFaults(): Promise<void> {
    const world = this.#world;
    const { plan, kernel } = world;
    world.onCrash = (life, down) => this.#restart(life, down);
    for (let process = 0; process < plan.processes; process++) {
      this.#open++;
      kernel.after(process * world.draw.app.whole(0, 400), undefined, () => this.#boot(process, 3));
    }
    const end = await kernel.run(() => this.#open === 0 || world.violation !== undefined, {
      until: Number.POSITIVE_INFINITY,
      most: MOST_EVENTS,
    });
    if (end !== 'done') world.witness.broke('I10', `its programs do not come to an end (${end})`);
  }

  /** Everybody ends, and one process starts where nothing fails any more. */
  async withoutFaults(): Promise<void> {
    const world = this.#world;
    world.healed = true;
    world.onCrash = () => {};
    for (const life of [...world.living]) life.end();
    let ended = false;
    const { kernel } = world;
    kernel.after(1_000, undefined, () => {
      const life = world.start('last');
      this.#program(
        life,
        world.plan.intents.map((intent, number) => ({ ...intent, number })),
        60,
        () => {
          ended = true;
        },
      );
    });
    const until = kernel.now + 3 * DAY;
    const end = await kernel.run(() => ended || world.violation !== undefined, { until, most: MOST_EVENTS });
    if (end !== 'done') world.witness.broke('I10', `without faults its programs do not come to an end (${end})`);
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
    this.#world.kernel.after(down, undefined, () => this.#boot(process, 3));
  }

  #boot(process: number, patience: number): void {
    const world = this.#world;
    const { kernel, offUntil } = world;
    if (kernel.now < offUntil) {
      kernel.after(offUntil - kernel.now, undefined, () => this.#boot(process, patience));
      return;
    }
    const life = world.start(processName(process));
    const intents = world.plan.intents
      .map((intent, number) => ({ ...intent, number }))
      .filter(({ by }) => world.plan.processes === 1 || by === 'both' || (by === 'first') === (process === 0));
    this.#program(life, intents, patience, () => {
      this.#open--;
    });
  }

  #program(life: Life, intents: ShopOptions['intents'], patience: number, done: () => void): void {
    const world = this.#world;
    const ports = world.portsOf(life);
    const client = clientOf(ports, world);
    const { witness } = world;
    const owed = [...world.image.seen.values()];
    const program = shop(
      client,
      {
        life,
        clock: ports.clock,
        draw: world.draw.app,
        waits: (cart) => this.#waits(life, cart),
        reported: (cart, outcome) => {
          if (life.dead) return;
          world.step(
            life.name,
            `is told that ${cart} is ${outcome.status}${outcome.status === 'in-doubt' ? ` (${outcome.reason})` : ''}`,
          );
          witness.reported(life, cart, outcome);
          world.told.push(JSON.stringify(outcome.operation));
          this.#pending(life, cart, outcome);
        },
        failed: (cart, error) => {
          if (life.dead) return;
          world.told.push(isOncewardError(error) ? `${error.message} ${JSON.stringify(error)}` : String(error));
          world.step(
            life.name,
            `is told of ${isOncewardError(error) ? `${error.name} (${error.effect})` : String(error)}`,
          );
          if (!isOncewardError(error)) return witness.broke('I10', `an error that is not ours: ${String(error)}`);
          world.reach(`error: ${error.name}`);
        },
        refused: (cart) => life.dead || witness.refused(life, cart),
        // Others may finish what was open meanwhile: only who is alone can be held to it.
        resumed: (names) =>
          life.dead || (world.plan.processes > 1 && life.name !== 'last') || witness.resumed(names, owed),
        looksUp: (outcome, cart) => {
          const { keyHint } = outcome.operation;
          const happened = world.server.charges.some(
            (charge) => charge.cart === cart && charge.key.startsWith(keyHint),
          );
          if (!happened) witness.decidedNone(keyHint, cart);
          return happened;
        },
      },
      { intents, patience },
    );
    program.then(
      () => life.dead || done(),
      (error: unknown) => life.dead || witness.broke('I10', `the program of ${life.name} failed: ${String(error)}`),
    );
  }

  /** I10: every caller is answered in time. */
  #waits(life: Life, cart: string): () => void {
    const world = this.#world;
    const began = world.kernel.now;
    let answered = false;
    const check = (): void => {
      if (answered || life.dead) return;
      const stood = life.pauses.reduce((sum, { from, to }) => sum + Math.max(0, to - Math.max(from, began)), 0);
      const left = began + stood + WAIT_TIMEOUT + WAIT_SLACK - world.kernel.now;
      if (left > 0) world.kernel.after(left, life, check);
      else world.witness.broke('I10', `a caller of ${cart} has waited longer than waitTimeout`);
    };
    world.kernel.after(WAIT_TIMEOUT + WAIT_SLACK, life, check);
    return () => {
      answered = true;
    };
  }

  /** I10: whatever is pending in the end waits for a time or for a condition that has a name. */
  #pending(life: Life, cart: string, outcome: Parameters<Parameters<typeof shop>[1]['reported']>[1]): void {
    if (life.name !== 'last' || outcome.status !== 'pending') return;
    const named = ['credentials', 'other-owner', 'other-scope', 'interrupted'].includes(outcome.waiting);
    if (named || outcome.operation.nextAttemptAt !== undefined || outcome.waiting === 'sending') return;
    this.#world.reach(`without faults still: ${outcome.waiting} (${cart.slice(0, 1)})`);
  }
}

function clientOf(ports: Ports, world: World): Client {
  const { life, clock, random, locks, channel, fetch, journal } = ports;
  const pages = world.plan.presence === 'pages';
  const platform: Surroundings = {
    clock,
    random,
    presence: () => lockPresence({ locks, clock, random, ...(pages && { channel, pulse: () => startPulse(clock) }) }),
    send: fetch,
    defaultJournal: undefined,
    base: () => undefined,
    onWake: () => () => {},
    online: () => true,
    warn: () => {},
    keepAlive: () => () => {},
    defaultOwner: OWNER,
  };
  return assembleClient(
    {
      baseUrl: 'https://pay.example',
      name: CLIENT_NAME,
      owner: OWNER,
      profile: world.model.profile,
      journal,
      attemptTimeout: ATTEMPT_TIMEOUT,
      waitTimeout: WAIT_TIMEOUT,
      authorize: () => ({ authorization: `Bearer ${SECRET}-${life.name}` }),
    },
    platform,
  );
}
