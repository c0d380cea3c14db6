import { keyLifetime } from '../../core/key-age.ts';
import type { Profile } from '../../core/profile.ts';
import { adyen } from '../../profiles/adyen.ts';
import { ietf } from '../../profiles/ietf.ts';
import { increase } from '../../profiles/increase.ts';
import { paypal } from '../../profiles/paypal.ts';
import { stripeV1 } from '../../profiles/stripe-v1.ts';
import type { ServerName } from './plan.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** A server as the client meets it: what it does with keys. */
export interface ServerModel {
  readonly profile: Profile;
  /** Where it charges: a route that honours keys. */
  readonly path: string;
  readonly inProgress: 'conflict' | 'wait' | 'accepted';
  /** How long it keeps a key, ms from when it saw it first. */
  readonly lifetime: number;
  /** Effect and answer become durable together. Where they do not, no client can promise one effect. */
  readonly atomic: boolean;
  /** Keeps 4xx and 5xx under the key, and repeats them. */
  readonly storesErrors: boolean;
  /** How long a handler runs at most, ms. */
  readonly slowest: number;
}

/** A careful server that speaks the dialect of a profile. */
export function modelOf(profile: Profile): ServerModel {
  const { lifetime, routes, stores } = profile.data;
  const posts = Object.entries(routes).filter(
    ([route, fact]) => route.startsWith('POST /') && fact !== 'no' && fact !== 'unknown',
  );
  const [route = 'POST /charges'] = posts[0] ?? [];
  return {
    profile,
    path: route.slice('POST '.length).replaceAll(/\*+|:\w+|\{\w+\}/g, 'charges'),
    inProgress: 'conflict',
    lifetime: keyLifetime(lifetime),
    atomic: true,
    storesErrors: stores.clientErrors === 'yes',
    slowest: 300,
  };
}

const COMMON = {
  profile: ietf({ keyLifetime: DAY }),
  path: '/charges',
  inProgress: 'conflict',
  lifetime: DAY,
  atomic: true,
  storesErrors: false,
  slowest: 300,
} as const satisfies ServerModel;

export const SERVERS: Readonly<Record<ServerName, ServerModel>> = {
  conflict: COMMON,
  wait: { ...COMMON, inProgress: 'wait' },
  accepted: {
    ...COMMON,
    profile: ietf({ keyLifetime: DAY, accepted: 'monitor' }),
    inProgress: 'accepted',
    slowest: 5_000,
  },
  'stores-errors': { ...COMMON, profile: ietf({ keyLifetime: DAY, storesClientErrors: true }), storesErrors: true },
  'short-memory': { ...COMMON, profile: ietf({ keyLifetime: 10 * MINUTE }), lifetime: 10 * MINUTE },
  careless: { ...COMMON, atomic: false },
  slow: { ...COMMON, slowest: 45_000 },
  adyen: modelOf(adyen),
  increase: modelOf(increase),
  paypal: modelOf(paypal),
  'stripe-v1': modelOf(stripeV1),
};
