/** What became of a case. `warn`: it works, and not as recommended or documented. `inconclusive`: what was seen decides nothing. */
export type VerifyVerdict = 'pass' | 'fail' | 'warn' | 'skip' | 'inconclusive';

/** From the least that can be said to the most. */
const WEIGHT: readonly VerifyVerdict[] = ['skip', 'pass', 'warn', 'inconclusive', 'fail'];

/** What one run of a case has seen. Texts name statuses and counts: never a body, a credential or a whole key. */
export class Finding {
  readonly #seen: { readonly verdict: VerifyVerdict; readonly text: string }[] = [];

  /** Seen, and neither good nor bad. */
  note(text: string): void {
    this.#add('pass', text);
  }

  warn(text: string): void {
    this.#add('warn', text);
  }

  fail(text: string): void {
    this.#add('fail', text);
  }

  /** It cannot be told. */
  unsure(text: string): void {
    this.#add('inconclusive', text);
  }

  /** There was nothing to judge; whatever else is seen counts instead. */
  skip(text: string): void {
    this.#add('skip', text);
  }

  /** Fails where it does not hold. @returns whether it does */
  must(holds: boolean, otherwise: string): boolean {
    if (!holds) this.fail(otherwise);
    return holds;
  }

  get verdict(): VerifyVerdict {
    return this.#seen.length === 0 ? 'pass' : worst(this.#seen.map(({ verdict }) => verdict));
  }

  /** What led to the verdict, then the rest of what was seen. */
  get evidence(): string {
    const { verdict } = this;
    const told = this.#seen.toSorted(
      (one, other) => Number(other.verdict === verdict) - Number(one.verdict === verdict),
    );
    return [...new Set(told.map(({ text }) => text))].join('; ');
  }

  #add(verdict: VerifyVerdict, text: string): void {
    this.#seen.push({ verdict, text });
  }
}

export function worst(verdicts: readonly VerifyVerdict[]): VerifyVerdict {
  return WEIGHT[Math.max(0, ...verdicts.map((verdict) => WEIGHT.indexOf(verdict)))] ?? 'pass';
}
