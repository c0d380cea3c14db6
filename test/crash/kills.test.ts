// What a SIGKILL proves, and what not: the process loses everything it held in memory, at any instruction; what it had handed to the
// operating system stays, flushed or not. So these tests prove the order (claim before send, answer before report) and the recovery.
// They say nothing about power cuts, where what was written and not flushed is lost as well.
import { afterAll, describe, expect, test } from 'vitest';
import type { Strike } from './support/bank.ts';
import type { Life } from './support/boot.ts';
import { crew } from './support/crew.ts';
import { Draw } from './support/random.ts';
import { FURTHER, NAMED, type Point, Tally } from './support/tally.ts';
import { World } from './support/world.ts';

/** How many kills, all told: 30 unless said, at least 200 where everything is checked. */
const KILLS = Number(process.env.KILLS ?? 30);
const SEED = Number(process.env.SEED ?? 1);
if (!(KILLS >= 1) || !Number.isFinite(KILLS + SEED)) throw new Error('KILLS is a number from 1, SEED a number.');

/** Worlds at once. More starve each other on two cores. */
const HANDS = 3;

/** Of every 100 kills 13 hit each named point, 5 each further one (100 of 2000); the rest come at random and into two processes. */
const AT_NAMED = Math.ceil(KILLS * 0.13);
const AT_FURTHER = Math.ceil(KILLS * 0.05);
const AT_RANDOM = Math.ceil(KILLS * 0.16);
const IN_TWO = Math.ceil(KILLS * 0.16);
const TIME = 60_000 + KILLS * 3_000;

/** Long enough for two processes to start and read their journal, ms: then they claim at the same moment. */
const STARTING = 500;

const tally = new Tally();
const started = performance.now();

afterAll(() => console.log(tally.table((performance.now() - started) / 1000)));

/** At such a point every operation of the process may have finished, if its timing will have it so. */
const MAY_BE_LATE: ReadonlySet<Point> = new Set<Point>(['during-finish', 'after-finish']);

interface PointKill {
  readonly point: Point;
  readonly nth: number;
  readonly turns: number;
  readonly strike: Strike;
  /** How long a held handler goes on after the process is dead, ms. */
  readonly afterlife: number;
}

/** Kills one process as planned; returns what it was. */
async function killedAt(world: World, kill: PointKill): Promise<Life> {
  const { bank } = world;
  if (kill.point !== 'after-send') return world.start(kill).life;
  const { struck, release } = bank.strike(kill.strike, kill.nth);
  const boot = world.start();
  await Promise.race([struck, boot.life]);
  boot.kill();
  const life = await boot.life;
  setTimeout(release, kill.afterlife);
  return life;
}

/** Each point means what it says: what had the server seen of the operation at which the process died? */
function checkPoint(world: World, kill: PointKill, life: Life): void {
  if (!life.killed) throw new Error(`The process never came to ${kill.point}: ${JSON.stringify(life)}`);
  if (life.death === undefined) return;
  const { bank } = world;
  const { name } = life.death;
  if (kill.point === 'before-claim' || kill.point === 'during-claim' || kill.point === 'after-claim')
    expect(bank.hits(name), `requests before ${kill.point}`).toBe(0);
  if (kill.point === 'after-response' || kill.point === 'during-finish' || kill.point === 'after-finish')
    expect(bank.effects(name), `effects at ${kill.point}`).toBe(1);
}

const TROUBLES = ['reset-before', 'reset-after', 'truncate', 'status:503', 'duplicate'] as const;
const PAIR_POINTS = ['before-claim', 'after-claim', 'while-sending', 'after-response'] as const;

/** One to three processes, each killed at a point of its own, each with two new operations and those its forerunners left; the next one lives. */
async function liveThroughPoints(draw: Draw, wanted: readonly Point[]): Promise<Point[]> {
  const plan: PointKill[] = Array.from({ length: draw.whole(1, 3) }, () => ({
    point: draw.one(wanted),
    nth: draw.whole(1, 2),
    turns: draw.whole(0, 12),
    strike: draw.one<Strike>(['lose-response', 'held', 'stall']),
    afterlife: draw.whole(0, 150),
  }));
  await World.live(plan, tally, async (world) => {
    for (const kill of plan) {
      world.newNames();
      const life = await killedAt(world, kill);
      checkPoint(world, kill, life);
      world.took(life, kill.point);
    }
    world.took(await world.start().life);
  });
  return plan.map(({ point }) => point);
}

/** One to four processes, each killed at any moment of its work. Moments are short: a charge takes a few milliseconds here. */
async function liveAtRandom(draw: Draw): Promise<void> {
  const plan = Array.from({ length: draw.whole(1, 4) }, () => ({
    after: draw.fraction() ** 2 * 60,
    trouble: draw.chance(0.5) ? draw.one(TROUBLES) : undefined,
  }));
  await World.live(plan, tally, async (world) => {
    for (const { after, trouble } of plan) {
      world.newNames();
      if (trouble !== undefined) world.bank.trouble(trouble);
      const boot = world.start();
      await boot.working;
      setTimeout(() => boot.kill(), after);
      world.took(await boot.life, 'random');
    }
    world.took(await world.start().life);
  });
}

/** Two processes want the same operations at once, and one is killed. */
async function liveInTwo(draw: Draw): Promise<void> {
  const plan = {
    point: draw.one(PAIR_POINTS),
    nth: draw.whole(1, 2),
    turns: draw.whole(0, 4),
    together: draw.chance(0.5),
  };
  await World.live(plan, tally, async (world) => {
    world.newNames();
    const goAt = plan.together ? Date.now() + STARTING : undefined;
    const mortal = world.start(plan, goAt);
    if (!plan.together) await mortal.working;
    const survivor = world.start(undefined, goAt);
    const [dead, alive] = await Promise.all([mortal.life, survivor.life]);
    expect(alive.killed).toBe(false);
    const given = alive.outcomes.map(({ name }) => name);
    expect(given.sort(), 'what the survivor was given').toEqual([...alive.called].sort());
    const { death } = dead;
    // Where the survivor was quicker with both operations, the other one never came to its point.
    if (death !== undefined) {
      tally.kill('two processes', !alive.outcomes.some(({ name, at }) => name === death.name && at < death.at));
    }
    world.took(alive);
    world.took(dead);
    world.took(await world.start().life);
  });
}

describe('a process killed with SIGKILL and started again', () => {
  test('at every point: one effect for each name, its outcome reaches a process', { timeout: TIME }, async () => {
    const quota = (point: Point) => (NAMED.some((named) => named === point) ? AT_NAMED : AT_FURTHER);
    const reached = new Map<Point, number>();
    const count = (point: Point) => (MAY_BE_LATE.has(point) ? (reached.get(point) ?? 0) : tally.at(point));
    const missing = () => [...NAMED, ...FURTHER].filter((point) => count(point) < quota(point));
    const done = () => missing().length === 0;
    await crew(HANDS, done, async (nth) => {
      if (nth > KILLS * 2 + 20) throw new Error(`The kills miss: ${missing().join(', ')} after ${nth} worlds.`);
      for (const point of await liveThroughPoints(new Draw(SEED * 100_003 + nth), missing()))
        reached.set(point, (reached.get(point) ?? 0) + 1);
    });
    for (const point of NAMED) expect(tally.at(point), point).toBeGreaterThanOrEqual(AT_NAMED);
  });

  test('at random moments, on a server that has its troubles: the same', { timeout: TIME }, async () => {
    const done = () => tally.at('random') >= AT_RANDOM;
    await crew(HANDS, done, async (nth) => {
      if (nth > KILLS * 2 + 20) throw new Error(`Of ${nth} random kills too few hit something unfinished.`);
      await liveAtRandom(new Draw(SEED * 200_003 + nth));
    });
    expect(done()).toBe(true);
  });

  test('beside another one with the same journal and names: the other takes over', { timeout: TIME }, async () => {
    const done = () => tally.at('two processes') >= IN_TWO;
    await crew(2, done, async (nth) => {
      if (nth > KILLS * 2 + 20) throw new Error(`Of ${nth} pairs too few lost one while something was unfinished.`);
      await liveInTwo(new Draw(SEED * 300_007 + nth));
    });
    expect(done()).toBe(true);
  });

  test('and the kills are counted', () => {
    expect(tally.total).toBeGreaterThanOrEqual(KILLS);
    expect(tally.delivered).toBe(tally.operations);
    expect(tally.effects).toBe(tally.operations);
  });
});
