import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TabSite } from '../support/tab-site.ts';
import { type Tab, type TabBrowser, tabEngines } from '../support/tabs.ts';

const engines = await tabEngines();
const NAMES = Array.from({ length: 200 }, (_, at) => `cart-${at}`);
const within = { timeout: 20_000, interval: 20 };

test('there is an engine to test in', () => {
  expect(engines).not.toEqual([]);
});

describe.each(engines)('tabs of $name', ({ name: engine, launch }) => {
  let browser: TabBrowser;
  let site: TabSite;
  const tabs: Tab[] = [];

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    site = await TabSite.start();
  });
  afterEach(async () => {
    for (const tab of tabs.splice(0)) await tab.close().catch(() => undefined);
    await site.close();
  });

  async function open(name: string): Promise<Tab> {
    const tab = await browser.open(site.url(name));
    tabs.push(tab);
    return tab;
  }

  const told = (tab: Tab, name = 'cart') => tab.evaluate<string | null>(`tab.told[${JSON.stringify(name)}] ?? null`);
  const senders = () => site.of('cart').map(({ tab }) => tab);
  /** Whose turn it was. Firefox cancels the requests of a page that is left a moment before the page is told, and in that moment its driver, which is
   *  one still, may ask again: the same tab, key and bytes. */
  const turns = () => senders().filter((tab, at, all) => tab !== all[at - 1]);

  /** A tab whose request for the cart is not answered, and others that follow it. */
  async function drivenBy(first: string, ...others: readonly string[]) {
    const release = site.hold();
    const driver = await open(first);
    await driver.evaluate(`tab.pay('cart')`);
    await expect.poll(() => site.arrivals.length, within).toBe(1);
    const followers: Tab[] = [];
    for (const name of others) followers.push(await open(name));
    for (const follower of followers) {
      await follower.evaluate(`tab.pay('cart')`);
      const seen = async () => {
        await follower.evaluate(`tab.look('cart')`);
        return follower.evaluate<string | null>(`tab.seen['cart'] ?? null`);
      };
      await expect.poll(seen, within).toBe('pending other-driver');
    }
    return { driver, followers, release };
  }

  test.each<readonly [string, (driver: Tab) => Promise<unknown>]>([
    ['is closed', (tab) => tab.close()],
    ['goes elsewhere', (tab: Tab) => tab.goto(site.elsewhere)] as const,
  ])('the driving tab %s: the other one sends, with the same key, and tells the answer', async (_, leave) => {
    const { driver, followers, release } = await drivenBy('a', 'b');
    await leave(driver);
    await expect.poll(turns, within).toEqual(['a', 'b']);
    release();
    await expect.poll(() => told(followers[0] as Tab), within).toBe('{"charge":"cart","number":1}');
    expect(turns()).toEqual(['a', 'b']);
    expect(new Set(site.arrivals.map(({ key }) => key)).size).toBe(1);
    expect(site.effects('cart')).toBe(1);
  });

  test('the driving tab is reloaded: the other one sends, and both are told', async () => {
    const { driver, followers, release } = await drivenBy('a', 'b');
    await driver.reload();
    await driver.evaluate(`tab.pay('cart')`);
    await expect.poll(() => senders().length, within).toBeGreaterThanOrEqual(2);
    release();
    for (const tab of [driver, ...followers]) {
      await expect.poll(() => told(tab), within).toBe('{"charge":"cart","number":1}');
    }
    // One before, one after; and in Firefox perhaps one in the moment between.
    expect(site.arrivals.length).toBeLessThanOrEqual(engine === 'Firefox' ? 3 : 2);
    expect(new Set(site.arrivals.map(({ key }) => key)).size).toBe(1);
    expect(site.effects('cart')).toBe(1);
  });

  test('reloaded alone, it goes on by itself', async () => {
    const { driver, release } = await drivenBy('a');
    await driver.reload();
    await driver.evaluate('tab.resume()');
    await expect.poll(() => senders().length, within).toBeGreaterThanOrEqual(2);
    release();
    const seen = async () => {
      await driver.evaluate(`tab.look('cart')`);
      return driver.evaluate<string | null>(`tab.seen['cart'] ?? null`);
    };
    await expect.poll(seen, within).toBe('succeeded undefined');
    expect(new Set(site.arrivals.map(({ key }) => key)).size).toBe(1);
    expect(site.effects('cart')).toBe(1);
  });

  test('seven follow: exactly one takes over', async () => {
    const names = ['b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const { driver, followers, release } = await drivenBy('a', ...names);
    await driver.close();
    await expect.poll(senders, within).toEqual(['a', expect.any(String)]);
    release();
    for (const tab of followers) await expect.poll(() => told(tab), within).toBe('{"charge":"cart","number":1}');
    expect(site.arrivals.length).toBe(2);
    expect(names).toContain(senders()[1]);
  });

  test('two tabs want the same 200 carts: one key, one request and one charge each', async () => {
    const both = [await open('a'), await open('b')];
    const orders = [NAMES, [...NAMES].reverse()];
    // In portions and in turn: at once, the first tab would have claimed all before the second one is asked.
    for (let at = 0; at < NAMES.length; at += 20) {
      for (const [which, tab] of both.entries()) {
        await tab.evaluate(`tab.pay(...${JSON.stringify(orders[which]?.slice(at, at + 20))})`);
      }
    }
    for (const tab of both) await expect.poll(() => tab.evaluate('Object.keys(tab.told).length'), within).toBe(200);
    expect(site.arrivals.length).toBe(200);
    expect(new Set(site.arrivals.map(({ key }) => key)).size).toBe(200);
    expect(NAMES.filter((name) => site.effects(name) !== 1)).toEqual([]);
    const answers = await Promise.all(both.map((tab) => tab.evaluate<Record<string, string>>('tab.told')));
    expect(answers[0]).toEqual(answers[1]);
    // Both took part, or it was no race.
    expect(new Set(site.arrivals.map(({ tab }) => tab))).toEqual(new Set(['a', 'b']));
    for (const tab of both) expect(await tab.evaluate('tab.complaints')).toEqual([]);
  });
});
