import { operationIdentity } from '../../core/identity.ts';
import type { Journal } from '../../core/journal.ts';
import { isOpen, type JournalRecord, type OperationPart } from '../../core/record.ts';
import type { JournalCase } from './case.ts';
import { ensure, same } from './expectation.ts';
import { carryOut, isExplained, modelled, numbersFrom, type Observed, type Step } from './model.ts';
import { type Samples, samples, succeeded, utf8 } from './sample-record.ts';

const NAMES = ['a', 'a/1', 'ab'];
/** At most 5: what ran at the same time is looked at in every order. */
const AT_ONCE = 5;

type Model = Map<string, JournalRecord>;

export const MODEL_CASES: readonly JournalCase[] = [
  {
    name: 'model: 400 calls one after another return and leave what the rules say',
    async run(journal) {
      const pick = numbersFrom(1);
      const steps = stepMaker(samples(), pick);
      const model: Model = new Map();
      for (let number = 1; number <= 400; number++) {
        const step = steps(model, pick(NAMES.length));
        const identity = identityOf(step);
        const expected = modelled(model.get(identity), step);
        same(
          await carryOut(journal, step),
          expected.result,
          `what call ${number}, ${step.do} of ${identity}, returned`,
        );
        keep(model, identity, expected.stored);
        if (number % 20 === 0) await compareLists(journal, model, `after ${number} calls`);
        if (number % 90 === 0) await journal.close();
      }
    },
  },
  {
    name: 'model: calls of one name at the same time have an order that explains them all',
    run: (journal) => interleaved([journal], { seed: 2, rounds: 60 }),
  },
];

/** Rounds of calls at the same time, of one name each, spread over `journals`, which share a medium. */
export async function interleaved(
  journals: readonly Journal[],
  { seed, rounds }: { readonly seed: number; readonly rounds: number },
): Promise<void> {
  const pick = numbersFrom(seed);
  const steps = stepMaker(samples(), pick);
  const model: Model = new Map();
  const some = () => journals[pick(journals.length)] as Journal;
  for (let round = 1; round <= rounds; round++) {
    const name = pick(NAMES.length);
    const together = Array.from({ length: 2 + pick(AT_ONCE - 1) }, () => steps(model, name));
    const observed: Observed[] = await Promise.all(
      together.map(async (step) => ({ step, result: await carryOut(some(), step) })),
    );
    const identity = operationIdentity('shop', 'alice', NAMES[name] ?? '');
    const after = await some().get(identity);
    const calls = together.map((step) => step.do).join(', ');
    ensure(
      isExplained(model.get(identity), after, observed),
      `round ${round}: no order of ${calls} at the same time explains what they returned and left of ${identity}`,
    );
    keep(model, identity, after);
  }
  for (const journal of journals) await compareLists(journal, model, 'in the end');
}

/** Makes the next call for a name: mostly one that has a chance, often enough one that comes too late. */
function stepMaker(make: Samples, pick: (below: number) => number): (model: Model, name: number) => Step {
  const earlier: Step[] = [];
  return (model, name) => {
    const id = NAMES[name] ?? '';
    const identity = operationIdentity('shop', 'alice', id);
    const stored = model.get(identity);
    const revision = Math.max(0, (stored?.revision ?? 0) - (pick(5) === 0 ? 1 : 0));
    const again = earlier.findLast((step) => identityOf(step) === identity);
    const kind = pick(12);
    if (kind === 0) return { do: 'get', identity };
    if (kind === 1 && again !== undefined) return again;
    if (kind === 2 || (kind === 3 && stored?.state?.finishedAt !== undefined))
      return { do: 'remove', identity, revision };
    const step: Step =
      stored === undefined || kind === 4
        ? { do: 'claim', record: make.operation(id) }
        : { do: 'update', identity, change: changeOf(make, stored, { revision, kind }), relaxed: kind % 3 === 0 };
    earlier.push(step);
    return step;
  };
}

function changeOf(make: Samples, stored: JournalRecord, { revision, kind }: { revision: number; kind: number }) {
  if (kind === 5) return make.change(revision, succeeded(utf8('{"id":"ch_1"}')));
  if (kind === 6) return make.change(revision, { ...succeeded(), acknowledgedAt: 1 });
  if (kind !== 7 || stored.fixed.kind !== 'operation') return make.change(revision, { attempts: kind });
  const round: OperationPart = { ...stored.fixed, round: stored.fixed.round + 1, key: `${stored.fixed.key}-next` };
  return make.change(revision, { attempts: 0 }, round);
}

async function compareLists(journal: Journal, model: Model, when: string): Promise<void> {
  const expected = [...model.values()];
  same(sorted((await journal.list('')).records), sorted(expected), `the list ${when}`);
  const open = sorted((await journal.list('shop/alice/', { open: true })).records);
  same(open, sorted(expected.filter(isOpen)), `the open records ${when}`);
}

function sorted(records: readonly JournalRecord[]): JournalRecord[] {
  return records.toSorted((one, other) => (one.identity < other.identity ? -1 : 1));
}

function keep(model: Model, identity: string, stored: JournalRecord | undefined): void {
  if (stored === undefined) model.delete(identity);
  else model.set(identity, stored);
}

function identityOf(step: Step): string {
  return step.do === 'claim' ? step.record.identity : step.identity;
}
