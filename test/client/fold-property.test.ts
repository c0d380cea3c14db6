import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Client, createClient, isOncewardError, type Outcome } from '../../src/index.node.ts';
import { memoryJournal } from '../../src/journal/memory-journal.ts';
import { StandingClock } from './fold-property-clock.ts';
import { DIALECTS, type Dialect, type Habits } from './fold-property-dialects.ts';
import { DEEDS, type Step, World } from './fold-property-server.ts';

// Whatever the network and the server do, what a caller is told of the effect is true or careful. The server is a model that knows the truth, and
// speaks the profile the client was given. What is assumed of it, and what no client could do without:
//
// - The effect and what is kept under the key are one transaction: there is no effect without an entry, and no second effect while there is one.
// - An entry is kept for as long as the profile says, and forgotten right after. A copy of a request arrives at most 90 s after it was sent.
// - What a profile calls 'yes' or 'no' is so; what it calls 'unknown' each server decides for itself, once.
// - 401 and overload are said before anything is done; so are 301, 302, 307 and 308, and answers the API documents as "without effect".
// - Somebody between who has passed a request on answers with an error or a page of his own, and never with a redirect, a 401, or in the API's
//   language. Who has passed nothing on may answer anything that is not in the API's language.
// - A 202 without an address that comes twice is the final answer. A monitor that says "succeeded" tells the truth; one that says "failed" does
//   where the profile says so.
// - Nobody else acts on the same resource.

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const RUNS = 100;

interface Sequence {
  readonly steps: readonly Step[];
  readonly habits: Habits;
  /** After so many exchanges the program ends, and another one takes over. */
  readonly restart: number | undefined;
  /** When the operation gives up, in milliseconds from now. */
  readonly deadline: number | undefined;
  readonly limit: number;
  readonly fraction: number;
}

const seldom = (some: fc.Arbitrary<number>): fc.Arbitrary<number | undefined> =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 3 }, { arbitrary: some, weight: 1 });

const step = fc.record<Step>({
  way: fc.constantFrom<Step['way'][]>(
    ...(['fine', 'fine', 'fine', 'fine', 'lost on the way there', 'lost on the way back'] as const),
    ...(['cut short', 'slow', 'late', 'replaced', 'intercepted'] as const),
  ),
  does: fc.constantFrom(...DEEDS, 'execute', 'refuse'),
  word: fc.nat({ max: 60 }),
  wait: fc.nat({ max: 60 }),
});
const further = fc.array(step, { maxLength: 14, size: 'max' });
/** Many begin with a refusal that arrives: by chance alone, few come to be proved. */
const steps: fc.Arbitrary<Step[]> = fc.oneof(
  { arbitrary: further, weight: 4 },
  {
    arbitrary: fc
      .tuple(step, further)
      .map(([first, others]): Step[] => [{ ...first, way: 'fine', does: 'refuse' }, ...others]),
    weight: 1,
  },
);

const sequence: fc.Arbitrary<Sequence> = fc.record({
  steps,
  habits: fc.record({ keepsRefusals: fc.boolean(), keepsErrors: fc.boolean(), marksReplays: fc.boolean() }),
  restart: seldom(fc.nat({ max: 6 })),
  deadline: seldom(fc.integer({ min: 1_000, max: 200_000 })),
  limit: fc.constantFrom(1, 4, ...Array<number>(10).fill(8)),
  fraction: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

/** What somebody was told of the effect, and how often it had happened by then. */
interface Told {
  readonly where: string;
  readonly effect: string;
  readonly final: boolean;
  readonly executed: number;
}

interface Run {
  readonly world: World;
  readonly told: readonly Told[];
  readonly last: Outcome;
}

const FINAL = ['succeeded', 'rejected', 'not-sent', 'in-doubt', 'discarded'];

/** One operation from its call to its end, and everything that was told on the way. */
async function play(dialect: Dialect, { steps, restart, deadline, limit, fraction }: Sequence): Promise<Run> {
  const clock = new StandingClock(NOW);
  const world = new World(dialect, clock, steps);
  const journal = memoryJournal();
  const told: Told[] = [];
  const note = (where: string, effect: string, final = false): void => {
    told.push({ where, effect, final, executed: world.executed });
  };
  const noteError = (where: string, error: unknown): void => {
    if (!isOncewardError(error)) throw error;
    note(`${where} ${error.name}`, error.effect);
  };
  const connect = (): Client =>
    createClient({
      baseUrl: 'https://api.example',
      name: 'shop',
      owner: 'alice',
      profile: dialect.profile,
      journal,
      clock,
      retry: { limit },
      random: { bytes: (n) => crypto.getRandomValues(new Uint8Array(n)), fraction: () => fraction },
      authorize: () => ({ authorization: 'Bearer good' }),
      fetch: async (input, init) => {
        const answer = await world.fetch(input, init).catch((error: unknown) => error as Error);
        const seen = await client.operations.get('cart/1');
        // Read while nothing has been judged: what the client says of itself in the middle of an exchange.
        if (seen) note('in between', seen.effect);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
  let client = connect();
  const hear = async (
    where: string,
    promise: Promise<Outcome>,
    early?: () => boolean,
  ): Promise<Outcome | undefined> => {
    const heard = promise.then(
      (outcome) => {
        note(`${where} ${outcome.status}`, outcome.effect, FINAL.includes(outcome.status));
        if ('source' in outcome) count(`source: ${outcome.source}`);
        return outcome;
      },
      (error: unknown) => {
        noteError(where, error);
        return undefined;
      },
    );
    return clock.settle(heard, early);
  };
  const call = client.post(dialect.path, {
    once: 'cart/1',
    json: { amount: 1 },
    waitTimeout: '10s',
    ...(deadline !== undefined && { deadline: new Date(NOW + deadline) }),
  });
  const response = call.then(
    ({ ok }) => note('response', ok ? 'done' : 'unknown'),
    (error: unknown) => noteError('response', error),
  );
  const dies = (): boolean => restart !== undefined && world.sent.length > restart;
  await hear('call', call.outcome(), dies);
  if (restart !== undefined) {
    await clock.settle(client.close({ timeout: 0 }));
    client = connect();
    await clock.settle(client.operations.resume());
  }
  await clock.settle(response);
  // A caller with patience; one that comes back and says "try now"; and at last one who waits until no key can be of use.
  let last: Outcome | undefined;
  for (const waitTimeout of ['1m', '1h', '1h', '1d', '1d', '60d'] as const) {
    await clock.settle(client.operations.wake('cart/1'));
    last = await hear('outcome', client.operations.outcome('cart/1', { waitTimeout }));
    if (last && last.status !== 'pending') break;
  }
  world.flush();
  const again = await hear('again', client.operations.outcome('cart/1', { waitTimeout: 0 }));
  await clock.settle(client.close({ timeout: 0 }));
  if (last === undefined) throw new Error('No outcome was told.');
  expect(again?.status).toBe(last.status);
  return { world, told, last };
}

/** The promises that this run broke. */
function broken({ world, told, last }: Run): string[] {
  const found: string[] = [];
  if (world.executed > 1) found.push(`executed ${world.executed} times`);
  // A server may ask for 32 years, and where nothing has happened no key ages meanwhile: it still waits, as it was asked to.
  const asked = last.status === 'pending' && last.waiting === 'retry-after' && last.effect === 'none';
  if (last.status === 'pending' && !asked) found.push(`not at an end: ${last.waiting}`);
  for (const { where, effect, executed, final } of told) {
    if (effect === 'none' && executed > 0) found.push(`${where}: none, and it had happened`);
    if (effect === 'none' && final && world.executed > 0) found.push(`${where}: none, and it happened later`);
    if (effect === 'done' && executed !== 1) found.push(`${where}: done, and it had happened ${executed} times`);
  }
  const posts = world.sent.filter(({ method }) => method !== 'GET');
  if (new Set(posts.map(({ key }) => key)).size > 1 || posts.some(({ key }) => key === null)) found.push('other keys');
  if (new Set(posts.map(({ bytes }) => bytes)).size > 1) found.push('other bytes');
  if (world.sent.some(({ method, key }) => method === 'GET' && key !== null)) found.push('a question with a key');
  if (world.sent.some(({ url }) => new URL(url).origin !== 'https://api.example')) found.push('another origin');
  return found;
}

const seen = new Map<string, number>();
const count = (what: string, by = 1): void => void seen.set(what, (seen.get(what) ?? 0) + by);

function tally(name: string, { world, told, last }: Run, restarted: boolean): void {
  count('sequences');
  count('exchanges', world.sent.length);
  count(`${name}: ${last.status}`);
  count(last.status === 'in-doubt' ? `in doubt: ${last.reason}` : last.status);
  count(`effect ${last.effect}, and it ${world.executed > 0 ? 'happened' : 'did not happen'}`);
  for (const { where, effect } of told) count(`told ${where}: ${effect}`);
  if (world.redirected > 0) count('redirected');
  if (world.questions > 0) count('asked a monitor, a result or a resource');
  if (world.lateEffects > 0) count('happened by a late copy');
  if (restarted) count('restarted');
}

describe.each(Object.entries(DIALECTS))(
  '%s: what is told of the effect is never less than the truth',
  (name, dialectOf) => {
    test('in any sequence', async () => {
      await fc.assert(
        fc.asyncProperty(sequence, async (given) => {
          const run = await play(dialectOf(given.habits), given);
          expect(broken(run)).toEqual([]);
          tally(name, run, given.restart !== undefined);
        }),
        { numRuns: RUNS },
      );
      for (const status of ['succeeded', 'rejected', 'in-doubt']) {
        expect(seen.get(`${name}: ${status}`) ?? 0, status).toBeGreaterThan(0);
      }
    }, 60_000);
  },
);

test('every class of outcome was reached', () => {
  console.log(
    [...seen]
      .map(([what, times]) => `${what}: ${times}`)
      .toSorted()
      .join('\n'),
  );
  expect(seen.get('sequences')).toBeGreaterThanOrEqual(Object.keys(DIALECTS).length * RUNS);
  for (const what of [
    'effect done, and it happened',
    'effect none, and it did not happen',
    'effect possible, and it happened',
    'effect possible, and it did not happen',
    'source: network',
    'source: replay',
    'source: recovered',
    'source: journal',
    'told in between: possible',
    'told call pending: possible',
    'told response StillPendingError: possible',
    'told response InDoubtError: possible',
    'told response HTTPError: none',
    'in doubt: key-expired',
    'in doubt: deadline',
    'in doubt: unproved-rejection',
    'redirected',
    'asked a monitor, a result or a resource',
    'happened by a late copy',
    'restarted',
  ]) {
    expect(seen.get(what) ?? 0, what).toBeGreaterThan(0);
  }
});
