import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/core/answer.ts';
import { type Decision, decide } from '../../src/core/decide.ts';
import { type ObserveContext, observe } from '../../src/core/observe.ts';
import type { ProfileData } from '../../src/core/profile.ts';
import { ietf, stripeV1 } from '../../src/profiles/index.ts';
import { facts, failure, generic, html, json, NOW, operation, response } from './support/rules.ts';

/** What the world does with one attempt. */
interface Step {
  readonly way: /** The request never arrives. */
    | 'lost on the way there'
    /** It arrives and is handled; the answer is lost. */
    | 'lost on the way back'
    /** It arrives later, perhaps after everything is over; the attempt times out. */
    | 'late'
    /** It arrives, and its answer comes back. */
    | 'fine'
    /** It arrives; somebody between puts an error of his own in place of the answer. */
    | 'replaced'
    /** Somebody between answers and passes nothing on. */
    | 'intercepted';
  /** What the server does with a key that it has no result for. */
  readonly does: 'execute' | 'refuse' | 'refuse credentials' | 'too many' | 'fail' | 'fail after the effect' | 'busy';
  /** Which of several words it uses. */
  readonly word: number;
  /** Whether late requests arrive now. */
  readonly arrive: boolean;
}

/** How the server's dialect differs from profile to profile. */
interface Dialect {
  readonly profile: ProfileData;
  readonly keepsRefusals: boolean;
  /** What its own refusals look like. */
  refusal(word: number): Answer;
  /** How a kept refusal comes back. */
  replayed(answer: Answer): Answer;
}

const marked = (answer: Answer, header: string): Answer =>
  answer.kind === 'response' ? { ...answer, headers: [...answer.headers, [header, 'true']] } : answer;

const plain: Omit<Dialect, 'profile'> = {
  keepsRefusals: false,
  refusal: (word) => json([400, 402, 403, 404, 409, 410, 412, 422, 423][word % 9] ?? 400, { no: word }),
  replayed: (answer) => answer,
};
const dialects: Readonly<Record<string, Dialect>> = {
  generic: { ...plain, profile: generic },
  'conflict: final': { ...plain, profile: ietf({ keyLifetime: '24h', conflict: 'final' }).data },
  storesClientErrors: {
    profile: ietf({ keyLifetime: '24h', storesClientErrors: true }).data,
    keepsRefusals: true,
    refusal: (word) => json([400, 402, 404, 422, 403][word % 5] ?? 400, { no: word }),
    replayed: (answer) => marked(answer, 'idempotent-replayed'),
  },
  stripe: {
    profile: stripeV1.data,
    keepsRefusals: true,
    refusal: (word) => json(402, { error: { code: 'card_declined', n: word } }, { 'original-request': 'req_1' }),
    replayed: (answer) => marked(answer, 'idempotent-replayed'),
  },
};

/** A server that performs effect and store together, and a network that does what networks do. */
class World {
  executed = 0;
  #kept: Answer | undefined;
  #late: Step[] = [];
  readonly #dialect: Dialect;
  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  attempt(step: Step): Answer {
    if (step.arrive) this.settle();
    switch (step.way) {
      case 'lost on the way there':
        return failure;
      case 'late':
        this.#late.push(step);
        return failure;
      case 'lost on the way back':
        this.#handle(step);
        return failure;
      case 'replaced':
        this.#handle(step);
        return this.#between(step.word, [
          html(502),
          html(504),
          json(503, {}),
          html(500),
          html(403),
          html(200),
          json(408, {}),
        ]);
      case 'intercepted':
        // The one thing nobody can see through is a stranger who speaks the server's own language.
        return this.#between(step.word, [
          html(200),
          html(400),
          html(402),
          html(404),
          html(409),
          html(503),
          json(401, {}),
          html(407),
          json(429, {}),
          response(0),
          response(206),
          json(207, {}),
          html(302, { location: 'https://portal.example' }),
        ]);
      case 'fine':
        return this.#handle(step);
    }
  }

  /** Everything that was under way arrives. */
  settle(): void {
    for (const step of this.#late.splice(0)) this.#handle(step);
  }

  #between(word: number, answers: readonly Answer[]): Answer {
    return answers[word % answers.length] ?? failure;
  }

  #handle({ does, word }: Step): Answer {
    if (this.#kept) return this.#dialect.replayed(this.#kept);
    const keep = (answer: Answer) => (this.#kept = answer);
    switch (does) {
      case 'execute':
        this.executed += 1;
        return keep(
          word % 4 === 0
            ? json(202, { n: 1 })
            : word % 4 === 1
              ? response(201, { 'content-type': 'application/json' }, '{"cut')
              : json(201, { n: 1 }),
        );
      case 'refuse': {
        const answer = this.#dialect.refusal(word);
        return this.#dialect.keepsRefusals ? keep(answer) : answer;
      }
      case 'refuse credentials':
        return json(401, {});
      case 'too many':
        return json(429, {}, { 'retry-after': '1' });
      case 'fail':
        return json([500, 502, 503][word % 3] ?? 500, {});
      case 'fail after the effect':
        this.executed += 1;
        return keep(json(500, { n: 1 }));
      case 'busy':
        return json(409, { error: { code: 'idempotency_key_in_use' } }, { 'retry-after': '1' });
    }
  }
}

/** Runs the rules as the loop does, until they stop. */
function run(
  steps: readonly Step[],
  dialect: Dialect,
): { readonly world: World; readonly decision: Decision | undefined } {
  const { profile } = dialect;
  const world = new World(dialect);
  let record = operation({ attempts: 0 });
  let possible = false;
  let decision: Decision | undefined;
  for (const [n, step] of steps.entries()) {
    const now = NOW + n * 1_000;
    const answer = world.attempt(step);
    record = { ...record, state: { ...record.state, attempts: n + 1 } };
    const context: ObserveContext = { first: !possible, acceptsHtml: false, accepted: profile.accepted };
    const observation = observe(answer, profile, context);
    possible = !(context.first && observation.means === 'unauthorized');
    decision = decide(record, answer, observation, facts({ profile, now, age: now - NOW, possible }));
    if (decision.next === 'finish' || decision.next === 'doubt') break;
    record = operation({ attempts: n + 1, ...('progress' in decision && decision.progress) });
  }
  return { world, decision };
}

const step: fc.Arbitrary<Step> = fc.record({
  way: fc.constantFrom(
    'lost on the way there',
    'lost on the way back',
    'late',
    'fine',
    'fine',
    'replaced',
    'intercepted',
  ),
  does: fc.constantFrom(
    'execute',
    'execute',
    'refuse',
    'refuse credentials',
    'too many',
    'fail',
    'fail after the effect',
    'busy',
  ),
  word: fc.nat({ max: 20 }),
  arrive: fc.boolean(),
});

describe.each(Object.entries(dialects))('%s: a claimed effect is true', (_name, dialect) => {
  test('in any world', () => {
    const reached = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        const { world, decision } = run(steps, dialect);
        const end = decision?.next === 'finish' ? decision.state : (decision?.next ?? 'nothing');
        reached.set(end, (reached.get(end) ?? 0) + 1);
        if (end === 'succeeded') expect(world.executed).toBe(1);
        // not then, and not when the last copy arrives either
        world.settle();
        if (end === 'rejected') expect(world.executed).toBe(0);
        expect(world.executed).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2_000 },
    );
    for (const end of ['succeeded', 'rejected', 'doubt']) expect(reached.get(end) ?? 0).toBeGreaterThan(10);
  });
});
