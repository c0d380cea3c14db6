import { appendFile, glob, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Called, type DataLossPage, DataLossSite } from '../support/data-loss-site.ts';
import { pageEngines } from '../support/page-browser.ts';

declare const shop: DataLossPage;

/** Only Chromium writes LevelDB, and goes on after a torn record. */
const engines = (await pageEngines()).filter(({ name }) => name === 'Chromium');

/** The head of a record and no more: what a kill in the middle of an append can leave. */
const TORN = Buffer.from([0x01, 0x02, 0x03, 0x04, 0xc8, 0x00, 0x01]);

test('there is an engine that loses data', () => {
  expect(engines).not.toEqual([]);
});

describe.each(engines)('$name throws the whole database away, two starts after a torn write', ({ launch }) => {
  let profile: string;
  let site: DataLossSite;

  beforeEach(async () => {
    profile = await mkdtemp(join(tmpdir(), 'onceward-loss-'));
    site = await DataLossSite.start();
  });
  afterEach(async () => {
    await site.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });

  /** Starts the browser, does its work on the page, and closes the browser. */
  async function visit<T>(work: (page: Page) => Promise<T>, query = ''): Promise<T> {
    const browser = await launch(profile);
    try {
      const page = await browser.newPage();
      await page.goto(`${site.url}/${query}`);
      return await work(page);
    } finally {
      await browser.close();
    }
  }

  const call = (page: Page, name: string): Promise<Called> => page.evaluate((one) => shop.call(one), name);

  async function tear(): Promise<void> {
    let torn = 0;
    for await (const log of glob(join(profile, '*/IndexedDB/http_127.0.0.1_*.leveldb/*.log'))) {
      await appendFile(log, TORN);
      torn++;
    }
    expect(torn).toBe(1);
  }

  test('names keep their keys, finished ones stay finished, unknown ones wait for acknowledgeLoss()', async () => {
    site.unanswered.add('open');
    await visit(async (page) => {
      expect(await call(page, 'done')).toEqual({ status: 201 });
      void call(page, 'open').catch(() => undefined);
      await expect.poll(() => site.keysOf('open').length, { timeout: 20_000 }).toBe(1);
      expect(await page.evaluate(() => shop.problems())).toEqual([]);
    });
    await tear();
    await visit(async (page) => {
      expect(await call(page, 'between')).toEqual({ status: 201 });
      expect(await page.evaluate(() => shop.dataLoss)).toBeUndefined();
    });
    site.unanswered.clear();

    await visit(async (page) => {
      expect(await page.evaluate(() => shop.problems())).toEqual(['ERR_ONCEWARD_JOURNAL_LOST']);
      expect(await page.evaluate(() => shop.dataLoss)).toBe('total');
      expect(await call(page, 'open')).toEqual({ status: 201 });
      for (const name of ['done', 'between'])
        expect(await call(page, name)).toMatchObject({ code: 'ERR_ONCEWARD_ALREADY_FINISHED' });
      expect(await call(page, 'new')).toEqual({ code: 'ERR_ONCEWARD_JOURNAL', reason: 'lost' });
      expect(site.keysOf('new')).toEqual([]);
    });
    expect(site.keysOf('open')).toHaveLength(2);
    expect(new Set(site.keysOf('open')).size).toBe(1);
    for (const name of ['done', 'open', 'between']) expect(site.effects(name)).toBe(1);
    expect(site.arrivals).toHaveLength(4);

    await visit(async (page) => {
      expect(await call(page, 'new')).toMatchObject({ reason: 'lost' });
      await page.evaluate(() => shop.acknowledgeLoss());
      expect(await page.evaluate(() => shop.problems())).toEqual([]);
      expect(await call(page, 'new')).toEqual({ status: 201 });
      expect(await call(page, 'done')).toMatchObject({ code: 'ERR_ONCEWARD_ALREADY_FINISHED' });
    });
    await visit(async (page) => {
      expect(await page.evaluate(() => shop.problems())).toEqual([]);
      expect(await call(page, 'newer')).toEqual({ status: 201 });
    });
    expect(site.arrivals).toHaveLength(6);
  });

  test('site data cleared under a living page: what it was about to send goes on with its key', async () => {
    site.unanswered.add('open');
    await visit(async (page) => {
      const pending = call(page, 'open');
      await expect.poll(() => site.keysOf('open').length, { timeout: 20_000 }).toBe(1);
      const devtools = await page.context().newCDPSession(page);
      await devtools.send('Storage.clearDataForOrigin', { origin: site.url, storageTypes: 'all' });
      expect(await page.evaluate(() => localStorage.length)).toBe(0);
      site.unanswered.clear();
      const again = await call(page, 'open');
      expect(again).toEqual({ status: 201 });
      expect(await pending).toEqual({ status: 201 });
    }, '?timeout=2s');
    expect(new Set(site.keysOf('open')).size).toBe(1);
    expect(site.effects('open')).toBe(1);
  });
});
