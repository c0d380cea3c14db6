import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMock } from '../../src/mock/index.ts';
import { BASE, post } from './support/transports.ts';

const request = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  tenant: fc.constantFrom('one', 'two'),
  /** Ticks before the request is sent: races of every shape. */
  after: fc.nat(6),
});

test('however requests race, each key of each tenant runs once and everybody reads the same answer', async () => {
  const modes = fc.constantFrom('conflict' as const, 'wait' as const, 'accepted' as const);
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 12 }),
      modes,
      fc.nat(4),
      async (requests, inProgress, slow) => {
        const mock = createMock({
          inProgress,
          tenant: ({ headers }) => headers.get('x-tenant') ?? 'none',
          routes: {
            'POST /charges': async () => {
              await ticks(slow);
              return new Response(crypto.randomUUID(), { status: 201 });
            },
          },
        });
        const answers = await Promise.all(
          requests.map(async ({ key, tenant, after }) => {
            await ticks(after);
            const init = post({}, { 'idempotency-key': key, 'x-tenant': tenant });
            const response = await mock.fetch(`${BASE}/charges`, init);
            return { name: `${tenant}/${key}`, status: response.status, body: await response.text() };
          }),
        );
        const names = new Set(answers.map(({ name }) => name));
        expect(mock.effects()).toHaveLength(names.size);
        for (const name of names) {
          const mine = answers.filter((answer) => answer.name === name);
          const [tenant, key] = name.split('/');
          expect(mock.ledger()).toContainEqual(
            expect.objectContaining({ key, tenant, hits: mine.length, effects: 1, state: 'stored' }),
          );
          expect(new Set(mine.filter(({ status }) => status === 201).map(({ body }) => body)).size).toBe(1);
        }
      },
    ),
    { numRuns: 150 },
  );
});

async function ticks(count: number): Promise<void> {
  for (let tick = 0; tick < count; tick += 1) await Promise.resolve();
}
