import { createClient, effectOf, findOncewardError } from 'onceward';
import { ietf } from 'onceward/profiles';
import { totalOf } from './cart.js';
import { keep } from './durable.js';

let token;

/** In a shop this is the session; here the server hands one to anybody. It stays in memory: the client asks for it at every attempt. */
async function session({ renew }) {
  if (renew || token === undefined) {
    const response = await fetch('/demo/session');
    ({ token } = await response.json());
  }
  return token;
}

export const payments = createClient({
  baseUrl: new URL('/api/', location.href),
  profile: ietf({ keyLifetime: '24h' }),
  // A guest is an owner too.
  owner: () => keep('guest', () => `guest-${crypto.randomUUID()}`),
  authorize: async ({ reason }) => ({
    authorization: `Bearer ${await session({ renew: reason === 'unauthorized' })}`,
  }),
  // Shorter than the defaults, for whoever watches.
  attemptTimeout: '8s',
  retry: { baseDelay: '300ms', maxDelay: '3s' },
});

export function paymentOf(cart) {
  return ['cart', cart.id];
}

/** Pays for a cart, once, however often it is called: from here, from another tab, or after a crash. Resolves to what to show. */
export async function pay(cart, { afterRefusal = false } = {}) {
  try {
    const payment = payments.post('payments', {
      once: paymentOf(cart),
      json: { cart: cart.id, amount: totalOf(cart), currency: 'EUR' },
      // What this screen needs after a restart.
      meta: { cart },
      // The bank's refusal is kept too. Asking it anew takes a word of the customer.
      retryRejected: afterRefusal,
    });
    const receipt = await payment.json();
    return { name: 'paid', receipt, source: (await payment.outcome()).source };
  } catch (error) {
    const known = findOncewardError(error);
    // Another tab is paying for this cart with other contents: then its payment is the one that counts.
    if (known?.code === 'ERR_ONCEWARD_CONFLICT') return outcomeOf(cart);
    switch (effectOf(error)) {
      case 'none':
        return known?.code === 'ERR_ONCEWARD_HTTP'
          ? { name: 'refused', status: error.response.status }
          : { name: 'not-sent', why: error.message };
      case 'done':
        return { name: 'paid' };
      default:
        return outcomeOf(cart);
    }
  }
}

/** What became of a payment, however long it takes: it goes on without anybody waiting. */
export async function outcomeOf(cart) {
  try {
    return stateOf(await payments.operations.outcome(paymentOf(cart), { waitTimeout: Infinity }));
  } catch (error) {
    return { name: 'broken', why: error.message };
  }
}

export function stateOf(outcome) {
  const { status, effect, operation } = outcome;
  if (status === 'succeeded') return { name: 'paid', receipt: outcome.response?.data, source: outcome.source };
  if (status === 'rejected') return { name: 'refused', status: outcome.response?.status };
  if (status === 'pending') return { name: 'confirming', operation };
  return effect === 'none'
    ? { name: 'ready' }
    : { name: 'doubt', reason: outcome.reason, reference: operation.keyHint };
}
