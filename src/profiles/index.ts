export type { ExampleAnswer, Match, Meaning, Profile, ProfileData, Rule } from '../core/profile.ts';
export { type IetfOptions, ietf } from './ietf.ts';
export { stripeV1 } from './stripe-v1.ts';
