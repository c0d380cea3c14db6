import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMock } from '../../src/mock/create-mock.ts';
import { listen } from '../../src/mock/node.ts';

const MAIN = fileURLToPath(new URL('../../examples/crash-resume/main.mjs', import.meta.url));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'onceward-example-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, JOURNAL: join(directory, 'journal') },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, text }));
  return { child, ended };
}

describe('examples/crash-resume', () => {
  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'ended by %s while the answer is outstanding, it pays once, and knows it the third time',
    async (signal) => {
      const executed = Promise.withResolvers<void>();
      const mock = createMock({ log: () => executed.resolve() });
      mock.fail('lose-response');
      await using server = await listen(mock);
      const first = start('order-1001', server.url);
      await executed.promise;
      first.child.kill(signal);
      expect(await first.ended).toEqual({ code: null, signal, text: '' });

      const second = await start('order-1001', server.url).ended;
      const paid = 'Paid: order-1001, mock_1\n';
      expect(second).toEqual({
        code: 0,
        signal: null,
        text: `From an earlier run: order/order-1001, pending\n${paid}`,
      });
      expect(await start('order-1001', server.url).ended).toEqual({ code: 0, signal: null, text: paid });
      expect(mock.ledger().map(({ hits, effects }) => ({ hits, effects }))).toEqual([{ hits: 2, effects: 1 }]);
    },
  );

  test('without an order it says how it is used', async () => {
    const { code, text } = await start().ended;
    expect(code).toBe(2);
    expect(text).toMatch(/^Usage: node main\.mjs/);
  });

  test('a refusal is told as such: nothing was charged', async () => {
    const routes = { 'POST /charges': () => Response.json({ error: 'card_declined' }, { status: 402 }) };
    await using server = await listen(createMock({ routes }));
    const { code, text } = await start('order-1001', server.url).ended;
    expect(code).toBe(1);
    expect(text).toMatch(/Nothing was charged for order-1001/);
  });
});
