import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { draw, type Fare, FULL_BUCKET, RETRY_COST, settle, type TokenBucket } from '../../src/core/token-bucket.ts';

const { first, retry, afterTimeout } = RETRY_COST;
const EMPTY: TokenBucket = { tokens: 0, probedAt: undefined };

function paid(bucket: TokenBucket, cost: number, now = 0): { bucket: TokenBucket; fare: Fare } {
  const drawn = draw(bucket, cost, now);
  if (!drawn.admitted) throw new Error(`Not before ${drawn.wait} ms.`);
  return drawn;
}

describe('what an attempt takes and gives back', () => {
  test.each([
    ['a first attempt', first, 500],
    ['a retry', retry, 495],
    ['a retry after a time-out', afterTimeout, 490],
  ])('%s', (_, cost, after) => {
    expect(paid(FULL_BUCKET, cost).bucket.tokens).toBe(after);
  });

  test.each([
    ['a first attempt', { tokens: 100, probedAt: 7 }, first, 101],
    ['a retry', { tokens: 100, probedAt: 7 }, retry, 100],
    ['a retry after a time-out', { tokens: 100, probedAt: 7 }, afterTimeout, 100],
    ['a probe', { tokens: 4, probedAt: -30_000 }, retry, 14],
  ])('%s, answered', (_, bucket, cost, after) => {
    const taken = paid(bucket, cost);
    expect(settle(taken.bucket, taken.fare, 'answered').tokens).toBe(after);
    expect(settle(taken.bucket, taken.fare, 'failed')).toEqual(taken.bucket);
    expect(settle(taken.bucket, taken.fare, 'unsent')).toEqual(bucket);
  });

  test('fifty time-outs empty it, and a hundred other failures', () => {
    for (const [cost, times] of [[afterTimeout, 50] as const, [retry, 100] as const]) {
      let bucket = FULL_BUCKET;
      for (let time = 0; time < times; time++) bucket = paid(bucket, cost).bucket;
      expect(bucket).toEqual(EMPTY);
    }
  });
});

describe('an empty bucket', () => {
  test('lets first attempts go, and one probe every 30 s', () => {
    const { bucket } = paid(EMPTY, retry, 1_000);
    expect(paid(bucket, first, 1_001).bucket).toEqual(bucket);
    expect(draw(bucket, retry, 1_001)).toEqual({ admitted: false, wait: 29_999 });
    expect(draw(bucket, retry, 30_999)).toEqual({ admitted: false, wait: 1 });
    expect(draw(bucket, retry, 31_000).admitted).toBe(true);
  });

  test('an answered probe lets the next retry go at once, and so on', () => {
    let taken = paid(EMPTY, retry);
    for (let time = 0; time < 100; time++) taken = paid(settle(taken.bucket, taken.fare, 'answered'), afterTimeout);
    expect(taken.bucket.tokens).toBe(0);
  });

  test('a probe that was never sent is not missed, unless another has gone meanwhile', () => {
    const one = paid(EMPTY, retry, 0);
    const two = paid(one.bucket, retry, 30_000);
    expect(settle(two.bucket, two.fare, 'unsent').probedAt).toBe(0);
    expect(settle(two.bucket, one.fare, 'unsent').probedAt).toBe(30_000);
  });
});

interface Step {
  readonly passes: number;
  readonly cost: 0 | 5 | 10;
  /** How an attempt under way ends at this step, oldest first. */
  readonly end: 'answered' | 'failed' | 'unsent' | undefined;
}

const steps = fc.array(
  fc.record<Step>({
    passes: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 40_000 })),
    cost: fc.constantFrom(0, 5, 10, 10),
    end: fc.constantFrom('answered', 'failed', 'failed', 'failed', 'unsent', undefined),
  }),
  { maxLength: 200, size: 'max' },
);

/** Runs the steps, and tells each state of the bucket and every probe that went out. */
function run(plan: readonly Step[], check: (bucket: TokenBucket, now: number) => void): { probes: number[] } {
  const underWay: { fare: Fare; at: number }[] = [];
  let bucket: TokenBucket = { tokens: 15, probedAt: undefined };
  let probes: number[] = [];
  let now = 0;
  for (const { passes, cost, end } of plan) {
    now += passes;
    const drawn = draw(bucket, cost, now);
    if (drawn.admitted) {
      underWay.push({ fare: drawn.fare, at: now });
      if (drawn.fare.probe) probes.push(now);
      ({ bucket } = drawn);
    }
    const over = end && underWay.shift();
    if (over && end) {
      bucket = settle(bucket, over.fare, end);
      if (end === 'unsent' && over.fare.probe) probes = probes.filter((at) => at !== over.at);
    }
    check(bucket, now);
  }
  return { probes };
}

describe('whatever happens', () => {
  test('tokens stay within 0 and 500', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        run(plan, ({ tokens }) => expect(tokens >= 0 && tokens <= 500).toBe(true));
      }),
    );
  });

  test('of what is sent without a token there is never more than one in 30 s', () => {
    let seen = 0;
    fc.assert(
      fc.property(steps, (plan) => {
        const { probes } = run(plan, () => undefined);
        seen += probes.length;
        for (const [at, probe] of probes.entries()) {
          expect(probe - (probes[at - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(30_000);
        }
      }),
    );
    expect(seen).toBeGreaterThan(100);
  });

  test('some retry always becomes possible within 30 s, and a first attempt is at any time', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        run(plan, (bucket, now) => {
          expect(draw(bucket, first, now).admitted).toBe(true);
          const drawn = draw(bucket, afterTimeout, now);
          const wait = drawn.admitted ? 0 : drawn.wait;
          expect(wait).toBeLessThanOrEqual(30_000);
          expect(draw(bucket, afterTimeout, now + wait).admitted).toBe(true);
        });
      }),
    );
  });
});
