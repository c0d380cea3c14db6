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
// The list: a line here is all that a new profile needs besides its file. The tests and docs/providers.md take what they find.
export { adyen } from './adyen.ts';
export { azureRepeatable } from './azure-repeatable.ts';
export { checkoutCom } from './checkout-com.ts';
export { defineProfile } from './define-profile.ts';
export { gocardless } from './gocardless.ts';
export { type IetfOptions, ietf } from './ietf.ts';
export { increase } from './increase.ts';
export { modernTreasury } from './modern-treasury.ts';
export { paypal } from './paypal.ts';
export { resend } from './resend.ts';
export { square } from './square.ts';
export { stripeV1 } from './stripe-v1.ts';
export { zuora } from './zuora.ts';
