import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { killBrowser, pageEngines } from '../support/page-browser.ts';
import { CheckoutPage } from '../support/page-checkout.ts';
import { CheckoutServer } from '../support/page-server.ts';

const engines = await pageEngines();

/** How often a browser is killed at a random moment. */
const kills = Array.from({ length: Number(process.env['PAGE_KILLS'] ?? 1) }, (_, index) => index + 1);
/** From the click to the receipt it takes about a tenth of a second. */
const LONGEST_MOMENT = 200;

/** Lets go of a browser that was killed. Whether its driver has noticed yet is a race: then there is nothing left to close. */
async function closeKilled(browser: { close(): Promise<void> }): Promise<void> {
  await browser.close().catch((error: unknown) => {
    if (!/has been closed/.test(String(error))) throw error;
  });
}

test('there is an engine to kill', () => {
  expect(engines).not.toEqual([]);
});

describe.each(engines)('checkout in a $name that is killed', ({ launch }) => {
  let folder: string;
  let server: CheckoutServer;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onceward-page-kill-'));
    server = await CheckoutServer.start();
  });
  afterEach(async () => {
    await server.stop();
    await killBrowser(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('while the answer is outstanding, started again: the same key, one charge, the answer is shown', async () => {
    const first = await launch(folder);
    const before = await CheckoutPage.open(first, server.url);
    await before.shows('ready');
    await server.fault('lose-response');
    await before.pay();
    await server.requests(1);
    expect(await killBrowser(folder)).toBeGreaterThan(1);
    const [atTheKill] = await server.ledger();
    expect(atTheKill).toMatchObject({ hits: 1, effects: 1 });
    await closeKilled(first);

    const second = await launch(folder);
    const after = await CheckoutPage.open(second, server.url);
    await after.shows('paid');
    expect(await after.text('clicks')).toBe('0');
    expect(await after.text('status-detail')).toContain('the bank repeated it');
    expect(await server.counts()).toEqual({ keys: 1, requests: 2, effects: 1 });
    expect((await server.ledger())[0]?.key).toBe(atTheKill?.key);
    await second.close();
  });

  test.each(kills)('at a random moment, started again: paid by itself or ready to pay, once (%i)', async () => {
    const moment = Math.floor(Math.random() * LONGEST_MOMENT);
    const first = await launch(folder);
    const before = await CheckoutPage.open(first, server.url);
    await before.shows('ready');
    void before.page.evaluate(() => document.getElementById('pay')?.click()).catch(() => undefined);
    await sleep(moment);
    await killBrowser(folder);
    const { requests } = await server.counts();
    await closeKilled(first);

    const second = await launch(folder);
    const after = await CheckoutPage.open(second, server.url);
    await after.shows('ready', 'paid');
    const found = await after.state();
    if (found === 'ready') {
      await after.pay();
      await after.shows('paid');
    }
    // Where nothing was claimed, nothing had been sent.
    const seen = `killed after ${moment} ms with ${requests} requests, then ${found}`;
    expect(found === 'paid' || requests === 0, seen).toBe(true);
    expect(await server.counts(), seen).toMatchObject({ keys: 1, effects: 1 });
    if (kills.length > 1) console.log(seen);
    await second.close();
  });
});
