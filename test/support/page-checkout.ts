import type { BrowserContext, Page } from 'playwright';

const SHOWN_WITHIN = 40_000;

/** The checkout page as somebody sees it. */
export class CheckoutPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens a tab and waits until it shows something. */
  static async open(browser: BrowserContext, url: string): Promise<CheckoutPage> {
    const checkout = new CheckoutPage(await browser.newPage());
    await checkout.page.goto(url);
    return checkout;
  }

  /** Resolves once the page shows one of these states. */
  async shows(...states: readonly string[]): Promise<void> {
    const selector = states.map((state) => `#checkout[data-state="${state}"]`).join(', ');
    await this.page.locator(selector).waitFor({ timeout: SHOWN_WITHIN });
  }

  /** Resolves once this text is on the page. */
  async says(text: string): Promise<void> {
    await this.page.getByText(text).first().waitFor({ timeout: SHOWN_WITHIN });
  }

  /** What the page throws and the console complains about, from now on: a growing list. */
  complaints(): readonly string[] {
    const complaints: string[] = [];
    this.page.on('pageerror', (error) => complaints.push(error.message));
    this.page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    return complaints;
  }

  state(): Promise<string | null> {
    return this.page.locator('#checkout').getAttribute('data-state');
  }

  text(id: string): Promise<string | null> {
    return this.page.locator(`#${id}`).textContent();
  }

  async pay(): Promise<void> {
    await this.page.locator('#pay').click();
  }
}
