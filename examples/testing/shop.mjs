import { createClient, effectOf } from 'onceward';
import { ietf } from 'onceward/profiles';

/** How this shop talks to its payment provider. A test brings its own journal, clock and address. */
export function createPayments(options) {
  return createClient({ baseUrl: 'https://pay.example/', profile: ietf({ keyLifetime: '24h' }), ...options });
}

/** What the customer is shown. */
export async function pay(payments, cart) {
  try {
    const charge = await payments.post('charges', { once: ['cart', cart.id], json: { amount: cart.total } }).json();
    return `Paid: ${charge.id}`;
  } catch (error) {
    return effectOf(error) === 'none' ? 'Nothing was charged.' : 'We are confirming your payment.';
  }
}

/** At every start: what an earlier process left unfinished goes on. */
export async function resumePayments(payments) {
  const found = await payments.operations.resume();
  return Promise.all(found.map(({ id }) => payments.operations.outcome(id)));
}
