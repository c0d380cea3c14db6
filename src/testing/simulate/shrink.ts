import { CALM, type Plan } from './plan.ts';

/** Plans that are a little simpler, the ones that take away most first. */
function* simpler(plan: Plan): Generator<Plan> {
  for (const list of ['requests', 'crashes', 'disk', 'disturbances'] as const) {
    const all: readonly unknown[] = plan[list];
    if (all.length === 0) continue;
    yield { ...plan, [list]: [] };
    if (all.length > 3) yield { ...plan, [list]: all.slice(all.length >> 1) };
    if (all.length > 3) yield { ...plan, [list]: all.slice(0, all.length >> 1) };
    for (const left of all.keys()) if (all.length > 1) yield { ...plan, [list]: all.filter((_, at) => at !== left) };
  }
  for (const left of plan.intents.keys()) {
    if (plan.intents.length > 1) yield { ...plan, intents: plan.intents.filter((_, at) => at !== left) };
  }
  if (plan.processes === 2) yield { ...plan, processes: 1 };
  if (plan.presence === 'pages') yield { ...plan, presence: 'locks' };
  if (plan.server !== CALM.server) yield { ...plan, server: CALM.server };
  for (const [at, intent] of plan.intents.entries()) {
    if (intent.kind !== 'plain') yield { ...plan, intents: plan.intents.with(at, { ...intent, kind: 'plain' }) };
    if (intent.by !== 'both') yield { ...plan, intents: plan.intents.with(at, { ...intent, by: 'both' }) };
  }
  for (const [at, crash] of plan.crashes.entries()) {
    if (crash.how === 'power')
      yield { ...plan, crashes: plan.crashes.with(at, { at: crash.at, how: 'kill', down: crash.down }) };
    if (crash.down > 0) yield { ...plan, crashes: plan.crashes.with(at, { ...crash, down: 0 }) };
    if (crash.at > 1) yield { ...plan, crashes: plan.crashes.with(at, { ...crash, at: crash.at - 1 }) };
  }
  for (const [at, fault] of plan.disk.entries()) {
    if (fault.count > 1) yield { ...plan, disk: plan.disk.with(at, { ...fault, count: 1 }) };
  }
}

/** The smallest plan found for which `fails` still holds. At most so many runs. */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>, runs = 400): Promise<Plan> {
  let best = plan;
  let left = runs;
  for (let found = true; found; ) {
    found = false;
    for (const candidate of simpler(best)) {
      if (left-- <= 0) return best;
      if (!(await fails(candidate))) continue;
      best = candidate;
      found = true;
      break;
    }
  }
  return best;
}
