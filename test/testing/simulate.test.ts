import { describe, expect, test } from 'vitest';
import { createClient, isOncewardError } from '../../src/index.node.ts';
import { adyen, ietf, square, stripeV1 } from '../../src/profiles/index.ts';
import { type SimulatedPorts, simulate } from '../../src/testing/index.ts';

const client = (ports: SimulatedPorts, profile = ietf({ keyLifetime: '24h' })) =>
  createClient({ ...ports, baseUrl: 'https://api.test', profile });

/** A checkout as its authors should write it: the same names at every start, and whatever is pending is waited for. */
async function checkout(
  ports: SimulatedPorts,
  name: () => string,
  profile = ietf({ keyLifetime: '24h' }),
): Promise<void> {
  const payments = client(ports, profile);
  await payments.operations.resume();
  await payments.post('/charges', { once: ['cart', name()], json: { amount: 1999 } }).outcome();
  await payments.idle();
}

describe('simulate', () => {
  test.each([ietf({ keyLifetime: '24h' }), stripeV1, adyen])(
    'a sound program holds every promise: $name',
    async (profile) => {
      const { worlds, violations, reached } = await simulate({
        app: (ports) => checkout(ports, () => '8f3', profile),
        profile,
        worlds: 25,
      });
      expect(violations).toEqual([]);
      expect(worlds).toBe(25);
      expect(reached).toMatchObject({
        'state: dispatched to succeeded': expect.any(Number),
        'state: taken over': expect.any(Number),
      });
    },
  );

  test('two processes on one journal', async () => {
    const { violations } = await simulate({ app: (ports) => checkout(ports, () => '8f3'), processes: 2, worlds: 15 });
    expect(violations).toEqual([]);
  });

  test('a name that differs after a restart is found, in the smallest world, with a way to see it again', async () => {
    const app = (ports: SimulatedPorts): Promise<void> => checkout(ports, () => String(ports.random.fraction()));
    const { violations } = await simulate({ app, worlds: 10 });
    const [found] = violations;
    expect(found).toMatchObject({ invariant: 'NAME', plan: { requests: [], crashes: [], processes: 1 } });
    expect(found?.what).toMatch(
      /the same request had another name: 'cart\/0\.\d+' before, 'cart\/0\.\d+' then\. Both are charged$/,
    );
    expect(found?.replay).toMatch(/^await simulate\(\{ app, plan: \{"version":1,.*\} \}\)$/);
    expect(found?.diagram).toContain('sequenceDiagram');
    const again = await simulate({ app, plan: found?.plan ?? {} });
    expect(again).toMatchObject({ worlds: 1, violations: [{ invariant: 'NAME', what: found?.what }] });
  });

  test('so is one whose bytes differ with it', async () => {
    const app = async (ports: SimulatedPorts, boot: number): Promise<void> => {
      const payments = client(ports);
      await payments.operations.resume();
      await payments.post('/charges', { once: ['run', boot], json: { run: boot } }).outcome();
    };
    const { violations } = await simulate({ app, worlds: 3 });
    expect(violations).toMatchObject([
      { invariant: 'NAME', what: expect.stringContaining('A name must come from what is meant') },
    ]);
  });

  test('a program that waits in real time, or fails, is told so', async () => {
    const waits = await simulate({ app: () => new Promise(() => {}), worlds: 1 });
    expect(waits.violations).toMatchObject([
      { invariant: 'I10', what: expect.stringContaining('a timer or an input of its own') },
    ]);
    const fails = await simulate({
      app: async () => {
        throw new TypeError('no cart');
      },
      worlds: 1,
    });
    expect(fails.violations).toMatchObject([{ invariant: 'APP', what: expect.stringContaining('TypeError: no cart') }]);
  });

  test('an error of onceward ends a program as it would end a process: the next start goes on', async () => {
    let errors = 0;
    const app = async (ports: SimulatedPorts): Promise<void> => {
      const payments = client(ports);
      try {
        await payments.post('/charges', { once: ['cart', 1], json: {} });
      } catch (error) {
        if (isOncewardError(error)) errors++;
        throw error;
      }
    };
    const { violations } = await simulate({ app, worlds: 25 });
    expect(violations).toEqual([]);
    expect(errors).toBeGreaterThan(0);
  });

  test('refuses what it cannot simulate', async () => {
    const app = async (): Promise<void> => {};
    await expect(simulate({ app, profile: square })).rejects.toThrow('takes it in the body');
    await expect(simulate({ app, plan: { version: 2 } })).rejects.toThrow(
      'plan must be one that a simulation has printed',
    );
  });
});
