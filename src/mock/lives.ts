/** Whether the server still lives that a request came to. */
export interface Life {
  over: boolean;
  end(): void;
}

/** The requests that are being answered, so that all of them can be cut off at once. */
export class Lives<Result> {
  readonly #lost: Result;
  readonly #open = new Set<Life>();

  /** @param lost what is left for those who are cut off */
  constructor(lost: Result) {
    this.#lost = lost;
  }

  /** The result of `work`, or the loss of it: a caller of a dead server is not kept waiting for a handler that still runs. */
  live(work: (life: Life) => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const life: Life = {
        over: false,
        end: () => {
          life.over = true;
          resolve(this.#lost);
        },
      };
      this.#open.add(life);
      work(life)
        .then(resolve, reject)
        .finally(() => this.#open.delete(life));
    });
  }

  endAll(): void {
    for (const life of this.#open) life.end();
  }
}
