/** Whether the server still lives that a request came to. */
export class Life {
  over = false;
  /** Lets go of whoever waits for the request. */
  cutOff: (() => void) | undefined;

  end(): void {
    this.over = true;
    this.cutOff?.();
  }
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
  live(work: (life: Life) => Result | Promise<Result>): Result | Promise<Result> {
    const life = new Life();
    this.#open.add(life);
    let result: Result | Promise<Result> | undefined;
    try {
      result = work(life);
      if (!(result instanceof Promise)) return result;
    } finally {
      if (!(result instanceof Promise)) this.#open.delete(life);
    }
    const running = result;
    return new Promise((resolve, reject) => {
      life.cutOff = () => resolve(this.#lost);
      // It may have died in the first steps.
      if (life.over) life.cutOff();
      running.then(
        (value) => {
          this.#open.delete(life);
          resolve(value);
        },
        (error: unknown) => {
          this.#open.delete(life);
          reject(error);
        },
      );
    });
  }

  endAll(): void {
    for (const life of this.#open) life.end();
  }
}
