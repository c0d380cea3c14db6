import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Admitted, type Arrival, OriginTraffic, type Slot } from '../../src/core/origin-traffic.ts';
import type { Clock } from '../../src/core/ports.ts';
import { RETRY_COST } from '../../src/core/token-bucket.ts';
import { movableClock } from '../../src/mock/movable-clock.ts';

const ORIGIN = 'https://api.test';
const { first, retry, afterTimeout } = RETRY_COST;

interface Waiting {
  readonly labels: string[];
  admitted: Admitted | undefined;
}

function setUp(concurrency = 4) {
  const clock = movableClock();
  let timers = 0;
  const counting: Clock = {
    ...clock,
    sleep: async (ms, signal) => {
      timers += 1;
      try {
        await clock.sleep(ms, signal);
      } finally {
        timers -= 1;
      }
    },
  };
  const traffic = new OriginTraffic({ clock: counting, concurrency });
  const arrive = (arrival: Partial<Arrival> = {}, origin = ORIGIN): Waiting => {
    const waiting: Waiting = { labels: [], admitted: undefined };
    const rest = { cost: first, stops: [], patience: Number.POSITIVE_INFINITY };
    void traffic
      .enter(origin, { ...rest, waiting: (label) => waiting.labels.push(label), ...arrival })
      .then((admitted) => {
        waiting.admitted = admitted;
      });
    return waiting;
  };
  /** The next ones that failed, until the bucket is empty. */
  const drain = async () => {
    for (let time = 0; time < 50; time++) {
      const one = arrive({ cost: afterTimeout });
      await settled();
      slotOf(one).leave('failed');
    }
  };
  return { clock, traffic, arrive, drain, timers: () => timers };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function slotOf({ admitted }: Waiting): Slot {
  if (admitted?.kind !== 'slot') throw new Error(`There is no slot: ${admitted?.kind}.`);
  return admitted.slot;
}

const told = (waiting: readonly Waiting[]): string[] => waiting.map(({ admitted }) => admitted?.kind ?? 'waits');

describe('a few at once', () => {
  test('first come, first served, and each origin has its own', async () => {
    const { arrive, timers } = setUp(2);
    const calls = [arrive(), arrive(), arrive(), arrive()];
    const elsewhere = arrive({}, 'https://other.test');
    await settled();
    expect(told(calls)).toEqual(['slot', 'slot', 'waits', 'waits']);
    expect(told([elsewhere])).toEqual(['slot']);
    expect(calls.map(({ labels }) => labels)).toEqual([[], [], ['queued'], ['queued']]);
    expect(timers()).toBe(0);
    const [one, two, three, four] = calls as [Waiting, Waiting, Waiting, Waiting];
    slotOf(two).leave('failed');
    await settled();
    expect(told(calls)).toEqual(['slot', 'slot', 'slot', 'waits']);
    expect([slotOf(one).waited, slotOf(three).waited]).toEqual([false, true]);
    // The first word counts: a slot given back twice is one slot.
    slotOf(two).leave();
    await settled();
    expect(told([four])).toEqual(['waits']);
    slotOf(one).leave('answered');
    await settled();
    expect(told([four])).toEqual(['slot']);
  });

  test('a slot is taken at once only where nobody waits for it', async () => {
    const { traffic, arrive } = setUp(1);
    const slot = traffic.take(ORIGIN);
    expect(slot?.waited).toBe(false);
    expect(traffic.take(ORIGIN)).toBeUndefined();
    const next = arrive();
    slot?.leave();
    expect(traffic.take(ORIGIN)).toBeUndefined();
    await settled();
    slotOf(next).leave();
    expect(traffic.take(ORIGIN)).toBeDefined();
  });

  test('an operation that gives up makes room in the queue, even in the moment in which its turn comes', async () => {
    const { traffic, arrive } = setUp(1);
    const slot = traffic.take(ORIGIN);
    const stop = new AbortController();
    const calls = [arrive({ stops: [new AbortController().signal, stop.signal] }), arrive()];
    stop.abort();
    slot?.leave();
    await settled();
    expect(told(calls)).toEqual(['stopped', 'slot']);
    expect(told([arrive({ stops: [stop.signal] })])).toEqual(['waits']);
    await settled();
    slotOf(calls[1] as Waiting).leave();
    expect(traffic.take(ORIGIN)).toBeDefined();
  });

  test('patience ends while it queues, by either clock, and its timer with it', async () => {
    const { traffic, arrive, clock, timers } = setUp(1);
    const slot = traffic.take(ORIGIN);
    const calls = [arrive({ patience: 90_000 }), arrive({ patience: 200_000 })];
    await clock.advance('89s');
    expect(told(calls)).toEqual(['waits', 'waits']);
    await clock.advance('2s');
    expect(told(calls)).toEqual(['late', 'waits']);
    expect(timers()).toBe(1);
    slot?.leave();
    await settled();
    expect(told(calls)).toEqual(['late', 'slot']);
    expect(timers()).toBe(0);
  });
});

describe('an empty bucket', () => {
  test('holds back retries, not first attempts; a probe goes every 30 s, and its success opens the way for all', async () => {
    const { arrive, drain, clock, timers } = setUp();
    await drain();
    const probe = arrive({ cost: retry });
    await settled();
    slotOf(probe).leave('failed');
    const retries = Array.from({ length: 20 }, () => arrive({ cost: afterTimeout }));
    const fresh = arrive();
    await settled();
    expect(told([fresh])).toEqual(['slot']);
    expect(new Set(told(retries))).toEqual(new Set(['waits']));
    expect(new Set(retries.flatMap(({ labels }) => labels))).toEqual(new Set(['rate-limited']));
    expect(timers()).toBe(1);
    await clock.advance('29s');
    expect(new Set(told(retries))).toEqual(new Set(['waits']));
    await clock.advance('2s');
    expect(told(retries).filter((kind) => kind === 'slot')).toEqual(['slot']);
    slotOf(retries[0] as Waiting).leave('failed');
    await clock.advance('31s');
    // The server is back.
    let done = 1;
    for (let turn = 0; turn < 40 && done < retries.length; turn++) {
      for (const one of retries.slice(done)) {
        if (one.admitted === undefined) break;
        slotOf(one).leave('answered');
        done += 1;
      }
      await clock.advance('1s');
    }
    expect(done).toBe(20);
    expect(timers()).toBe(0);
  });

  test('a retry that cannot pay is not overtaken by a cheaper one', async () => {
    const { arrive, drain, traffic } = setUp();
    await drain();
    slotOf(await arrived(arrive({ cost: retry }))).leave('failed');
    for (let time = 0; time < 6; time++) traffic.take(ORIGIN)?.leave('answered');
    const calls = [arrive({ cost: afterTimeout }), arrive({ cost: retry })];
    await settled();
    expect(told(calls)).toEqual(['waits', 'waits']);
  });

  test('a deadline before the next probe is decided on at once', async () => {
    const { arrive, drain, timers } = setUp();
    await drain();
    slotOf(await arrived(arrive({ cost: retry }))).leave('failed');
    const [patient, hasty] = [arrive({ cost: retry, patience: 60_000 }), arrive({ cost: retry, patience: 10_000 })];
    await settled();
    expect(told([patient, hasty])).toEqual(['waits', 'late']);
    expect(timers()).toBe(2);
  });

  test('when the last one that waits for a probe gives up, no timer is left', async () => {
    const { arrive, drain, timers } = setUp();
    await drain();
    slotOf(await arrived(arrive({ cost: retry }))).leave('failed');
    const stop = new AbortController();
    const call = arrive({ cost: retry, stops: [stop.signal] });
    await settled();
    expect(timers()).toBe(1);
    stop.abort();
    await settled();
    expect(told([call])).toEqual(['stopped']);
    expect(timers()).toBe(0);
  });
});

async function arrived(waiting: Waiting): Promise<Waiting> {
  await settled();
  return waiting;
}

test('whatever happens: never more than the limit at once, first attempts in order, and all are served in the end', async () => {
  const command = fc.oneof(
    fc.record({ do: fc.constant('arrive' as const), cost: fc.constantFrom(0, 0, 5, 10) }),
    fc.record({ do: fc.constant('stop' as const), which: fc.nat(50) }),
    fc.record({ do: fc.constant('leave' as const), how: fc.constantFrom('answered', 'failed', undefined) }),
    fc.record({ do: fc.constant('pass' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(command, { maxLength: 80 }),
      async (concurrency, commands) => {
        const { arrive, clock } = setUp(concurrency);
        const all: { waiting: Waiting; stop: AbortController; cost: number }[] = [];
        const gone = new Set<Waiting>();
        const open = () => all.filter((one) => one.waiting.admitted?.kind === 'slot' && !gone.has(one.waiting));
        const leave = (how: 'answered' | 'failed' | undefined) => {
          const one = open()[0];
          if (!one) return;
          gone.add(one.waiting);
          slotOf(one.waiting).leave(how);
        };
        for (const next of commands) {
          if (next.do === 'arrive') {
            const stop = new AbortController();
            all.push({ waiting: arrive({ cost: next.cost, stops: [stop.signal] }), stop, cost: next.cost });
          } else if (next.do === 'stop') all[next.which]?.stop.abort();
          else if (next.do === 'leave') leave(next.how as 'answered' | 'failed' | undefined);
          else await clock.advance('10s');
          await settled();
          expect(open().length).toBeLessThanOrEqual(concurrency);
          const firsts = all.filter((one) => one.cost === 0 && !one.stop.signal.aborted);
          const served = firsts.map((one) => one.waiting.admitted !== undefined);
          expect(served.lastIndexOf(true)).toBeLessThan(served.includes(false) ? served.indexOf(false) : Infinity);
        }
        for (let turn = 0; turn < 400 && all.some((one) => one.waiting.admitted === undefined); turn++) {
          leave('failed');
          await clock.advance('31s');
          await settled();
        }
        expect(all.every((one) => one.waiting.admitted !== undefined)).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});
