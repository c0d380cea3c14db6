import type { Json } from '../../../src/core/types.ts';

/** One route of each API on which it honours the key, and what a creation looks like there. */
export interface ApiRoute {
  readonly path: string;
  created(id: string): Json;
}

const plain = (path: string): ApiRoute => ({ path, created: (id) => ({ id }) });

/** By the profile's name. */
export const API_ROUTES: Readonly<Record<string, ApiRoute>> = {
  ietf: plain('/charges'),
  'stripe-v1': plain('/v1/charges'),
  paypal: {
    path: '/v2/checkout/orders/5O190127TN364715T/capture',
    created: (id) => ({ id, status: 'COMPLETED' }),
  },
  square: { path: '/v2/payments', created: (id) => ({ payment: { id, status: 'COMPLETED' } }) },
  adyen: { path: '/v72/payments', created: (id) => ({ pspReference: id, resultCode: 'Authorised' }) },
  gocardless: { path: '/payments', created: (id) => ({ payments: { id, status: 'pending_submission' } }) },
  'modern-treasury': plain('/api/payment_orders'),
  zuora: { path: '/v1/subscriptions', created: (id) => ({ success: true, subscriptionId: id }) },
  'checkout-com': { path: '/payments', created: (id) => ({ id, approved: true, status: 'Authorized' }) },
  'azure-repeatable': plain('/rooms'),
  increase: { path: '/ach_transfers', created: (id) => ({ id, type: 'ach_transfer' }) },
  resend: plain('/emails'),
};

/** @throws Error for a profile that has no row yet */
export function routeOf(name: string): ApiRoute {
  const route = API_ROUTES[name];
  if (route === undefined) throw new Error(`API_ROUTES has no row for ${name}: add one.`);
  return route;
}
