// The journal alone, without a client: several processes on one directory and the same names, compacting now and then, killed with SIGKILL at
// named points and at random, stopped in between. What a SIGKILL proves and what not: see ../kills.test.ts; power cuts: test/journal/file/disk.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crew } from '../support/crew.ts';
import { Draw } from '../support/random.ts';
import { POINTS } from './child/messages.ts';
import { Crowd } from './support/crowd.ts';
import { type Program, programOf } from './support/program.ts';
import { Toll } from './support/toll.ts';

/** How many kills, all told: 30 unless said, 200 where everything is checked. */
const KILLS = Number(process.env['KILLS'] ?? 30);
const SEED = Number(process.env['SEED'] ?? 1);
if (!(KILLS >= 1) || !Number.isFinite(KILLS + SEED)) throw new Error('KILLS is a number from 1, SEED a number.');

/** At each point, and at random: 100 of 2000 at least. */
const AT_POINT = Math.ceil(KILLS * 0.06);
const AT_RANDOM = Math.ceil(KILLS * 0.4);

/** Of one directory, at most. */
const KILLS_OF_ONE = 40;

const toll = new Toll();
const started = performance.now();
let program: Program;

beforeAll(async () => {
  program = await programOf('worker');
});

afterAll(async () => {
  console.log(toll.table((performance.now() - started) / 1000));
  await program.remove();
});

test('processes killed at every point, on names they share: every answer holds, all survivors hold the same', {
  timeout: 60_000 + KILLS * 2_000,
}, async () => {
  const missing = () => POINTS.filter((point) => toll.at(point) < AT_POINT);
  const done = () => missing().length === 0 && toll.at('random') >= AT_RANDOM && toll.total >= KILLS;
  await crew(1, done, async (nth) => {
    if (nth > KILLS / 10 + 20) throw new Error(`The kills miss: ${missing().join(', ')} after ${nth} directories.`);
    const draw = new Draw(SEED * 100_003 + nth);
    await new Crowd(program.path, draw, toll).live({
      processes: draw.one([2, 2, 3, 3, 4, 8]),
      names: draw.one([40, 400]),
      kills: Math.min(KILLS_OF_ONE, Math.max(10, KILLS - toll.total)),
      next: () => {
        const wanted = missing();
        return wanted.length === 0 || (toll.at('random') < AT_RANDOM && draw.chance(0.4))
          ? undefined
          : draw.one(wanted);
      },
    });
  });
  expect(toll.total).toBeGreaterThanOrEqual(KILLS);
  expect(missing()).toEqual([]);
  expect(toll.compactions).toBeGreaterThan(0);
  expect(toll.takeovers).toBeGreaterThan(0);
});
