// A machine that loses power loses what no flush had reached: some of the bytes, some of the names, in any combination. What was answered
// before must be there after it; what was removed must not come back.
import { describe, expect, test } from 'vitest';
import { Draw } from '../../../crash/support/random.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { broken, type Image, Machine, type Plan } from './several-journals.ts';

const SEED = Number(process.env['SEED'] ?? 1);

interface Verdict {
  readonly at: string;
  readonly answers: number;
  readonly wrong: readonly string[];
}

/** Those that break a promise: the first few. */
async function brokenOnes(images: readonly Image[], directory: string): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const image of images) {
    const wrong = await broken(image, directory);
    if (verdicts.length === 5) break;
    if (wrong.length > 0) verdicts.push({ at: image.at, answers: image.ledger.answers, wrong });
  }
  return verdicts;
}

function compactions(images: readonly Image[]): number {
  const linked = images.map(({ at }) => /^link .*?(\d{8})\.log$/.exec(at)?.[1]);
  return new Set(linked.filter((name) => name !== undefined && Number(name) > 1)).size;
}

describe('a power cut', () => {
  test('at every call and every answer of a run with two compactions, whatever is left: every answer holds', async () => {
    const directory = await temporaryDirectory();
    const machine = new Machine(directory);
    await machine.live({ seed: SEED, journals: 2, rounds: 9, compactIn: [2, 5], fates: 3 });
    expect(compactions(machine.images)).toBeGreaterThanOrEqual(2);
    expect(machine.images.length).toBeGreaterThan(600);
    expect(await brokenOnes(machine.images, directory)).toEqual([]);
  }, 120_000);

  test('and another one in the life after it, and another: every answer of all lives holds', async () => {
    const directory = await temporaryDirectory();
    const draw = new Draw(SEED + 77);
    let compacted = 0;
    for (let world = 0; world < 12; world++) {
      let machine = new Machine(directory);
      for (let life = 0; life < 4; life++) {
        const plan: Plan = {
          seed: draw.whole(0, 2 ** 30),
          journals: draw.whole(1, 3),
          rounds: draw.whole(2, 6),
          compactIn: [draw.whole(0, 6), draw.whole(0, 6)],
          fates: 1,
        };
        await machine.live(plan);
        compacted += compactions(machine.images);
        const looked = machine.images.filter(() => draw.chance(0.15));
        expect(await brokenOnes(looked, directory), JSON.stringify({ world, life, plan })).toEqual([]);
        const { disk, ledger } = draw.one(machine.images);
        machine = new Machine(directory, disk, ledger);
      }
    }
    expect(compacted).toBeGreaterThan(10);
  }, 120_000);

  test('at every call of a run in which flushes fail: what was answered is in a new generation', async () => {
    for (const seed of [5, 18, 44, 83]) {
      const directory = await temporaryDirectory();
      const machine = new Machine(directory);
      await machine.live({ seed: SEED + seed, journals: 2, rounds: 9, compactIn: [], failIn: [2, 5], fates: 3 });
      expect(compactions(machine.images)).toBeGreaterThanOrEqual(1);
      expect(await brokenOnes(machine.images, directory), `seed ${SEED + seed}`).toEqual([]);
    }
  }, 120_000);

  // Were nothing ever lost, the two above would prove nothing.
  test('takes away what no answer rests on yet', async () => {
    const directory = await temporaryDirectory();
    const machine = new Machine(directory);
    await machine.live({ seed: SEED, journals: 2, rounds: 4, compactIn: [2], fates: 4 });
    const sizes = machine.images.map(({ at, disk }) => `${at}: ${disk.list(directory).length}`);
    expect(new Set(sizes).size).toBeGreaterThan(new Set(machine.images.map(({ at }) => at)).size);
  });
});
