import { UsageError } from '../core/errors/usage-error.ts';
import { ietf } from '../profiles/ietf.ts';
import { type Answer, toResponse, withoutBody } from './answer.ts';
import { CONTROL, controlAnswer } from './control.ts';
import { type Cors, corsFor } from './cors.ts';
import { deliver, type Fate, type Parcel } from './delivery.ts';
import { type Dialect, dialectOf } from './dialect.ts';
import { FaultPlan, type PlannedFault } from './fault-plan.ts';
import { fetchFrom } from './fetch.ts';
import { fingerprint } from './fingerprint.ts';
import { readKey } from './idempotency-key.ts';
import { type Arrival, IdempotentServer } from './idempotent-server.ts';
import { type Entry, Ledger } from './ledger.ts';
import { movableClock } from './movable-clock.ts';
import { readableBody } from './request-body.ts';
import { routeTable } from './routes.ts';
import { tenantOf } from './tenant.ts';
import type { Delivery, Execution, LogLine, Mock, MockOptions } from './types.ts';

const OPTIONS: readonly string[] = [
  'baseUrl',
  'profile',
  'keyLifetime',
  'inProgress',
  'tenant',
  'cors',
  'log',
  'routes',
];

const IN_PROGRESS: readonly string[] = ['conflict', 'wait', 'accepted'];

/** Makes a server that honours idempotency keys as a careful one must, and misbehaves when told to. Serve it with `listen` (onceward/mock/node),
 *  `handlers` (onceward/mock/msw), or in one process with its own `fetch`.
 *
 *  @example
 *  const mock = createMock({ routes: { 'POST /charges': ({ json }) => Response.json({ id: 'ch_1', ...json }, { status: 201 }) } });
 *  mock.fail('lose-response');
 *
 *  @throws UsageError ERR_ONCEWARD_INVALID_OPTION
 */
export function createMock(options: MockOptions = {}): Mock {
  check(options);
  const profile = options.profile ?? ietf({ keyLifetime: options.keyLifetime ?? '24h' });
  const dialect = dialectOf(profile, options.keyLifetime);
  const clock = movableClock();
  const now = (): number => clock.now();
  const ledger = new Ledger(dialect.lifetime, now);
  const plan = new FaultPlan();
  const basePath = basePathOf(options.baseUrl);
  const cors =
    options.cors === undefined ? undefined : corsFor(options.cors, dialect.keyHeader, profile.data.replay?.header);
  const tenant = options.tenant ?? tenantOf;
  let executions: Execution[] = [];
  const newServer = (): IdempotentServer =>
    new IdempotentServer({
      dialect,
      ledger,
      findRoute: routeTable(options.routes),
      inProgress: options.inProgress ?? 'conflict',
      now,
      executed: (execution) => executions.push(execution),
    });
  let server = newServer();

  const effects = (route?: string): readonly Execution[] =>
    route === undefined ? [...executions] : executions.filter((execution) => execution.route === route);

  async function handle(request: Request): Promise<Delivery> {
    const url = new URL(request.url);
    const { path, controlPath } = pathsOf(url, basePath);
    const preflight = cors?.preflight(request);
    if (preflight !== undefined) return { kind: 'answer', response: toResponse(preflight) };
    if (controlPath !== undefined) {
      const answer = controlAnswer(request.method, controlPath, url, {
        ledger: () => ledger.list(),
        effects,
        monitor: (id, at) => server.monitor(id, tenant(request), at.href),
      });
      return packed(
        { kind: 'answer', answer: request.method === 'HEAD' ? withoutBody(answer) : answer },
        cors,
        request,
      );
    }
    // The body comes first: everything from here to the lock happens in one step.
    const body = new Uint8Array(await request.arrayBuffer());
    const arrival = arrivalOf(request, body, { url, path, basePath, tenant: tenant(request), dialect });
    const come = (): Entry | undefined =>
      arrival.honours !== 'ignored' && arrival.reading.kind === 'key'
        ? ledger.hit(arrival.tenant, arrival.reading.key)
        : undefined;
    const fault = plan.take(arrival.method, arrival.path);
    const entry = come();
    let deliveries = 0;
    const fate = await deliver(
      fault,
      () => {
        deliveries += 1;
        return server.answer(arrival, deliveries === 1 ? entry : come());
      },
      clock,
    );
    options.log?.(logLine(now(), arrival, entry, fault, fate));
    return packed(fate.parcel, cors, request);
  }

  return {
    baseUrl: options.baseUrl,
    handle,
    fetch: fetchFrom(handle, options.baseUrl),
    fail: (...faults) => plan.add(faults),
    assertPlanConsumed: () => assertConsumed(plan.left()),
    effects,
    ledger: () => ledger.list(),
    clock,
    crash: async () => server.crash(),
    reset() {
      server.crash();
      server = newServer();
      ledger.clear();
      plan.clear();
      executions = [];
    },
  };
}

interface Surroundings {
  readonly url: URL;
  readonly path: string;
  readonly basePath: string;
  readonly tenant: string;
  readonly dialect: Dialect;
}

function arrivalOf(request: Request, body: Uint8Array<ArrayBuffer>, around: Surroundings): Arrival {
  const { url, path, basePath, tenant, dialect } = around;
  const { method } = request;
  const contentType = request.headers.get('content-type') ?? '';
  return {
    method,
    url,
    path,
    tenant,
    controlUrl: `${url.origin}${path === url.pathname ? '' : basePath}${CONTROL}`,
    honours: dialect.honours(method, url.pathname),
    reading: readKey(request.headers.get(dialect.keyHeader), dialect.keyLimit),
    fingerprint: fingerprint(method, url, contentType, body),
    json: readableBody(body, contentType),
    copy() {
      const bodiless = method === 'GET' || method === 'HEAD' || body.length === 0;
      const headers = new Headers([...request.headers].map(([name, value]) => [name, value]));
      return new Request(request.url, { method, headers, body: bodiless ? null : body });
    },
  };
}

/** Routes are relative to the path of baseUrl; a path beside it is taken whole. */
function pathsOf(url: URL, basePath: string): { path: string; controlPath: string | undefined } {
  const below = basePath !== '' && (url.pathname === basePath || url.pathname.startsWith(`${basePath}/`));
  const path = below ? url.pathname.slice(basePath.length) || '/' : url.pathname;
  const controlled = path === CONTROL || path.startsWith(`${CONTROL}/`);
  return { path, controlPath: controlled ? path.slice(CONTROL.length) : undefined };
}

function packed(parcel: Parcel, cors: Cors | undefined, request: Request): Delivery {
  if (parcel.answer === undefined) return { kind: parcel.kind };
  const answer: Answer = cors === undefined ? parcel.answer : cors.allow(parcel.answer, request);
  return { kind: parcel.kind, response: toResponse(answer) };
}

function logLine(
  at: number,
  { method, path, tenant, reading }: Arrival,
  entry: Entry | undefined,
  fault: PlannedFault | undefined,
  { outcome, parcel, error }: Fate,
): LogLine {
  return {
    at,
    method,
    path,
    key: reading.kind === 'key' ? reading.key : undefined,
    tenant,
    hits: entry?.hits ?? 0,
    outcome,
    ...(parcel.answer !== undefined && { status: parcel.answer.status }),
    ...(fault !== undefined && { fault: fault.kind }),
    ...(error !== undefined && { error }),
  };
}

function assertConsumed(left: readonly string[]): void {
  if (left.length === 0) return;
  throw new Error(
    `${left.length} planned ${left.length === 1 ? 'fault was' : 'faults were'} not met by any request: ${left.join(', ')}. Send the requests the plan is for, or correct its 'at' and 'route'.`,
  );
}

function basePathOf(baseUrl: string | undefined): string {
  if (baseUrl === undefined) return '';
  if (!URL.canParse(baseUrl)) throw invalid(`baseUrl must be an absolute URL; got ${JSON.stringify(baseUrl)}.`);
  return new URL(baseUrl).pathname.replace(/\/+$/, '');
}

function check(options: MockOptions): void {
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) throw invalid(`createMock has no option '${unknown}'; it has ${OPTIONS.join(', ')}.`);
  if (options.inProgress !== undefined && !IN_PROGRESS.includes(options.inProgress)) {
    throw invalid(`inProgress must be one of ${IN_PROGRESS.join(', ')}; got ${JSON.stringify(options.inProgress)}.`);
  }
}

function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
