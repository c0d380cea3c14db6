import type { JournalRecord } from '../../core/record.ts';

interface Asked {
  readonly boot: number;
  readonly name: string;
  readonly bytes: string;
}

/** What a program calls its intents, start by start. A name that differs after a restart is a second charge that nothing else can prevent. */
export class Names {
  readonly #asked: Asked[] = [];
  readonly #ended = new Set<number>();
  #boots = 0;

  /** @returns what stands for this start */
  begin(): number {
    return ++this.#boots;
  }

  asks(boot: number, { fixed }: JournalRecord): void {
    if (fixed.kind !== 'operation' || fixed.anonymous === true) return;
    const { method, url, body } = fixed.request;
    this.#asked.push({ boot, name: fixed.id, bytes: `${method} ${url} ${new TextDecoder().decode(body)}` });
  }

  /** The program has come to its end in this start. */
  ends(boot: number): void {
    this.#ended.add(boot);
  }

  /** What is wrong with the names of a start that came to its end; undefined where nothing is. */
  judged(boot: number): string | undefined {
    const now = this.#asked.filter((one) => one.boot === boot);
    const before = this.#asked.filter((one) => one.boot < boot);
    const names = new Set(now.map(({ name }) => name));
    const known = new Set(before.map(({ name }) => name));
    const added = now.filter(({ name }) => !known.has(name));
    const gone = before.filter(({ name }) => !names.has(name));
    for (const { name, bytes } of added) {
      const same = gone.find((one) => one.bytes === bytes);
      if (same !== undefined)
        return `after a restart the same request had another name: '${same.name}' before, '${name}' then. Both are charged`;
    }
    const [first] = added;
    if (first === undefined || gone.length === 0 || ![...this.#ended].some((ended) => ended < boot)) return undefined;
    return `after a restart it asked for '${first.name}', which it had never asked for, and no more for '${gone[0]?.name}'. A name must come from what is meant (a cart, an order), not from the run`;
  }
}
