export type {
  Accepted,
  ExampleAnswer,
  Fact,
  JsonMatch,
  Lifetime,
  Match,
  Meaning,
  Profile,
  ProfileData,
  Recovery,
  RouteRule,
  Rule,
} from '../core/profile.ts';
export { type IetfOptions, ietf } from './ietf.ts';
export { stripeV1 } from './stripe-v1.ts';
