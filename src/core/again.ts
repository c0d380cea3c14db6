/** "The same again": the one thing p-retry retries. Everything else is a value, or a bug that ends the loop. */
export class Again extends Error {
  readonly wait: number;
  constructor(wait: number) {
    super('again');
    this.wait = wait;
  }
}
