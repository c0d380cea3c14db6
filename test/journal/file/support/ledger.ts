import type { JournalRecord } from '../../../../src/core/record.ts';

/** What one answer showed of a record. The key tells one claim of a name from the next. */
export interface Seen {
  readonly identity: string;
  readonly key: string;
  readonly revision: number;
  readonly write: string;
}

export function seen(record: JournalRecord): Seen {
  const { identity, revision, write, fixed } = record;
  return { identity, key: fixed.kind === 'operation' ? fixed.key : '', revision, write };
}

interface Name {
  /** By key: the highest revision that was shown. */
  readonly claims: Map<string, Seen>;
  /** Claims answered "created", and those that nobody was answered: at most so many records of this name have existed. */
  created: number;
  unanswered: number;
  /** Revisions at which the name was removed, or may have been: nobody was answered. */
  readonly removed: number[];
  readonly maybeRemoved: number[];
}

/** All that callers were told, in no order: what must be true of the journal for ever after. */
export class Ledger {
  readonly #names = new Map<string, Name>();
  /** Each revision of a record was written by one write. */
  #writes = new Map<string, string>();
  #wrong: readonly string[] = [];
  /** Answers noted. */
  answers = 0;

  /** What was promised up to now. */
  copy(): Ledger {
    const copy = new Ledger();
    for (const [identity, name] of this.#names) copy.#names.set(identity, structuredClone(name));
    copy.#writes = new Map(this.#writes);
    copy.#wrong = this.#wrong;
    copy.answers = this.answers;
    return copy;
  }

  claiming(identity: string): void {
    this.#name(identity).unanswered++;
  }

  /** The claim was answered. @param created whether it made the record */
  claimed(record: Seen, created: boolean): void {
    const name = this.#name(record.identity);
    name.unanswered--;
    if (created) name.created++;
    this.saw(record);
  }

  /** Any answer that rests on the record: a claim, an update, a get. */
  saw(record: Seen): void {
    this.answers++;
    const { claims } = this.#name(record.identity);
    const revision = `${record.identity} ${record.key} ${record.revision}`;
    const write = this.#writes.get(revision);
    if (write !== undefined && write !== record.write) this.#wrong = [...this.#wrong, `two writes made ${revision}`];
    this.#writes.set(revision, record.write);
    const before = claims.get(record.key);
    if (before === undefined || before.revision < record.revision) claims.set(record.key, record);
  }

  removing(identity: string, revision: number): void {
    this.#name(identity).maybeRemoved.push(revision);
  }

  removed(identity: string, revision: number, won: boolean): void {
    this.answers++;
    const { maybeRemoved, removed } = this.#name(identity);
    maybeRemoved.splice(maybeRemoved.indexOf(revision), 1);
    if (won) removed.push(revision);
  }

  /** What `records`, all that a journal holds, contradicts; empty where it keeps every promise. */
  broken(records: readonly JournalRecord[]): readonly string[] {
    const stored = new Map(records.map((record) => [record.identity, seen(record)]));
    const wrong = [...this.#wrong];
    for (const [identity, name] of this.#names) wrong.push(...this.#brokenName(identity, name, stored.get(identity)));
    return wrong;
  }

  #brokenName(identity: string, name: Name, stored: Seen | undefined): string[] {
    const wrong: string[] = [];
    const known = stored === undefined ? undefined : name.claims.get(stored.key);
    if (stored !== undefined && known !== undefined) {
      const write = this.#writes.get(`${identity} ${stored.key} ${stored.revision}`);
      if (stored.revision < known.revision) wrong.push(`${identity}: revision ${known.revision} is lost`);
      else if (write !== undefined && write !== stored.write) wrong.push(`${identity}: another write is stored`);
    }
    // Every other record that was shown must have been removed, each by a remove of its own, at the last revision it had.
    const gone = [...name.claims.values()].filter(({ key }) => key !== stored?.key).map(({ revision }) => revision);
    const removes = [...name.removed, ...name.maybeRemoved].sort(downwards);
    for (const [at, revision] of gone.sort(downwards).entries()) {
      if (!((removes[at] ?? 0) >= revision)) wrong.push(`${identity}: lost, or claimed twice (revision ${revision})`);
    }
    const existed = name.created + name.unanswered;
    if (name.removed.length + (stored === undefined ? 0 : 1) > existed) wrong.push(`${identity}: a remove was undone`);
    return wrong;
  }

  #name(identity: string): Name {
    const found = this.#names.get(identity);
    if (found !== undefined) return found;
    const name: Name = { claims: new Map(), created: 0, unanswered: 0, removed: [], maybeRemoved: [] };
    this.#names.set(identity, name);
    return name;
  }
}

function downwards(a: number, b: number): number {
  return b - a;
}
