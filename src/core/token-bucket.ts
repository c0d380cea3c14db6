/** What one origin may still be asked again for. The numbers are those of the AWS SDKs' standard retry mode; the probe is ours: they fail at an
 *  empty bucket, we wait at it, and what waits brings no success that would fill it.
 *  @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
export interface TokenBucket {
  /** 0 to 500. */
  readonly tokens: number;
  /** When the last probe went out, on the monotonic clock; undefined: none did. */
  readonly probedAt: number | undefined;
}

const CAPACITY = 500;
const PROBE_INTERVAL = 30_000;

/** What an attempt takes. First attempts are free: new work is not what makes an outage worse. */
export const RETRY_COST = { first: 0, retry: 5, afterTimeout: 10 } as const;

/** The least a success gives back. */
const SUCCESS = 1;

export const FULL_BUCKET: TokenBucket = { tokens: CAPACITY, probedAt: undefined };

/** What was taken for one attempt; it goes back with the attempt's end. */
export interface Fare {
  readonly paid: number;
  /** It goes without a token: when it was let out, and when the probe before it was. */
  readonly probe?: { readonly at: number; readonly before: number | undefined };
}

export type Drawn =
  | { readonly admitted: true; readonly bucket: TokenBucket; readonly fare: Fare }
  /** Not before `wait` ms have passed, unless a success fills the bucket first. */
  | { readonly admitted: false; readonly wait: number };

/** Takes `cost` tokens. Where there are too few, one attempt may go without every 30 s: its success fills the bucket again. */
export function draw(bucket: TokenBucket, cost: number, now: number): Drawn {
  if (bucket.tokens >= cost) {
    return { admitted: true, bucket: { ...bucket, tokens: bucket.tokens - cost }, fare: { paid: cost } };
  }
  const wait = bucket.probedAt === undefined ? 0 : bucket.probedAt + PROBE_INTERVAL - now;
  if (wait > 0) return { admitted: false, wait };
  const fare: Fare = { paid: 0, probe: { at: now, before: bucket.probedAt } };
  return { admitted: true, bucket: { ...bucket, probedAt: now }, fare };
}

/** After an attempt. `answered`: the server has dealt with it, so a retry gets back what it took, a first attempt gives 1, and a probe what
 *  the dearest retry takes: the next one may go at once, and after its success the next. `unsent`: it never left, so all is as it was. `failed`: nothing comes back. */
export function settle(bucket: TokenBucket, fare: Fare, end: 'answered' | 'failed' | 'unsent'): TokenBucket {
  switch (end) {
    case 'answered':
      return filled(bucket, Math.max(SUCCESS, fare.probe ? RETRY_COST.afterTimeout : fare.paid));
    case 'unsent': {
      const { probe } = fare;
      const latest = probe !== undefined && probe.at === bucket.probedAt;
      return { ...filled(bucket, fare.paid), ...(latest && { probedAt: probe.before }) };
    }
    case 'failed':
      return bucket;
  }
}

function filled(bucket: TokenBucket, by: number): TokenBucket {
  return { ...bucket, tokens: Math.min(CAPACITY, bucket.tokens + by) };
}
