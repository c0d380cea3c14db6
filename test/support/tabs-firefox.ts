import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firefox } from 'playwright';
import type { TabBrowser } from './tabs.ts';

/** Through WebDriver BiDi, which a Firefox as Debian builds it speaks. */
export async function launchFirefox(program: string): Promise<TabBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'onceward-tabs-'));
  const browser = await firefox.launchPersistentContext(profile, { channel: 'moz-firefox', executablePath: program });
  return {
    async open(url) {
      const page = await browser.newPage();
      await page.goto(url);
      return {
        goto: async (next) => void (await page.goto(next)),
        reload: async () => void (await page.reload()),
        evaluate: (expression) => page.evaluate(expression),
        close: () => page.close(),
      };
    },
    async close() {
      await browser.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
