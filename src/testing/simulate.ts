import { UsageError } from '../core/errors/usage-error.ts';
import type { Profile } from '../core/profile.ts';
import type { ClientOptions } from '../core/types.ts';
import { VIRTUAL_TIME } from '../core/virtual-time.ts';
import { ietf } from '../profiles/ietf.ts';
import { sequenceDiagram } from './simulate/diagram.ts';
import { Names } from './simulate/names.ts';
import { isPlan, type Plan } from './simulate/plan.ts';
import { type Program, type Result, runPlan } from './simulate/run-plan.ts';
import { modelOf, type ServerModel } from './simulate/server-models.ts';
import { shrink } from './simulate/shrink.ts';
import { swarmPlan } from './simulate/swarm.ts';
import type { Step, WorldOptions } from './simulate/world.ts';

/** What a simulated process has instead of the real world; all of it goes to createClient. */
export type SimulatedPorts = Required<Pick<ClientOptions, 'clock' | 'random' | 'locks' | 'fetch' | 'journal'>>;

export interface SimulateOptions {
  /** Your program: makes its client from `ports`, does its work, and resolves when there is nothing left to do. Called again at each restart, with the
   *  same journal; `boot` counts the starts of its process, from 0. It must wait by `ports.clock.sleep`, and ask for the same names at every start. */
  app: (ports: SimulatedPorts, boot: number) => Promise<void>;
  /** @default 200 */
  worlds?: number;
  /** The first seed. @default 1 */
  seed?: number;
  /** The dialect of the simulated server; its key must travel in a header. @default ietf, 24 h */
  profile?: Profile;
  /** Only this world: a plan that an earlier run has printed. */
  plan?: object;
  /** How many processes run the program on one journal. @default 1 */
  processes?: 1 | 2;
}

/** A promise that did not hold in a simulated world. */
export interface SimulatedViolation {
  /** 'I1' to 'I14' as in docs/promises.md; 'NAME': one intent had two names; 'APP': your program failed, or waits for something outside of its world. */
  readonly invariant: string;
  readonly what: string;
  /** The smallest world found in which it breaks. */
  readonly plan: object;
  /** What to write to see it again. */
  readonly replay: string;
  /** What happened, as a sequence diagram in the language of Mermaid. */
  readonly diagram: string;
}

export interface Simulation {
  readonly worlds: number;
  /** One for each promise that broke. */
  readonly violations: readonly SimulatedViolation[];
  /** What the worlds went through, and how often. */
  readonly reached: Readonly<Record<string, number>>;
}

/** Lives through worlds in which answers are lost, servers crash, disks keep what was flushed and your program dies at every border, and checks in each
 *  that it charged once. The most valuable thing it finds is a name that differs after a restart.
 *
 *  @example
 *  const { violations } = await simulate({
 *    app: async (ports) => {
 *      const payments = createClient({ ...ports, baseUrl: 'https://api.test', profile: ietf({ keyLifetime: '24h' }) });
 *      await payments.operations.resume();
 *      await checkout(payments, { cart: '8f3' });
 *    },
 *  });
 *  assert.deepEqual(violations, []);
 *
 *  @throws UsageError ERR_ONCEWARD_INVALID_OPTION
 */
export async function simulate(options: SimulateOptions): Promise<Simulation> {
  const { worlds = 200, seed = 1, processes = 1, plan: given } = options;
  const model = modelFor(options.profile ?? ietf({ keyLifetime: '24h' }));
  if (given !== undefined && !isPlan(given)) {
    throw invalid('plan must be one that a simulation has printed, of this version.');
  }
  const live = (plan: Plan, world: Omit<WorldOptions, 'model' | 'byName'>): Promise<Result> =>
    runPlan(plan, { ...world, model, byName: true }, programOf(options));
  const reached: Record<string, number> = {};
  const reach = (what: string): void => {
    reached[what] = (reached[what] ?? 0) + 1;
  };
  const found = new Map<string, SimulatedViolation>();
  let lived = 0;
  for (const plan of given === undefined ? plansFor(seed, worlds, processes) : [given]) {
    lived++;
    const { violation } = await live(plan, { reach });
    if (violation === undefined || found.has(violation.invariant)) continue;
    const { invariant } = violation;
    const small = await shrink(
      plan,
      async (one) => (await live(one, { reach: () => {} })).violation?.invariant === invariant,
    );
    const steps: Step[] = [];
    const what = (await live(small, { reach: () => {}, steps })).violation?.what ?? violation.what;
    const replay = `await simulate({ app, plan: ${JSON.stringify(small)} })`;
    found.set(invariant, {
      invariant,
      what,
      plan: small,
      replay,
      diagram: sequenceDiagram(steps, `${invariant}, ${what}`),
    });
  }
  return { worlds: lived, violations: [...found.values()], reached };
}

function* plansFor(seed: number, worlds: number, processes: 1 | 2): Generator<Plan> {
  for (let at = seed; at < seed + worlds; at++) yield { ...swarmPlan(at), processes, server: 'conflict' };
}

/** Each world has names of its own: what one start asks for is compared with the others of the same world. */
function programOf({ app }: SimulateOptions): Program {
  const worlds = new WeakMap<object, Names>();
  return async ({ world, ports, number, last }) => {
    const names = worlds.get(world) ?? new Names();
    worlds.set(world, names);
    const boot = names.begin();
    const { life, clock, random, locks, fetch, journal } = ports;
    const watched: SimulatedPorts['journal'] = {
      ...journal,
      claim: (record) => {
        names.asks(boot, record);
        return journal.claim(record);
      },
    };
    await app(
      { clock: Object.assign(clock, { [VIRTUAL_TIME]: true }), random, locks, fetch, journal: watched },
      number,
    );
    if (life.dead) return;
    names.ends(boot);
    const wrong = last ? names.judged(boot) : undefined;
    if (wrong !== undefined) world.witness.broke('NAME', wrong);
  };
}

function modelFor(profile: Profile): ServerModel {
  if (profile.data.carrier.kind === 'header') return modelOf(profile);
  throw invalid(`simulate() speaks to servers that take the key in a header; ${profile.name} takes it in the body.`);
}

function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
