import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Served, serve } from './run.ts';

let folder: string;
let served: Served | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onceward-mock-cli-'));
});
afterEach(async () => {
  await served?.stop('SIGKILL').catch(() => {});
  served = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

function post(key: string, path = '/charges'): Promise<Response> {
  return fetch(`${served?.url}${path}`, { method: 'POST', body: '{}', headers: { 'idempotency-key': key } });
}

describe('onceward mock with files', () => {
  test.each([
    ['routes.mjs', "export default { 'POST /charges': () => Response.json({ by: 'routes' }, { status: 201 }) };"],
    [
      'routes.ts',
      "export default { 'POST /charges': (): Response => Response.json({ by: 'routes' }, { status: 201 }) };",
    ],
  ])('routes of %s', async (name, text) => {
    served = await serve(await file(name, text));
    expect(await (await post('k')).json()).toEqual({ by: 'routes' });
    expect((await post('l', '/other')).status).toBe(404);
  });

  test('--plan: exit 1 and what is left, or 0 when every fault was met', async () => {
    const plan = await file(
      'plan.json',
      JSON.stringify(['status:503', { fault: 'status:500', route: 'POST /refunds' }]),
    );
    served = await serve('--plan', plan);
    expect((await post('k')).status).toBe(503);
    expect(await served.stop('SIGTERM')).toBe(1);
    served = await serve('--plan', plan);
    expect((await post('k', '/refunds')).status).toBe(503);
    expect((await post('k', '/refunds')).status).toBe(500);
    expect(await served.stop('SIGTERM')).toBe(0);
    served = undefined;
  });

  test('--ledger: killed by a crash fault, and started again, it still knows', async () => {
    const ledger = join(folder, 'ledger');
    served = await serve('--ledger', ledger, '--fault', 'crash:after-store');
    expect(await post('k').catch((error: unknown) => error)).toBeInstanceOf(TypeError);
    served = await serve('--ledger', ledger);
    expect((await post('k')).headers.get('idempotent-replayed')).toBe('true');
  });

  test('--chaos, --no-atomic, --wait-limit and --lease reach the mock', async () => {
    served = await serve('--chaos', '7:1', '--no-atomic', '--wait-limit', '5s', '--lease', '1m');
    expect(JSON.parse(served.firstLine)).toMatchObject({ event: 'listening' });
    await fetch(`${served.url}/charges`, { method: 'POST', signal: AbortSignal.timeout(200) }).catch(() => {});
    const events = (await (await fetch(`${served.url}/__onceward/events`)).json()) as { why?: string }[];
    expect(events.some(({ why }) => why?.includes('chaos'))).toBe(true);
  });
});
