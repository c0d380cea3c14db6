import { milliseconds } from '../core/duration.ts';
import { UsageError } from '../core/errors/usage-error.ts';
import { ietf } from '../profiles/ietf.ts';
import { controlOf } from './control.ts';
import { corsFor } from './cors.ts';
import { dialectOf } from './dialect.ts';
import { Engine, type EngineParts } from './engine.ts';
import { EventLog } from './events.ts';
import { fetchFrom } from './fetch.ts';
import { Metrics } from './metrics.ts';
import { movableClock } from './movable-clock.ts';
import { tenantOf } from './tenant.ts';
import type { Mock, MockOptions } from './types.ts';

const OPTIONS: readonly string[] = [
  'baseUrl',
  'profile',
  'keyLifetime',
  'inProgress',
  'waitLimit',
  'lease',
  'atomic',
  'ledger',
  'onCrash',
  'tenant',
  'cors',
  'chaos',
  'log',
  'routes',
];

const IN_PROGRESS: readonly string[] = ['conflict', 'wait', 'accepted'];

/** Makes a server that honours idempotency keys as a careful one must, and misbehaves when told to. Serve it with `listen` (onceward/mock/node),
 *  `handlers` (onceward/mock/msw), or in one process with its own `fetch`.
 *
 *  @example
 *  const mock = createMock({ routes: { 'POST /charges': () => Response.json({ id: 'ch_1' }, { status: 201 }) } });
 *  mock.fail('lose-response');
 *
 *  @throws UsageError ERR_ONCEWARD_INVALID_OPTION
 */
export function createMock(options: MockOptions = {}): Mock {
  const parts: EngineParts = { ...partsOf(options), control: (...call) => control(...call) };
  let engine = new Engine(parts);
  const handle: Mock['handle'] = (request) => engine.handle(request);
  const mock: Mock = {
    baseUrl: options.baseUrl,
    handle,
    fetch: fetchFrom(handle, options.baseUrl),
    fail: (...plan) => engine.plans.add(undefined, plan),
    plan: (name) => ({
      fail: (...plan) => engine.plans.add(name, plan),
      left: () => engine.plans.left(name),
      clear: () => engine.plans.clear(name),
      assertConsumed: () => engine.plans.assertConsumed(name),
    }),
    assertPlanConsumed: () => engine.plans.assertConsumed(),
    effects: (route) => engine.effects(route),
    ledger: () => engine.ledger(),
    events: (after) => parts.events.list(after),
    get droppedEvents() {
      return parts.events.dropped;
    },
    on: (listener) => parts.events.on(listener),
    clock: toldClock(parts, () => engine.zombies.release()),
    crash: () => engine.crash(),
    reset() {
      parts.events.tell('reset');
      engine.end();
      engine = new Engine(parts);
    },
  };
  const control = controlOf({
    ...mock,
    events: parts.events,
    metrics: new Metrics(parts.events),
    plans: () => engine.plans,
    monitor: (id, request) => engine.monitor(id, request),
  });
  return mock;
}

function partsOf(options: MockOptions): Omit<EngineParts, 'control'> {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw invalid(`createMock has no option '${unknown}'; it has ${OPTIONS.join(', ')}.`);
  const { inProgress = 'conflict', cors, keyLifetime } = options;
  if (!IN_PROGRESS.includes(inProgress)) {
    throw invalid(`inProgress must be one of ${IN_PROGRESS.join(', ')}; got ${JSON.stringify(inProgress)}.`);
  }
  const profile = options.profile ?? ietf({ keyLifetime: keyLifetime ?? '24h' });
  const dialect = dialectOf(profile, keyLifetime);
  const clock = movableClock();
  return {
    dialect,
    clock,
    events: new EventLog(() => clock.now()),
    cors: cors === undefined ? undefined : corsFor(cors, profile.data),
    basePath: basePathOf(options.baseUrl),
    inProgress,
    waitLimit: milliseconds(options.waitLimit ?? '30s', 'waitLimit', { infinity: true }),
    lease: options.lease === undefined ? undefined : milliseconds(options.lease, 'lease'),
    atomic: options.atomic ?? true,
    store: options.ledger,
    onCrash: options.onCrash,
    tenant: options.tenant ?? tenantOf,
    log: options.log,
    routes: options.routes,
    chaos: options.chaos,
  };
}

/** The clock as it is handed out: who moves it is heard. */
function toldClock({ clock, events }: Pick<EngineParts, 'clock' | 'events'>, moved: () => void): Mock['clock'] {
  return {
    ...clock,
    advance(by) {
      const advanced = clock.advance(by);
      events.tell('clock', {}, { by: milliseconds(by, 'clock.advance') });
      return advanced.then(moved);
    },
  };
}

function basePathOf(baseUrl: string | undefined): string {
  if (baseUrl === undefined) return '';
  if (!URL.canParse(baseUrl)) throw invalid(`baseUrl must be an absolute URL; got ${JSON.stringify(baseUrl)}.`);
  return new URL(baseUrl).pathname.replace(/\/+$/, '');
}

function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
