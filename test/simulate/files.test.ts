// The file journal's own protocol in the same worlds: every call of its disk is a border, and a power cut leaves a line torn at every length that matters.
import { afterAll, expect, test } from 'vitest';
import { FileMedia } from '../../src/cli/simulate/file-medium.ts';
import { explore, newTally } from '../../src/testing/simulate/campaign.ts';
import { smallFilePlans } from '../../src/testing/simulate/exhaustive.ts';
import { CALM, type Plan } from '../../src/testing/simulate/plan.ts';
import { runPlan } from '../../src/testing/simulate/run-plan.ts';
import { filePlans } from '../../src/testing/simulate/swarm.ts';

const media = new FileMedia();
afterAll(() => media[Symbol.dispose]());
const equip = () => ({ medium: media.medium, settled: media.settled });

test('random worlds and every 15th of the small ones: every promise holds', async () => {
  const tally = newTally();
  const small = [...smallFilePlans()].filter((_, at) => at % 15 === 0);
  expect(await explore([...small, ...filePlans(1, 20)], tally, { equip })).toBeUndefined();
  expect(tally.reached).toMatchObject({
    'crash: power at disk append:done': expect.any(Number),
    'crash: kill at disk flush:asked': expect.any(Number),
    'crash: power at disk name:done': expect.any(Number),
  });
}, 60_000);

test('the same plan is the same world', async () => {
  for (const plan of filePlans(500, 4)) {
    const live = (one: Plan) => runPlan(one, { reach: () => {}, ...equip() });
    expect((await live(plan)).hash).toBe((await live(plan)).hash);
  }
});

test('a disk that does not flush is noticed by I3', async () => {
  const medium: typeof media.medium = (world) => ({ ...media.medium(world), holds: (key) => key === '' });
  const { violation } = await runPlan(
    { ...CALM, journal: 'file' },
    { reach: () => {}, medium, settled: media.settled },
  );
  expect(violation).toMatchObject({ invariant: 'I3', what: 'a request left, and its key is not on the device' });
});
