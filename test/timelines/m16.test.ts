import { describe, expect, test } from 'vitest';
import { JOURNALS, makeWorld, told } from './support/world.ts';

/** Luhn's check, as a scanner for card numbers makes it. */
function passesLuhn(digits: string): boolean {
  const sum = Array.from(digits)
    .reverse()
    .reduce((total, digit, at) => {
      const weighted = at % 2 === 0 ? Number(digit) : Number(digit) * 2;
      return total + (weighted > 9 ? weighted - 9 : weighted);
    }, 0);
  return sum % 10 === 0;
}

/** What a scanner by form alone takes for a card: one in ten. */
const INNOCENT = {
  timestamps: Array.from({ length: 300 }, (_, at) => 1_790_000_000_000 + at * 977),
  orders: Array.from({ length: 300 }, (_, at) => String(4_000_000_000_000_000n + BigInt(at) * 104_729n)),
};

describe.each(JOURNALS)('%s', (kind) => {
  test('M16: timestamps and order numbers that look like cards are no reason to refuse a payment', async () => {
    const taken = [...INNOCENT.timestamps.map(String), ...INNOCENT.orders].filter(passesLuhn);
    expect(taken.length).toBeGreaterThan(50);
    const world = await makeWorld(kind);
    const client = world.client();
    const bodies = [
      ...taken.map((order_id) => ({ order_id })).slice(0, 20),
      ...taken.map((created) => ({ created: Number(created), reference: created })).slice(0, 20),
      INNOCENT,
      { number: '1042', invoice: { number: 20_260_042 } },
      { cid: '123', csc_id: '123' },
    ];
    const answers: string[] = [];
    for (const [at, json] of bodies.entries()) {
      answers.push(await told(client.post('/charges', { once: ['cart', at], json })));
    }
    expect(answers).toEqual(bodies.map((_, at) => `201 {"charge":${at + 1}}`));
    expect(world.server.arrivals.map(({ body }) => JSON.parse(body))).toEqual(bodies);
  });

  test.each([
    ['number', '4242424242424242'],
    ['card_number', '4242-4242-4242-4242'],
    ['pan', '5555555555554444'],
    ['cvc', '123'],
    ['cvv', '1234'],
    ['cvv2', '123'],
  ])('M16: a field named %s that holds such a value is refused', async (name, value) => {
    const world = await makeWorld(kind);
    const client = world.client();
    expect(await told(client.post('/charges', { once: 'cart/1', json: { [name]: value } }))).toBe(
      'UsageError CARD_DATA none',
    );
    expect(await client.operations.list()).toEqual([]);
    expect(world.server.arrivals).toEqual([]);
  });
});
