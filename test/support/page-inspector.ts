import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { BrowserContext, Locator, Page } from 'playwright';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

/** The mock's inspector as somebody sees it. */
export class InspectorPage {
  readonly page: Page;
  /** What the page throws, opens and complains about in the console. */
  readonly complaints: string[] = [];
  /** The address of everything it has asked for. */
  readonly asked: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('dialog', (dialog) => {
      this.complaints.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
    page.on('request', (request) => this.asked.push(request.url()));
  }

  /** Opens a tab and waits until it hears from the server. */
  static async open(browser: BrowserContext, url: string): Promise<InspectorPage> {
    const inspector = new InspectorPage(await browser.newPage());
    await inspector.page.goto(`${url}/__onceward`);
    await inspector.connected('live');
    return inspector;
  }

  async connected(state: 'live' | 'gone'): Promise<void> {
    await this.page.locator(`#connection[data-state="${state}"]`).waitFor();
  }

  /** The lanes that are shown: tenant and key. */
  lanes(): Promise<(readonly [tenant: string, key: string])[]> {
    return this.page
      .locator('.lane')
      .evaluateAll((all) =>
        all.map(
          (lane) => [lane.getAttribute('data-tenant') ?? '', lane.querySelector('h3')?.textContent ?? ''] as const,
        ),
      );
  }

  /** What a lane says, row by row, without the times. */
  rows(key: string): Promise<string[]> {
    return this.#lane(key)
      .locator('.rows > li')
      .evaluateAll((all) =>
        all.map((row) =>
          row.classList.contains('mark')
            ? `- ${row.lastChild?.textContent}`
            : [...row.querySelectorAll('.steps > li')].map((step) => step.firstChild?.textContent).join(', '),
        ),
      );
  }

  /** What the key stands for. */
  badge(key: string): Promise<string | null> {
    return this.#lane(key).locator('.badge').textContent();
  }

  text(id: string): Promise<string | null> {
    return this.page.locator(`#${id}`).textContent();
  }

  async click(label: string): Promise<void> {
    await this.page.getByRole('button', { name: label, exact: true }).click();
  }

  /** What stands out of the screen, in pixels. */
  overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  /** What axe finds, and where. Run from outside: the page's policy lets no other script in. */
  async violations(): Promise<string[]> {
    await this.page.evaluate(AXE);
    const { violations, passes } = await this.page.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
    );
    if (!passes.some(({ id }) => id === 'color-contrast')) throw new Error('axe has seen no colours.');
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  }

  #lane(key: string): Locator {
    return this.page.locator('.lane').filter({ has: this.page.getByRole('heading', { name: key, exact: true }) });
  }
}
