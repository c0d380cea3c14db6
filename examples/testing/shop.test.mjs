import { setupServer } from 'msw/node';
import { memoryJournal } from 'onceward';
import { createMock } from 'onceward/mock';
import { handlers } from 'onceward/mock/msw';
import { listen } from 'onceward/mock/node';
import { crash, matchers } from 'onceward/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPayments, pay, resumePayments } from './shop.mjs';

expect.extend(matchers);

const CART = { id: '8f3', total: 1999 };

const routes = {
  'POST /charges': ({ json }) =>
    json.amount > 5000
      ? Response.json({ message: 'Too much.' }, { status: 402 })
      : Response.json({ id: 'ch_1', amount: json.amount }, { status: 201 }),
};

// The same tests twice: msw is quick and needs no port, a socket breaks as sockets do.
describe.each(['msw', 'a socket'])('over %s', (via) => {
  let mock;
  let options;
  let close;

  beforeEach(async () => {
    if (via === 'msw') {
      mock = createMock({ baseUrl: 'https://pay.example', routes });
      const server = setupServer(...handlers(mock));
      server.listen({ onUnhandledFrame: 'error' });
      close = () => server.close();
    } else {
      mock = createMock({ routes });
      const listening = await listen(mock);
      options = { baseUrl: listening.url };
      close = () => listening.close();
    }
    options = { ...options, journal: memoryJournal(), clock: mock.clock, retry: { baseDelay: 10 } };
  });
  afterEach(() => close());

  test('a payment is made once, however often the button is pressed', async () => {
    const payments = createPayments(options);
    const shown = await Promise.all([pay(payments, CART), pay(payments, CART), pay(payments, CART)]);
    expect(shown).toEqual(['Paid: ch_1', 'Paid: ch_1', 'Paid: ch_1']);
    expect(mock).toHaveExecutedOnce('POST /charges');
    await payments.close();
  });

  test('the answer is lost on its way: the retry gets the same one', async () => {
    mock.fail('reset-after');
    const payments = createPayments(options);
    expect(await pay(payments, CART)).toBe('Paid: ch_1');
    expect(mock).toHaveExecutedOnce('POST /charges');
    expect(mock).toHaveReplayed();
    mock.assertPlanConsumed();
    await payments.close();
  });

  test('the shop dies while it waits: the next start knows what was paid', async () => {
    mock.fail('lose-response');
    const first = createPayments(options);
    void pay(first, CART);
    await vi.waitUntil(() => mock.effects().length === 1);
    crash(first);

    const second = createPayments(options);
    expect(await resumePayments(second)).toMatchObject([{ status: 'succeeded', source: 'replay' }]);
    expect(await pay(second, CART)).toBe('Paid: ch_1');
    expect(mock).toHaveExecutedOnce('POST /charges');
    await second.close();
  });

  test('a refusal is a refusal, and says that nothing was charged', async () => {
    const payments = createPayments(options);
    expect(await pay(payments, { id: '9a1', total: 9999 })).toBe('Nothing was charged.');
    await payments.close();
  });
});
