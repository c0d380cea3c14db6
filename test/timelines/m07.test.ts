import { expect, test } from 'vitest';
import { charge, makeWorld, timePasses, told, until, type World } from './support/world.ts';

/** As many as their time-outs need to empty the bucket: 500 tokens, 10 for each retry after one. */
const CARTS = 50;

async function outage(): Promise<{ readonly world: World; readonly answers: string[]; limited(): Promise<number> }> {
  const world = await makeWorld('memory');
  world.server.always({ effect: false, answer: 'silence' });
  const client = world.client({
    concurrency: CARTS,
    attemptTimeout: '10s',
    retry: { limit: 100, baseDelay: 2, maxDelay: 20 },
    waitTimeout: Number.POSITIVE_INFINITY,
  });
  const answers: string[] = [];
  for (let at = 1; at <= CARTS; at++) void told(charge(client, `cart/${at}`, at)).then((line) => answers.push(line));
  const limited = async (): Promise<number> => {
    const pending = await client.operations.list({ status: 'pending' });
    return pending.filter(({ waiting }) => waiting === 'rate-limited').length;
  };
  await timePasses(world, async () => (await limited()) >= CARTS - 2, 'the bucket is empty');

  // A first attempt of a new operation costs nothing: it goes out at once.
  const before = world.server.arrivals.length;
  void told(charge(client, 'fresh', 99)).then((line) => answers.push(line));
  await until(() => world.server.arrivals.slice(before).some(({ body }) => body.includes('99')), 'the new one is sent');
  return { world, answers, limited };
}

test('M7: fifty time-outs empty the bucket: no storm, no deadlock, and the first answer sets all free', async () => {
  const { world, answers } = await outage();
  const before = world.server.arrivals.length;
  const start = world.clock.monotonic();
  await timePasses(world, () => world.clock.monotonic() - start > 150_000, 'two and a half minutes');
  const probes = world.server.arrivals.length - before;
  expect(probes).toBeGreaterThanOrEqual(4);
  expect(probes).toBeLessThanOrEqual(6);
  expect(answers).toEqual([]);

  world.server.always({});
  const healed = world.clock.monotonic();
  await timePasses(world, () => answers.length === CARTS + 1, 'all have finished');
  expect(world.clock.monotonic() - healed).toBeLessThan(120_000);
  for (const answer of answers) expect(answer).toMatch(/^201 /);
  expect(world.server.charges).toHaveLength(CARTS + 1);
  expect(new Set(world.server.charges.map(({ body }) => body)).size).toBe(CARTS + 1);
  expect(new Set(world.server.keys()).size).toBe(CARTS + 1);
}, 60_000);
