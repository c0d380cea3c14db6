import { CorsWatch } from './cors-watch.ts';
import { deliver } from './deliver.ts';
import { diagnose } from './diagnose.ts';
import { DriverPool } from './driver-pool.ts';
import { milliseconds } from './duration.ts';
import { UsageError } from './errors/usage-error.ts';
import type { Journal } from './journal.ts';
import { CRASH, Life } from './life.ts';
import { JournalOperations } from './operations.ts';
import type { Services } from './services.ts';
import { resolveSettings, type Surroundings } from './settings.ts';
import { startCall } from './start-call.ts';
import type { CallOptions, Client, ClientOptions, Send } from './types.ts';
import { VIRTUAL_TIME } from './virtual-time.ts';
import { waitFor } from './wait.ts';

/** How long close() lets attempts under way be answered and stored. */
const CLOSE_TIMEOUT = 5_000;

/** How long a journal may take to close: one that no longer answers must not keep a program from ending. */
const LAST_WRITES = 2_000;

/** Assembles a client: settings, one pool of drivers, the journal. Does no I/O, and never throws for a missing piece.
 *  @throws UsageError for unknown options and wrong values */
export function assembleClient(options: ClientOptions, platform: Surroundings): Client {
  const settings = resolveSettings(options, platform);
  const pool = new DriverPool({
    presence: platform.presence(options.locks, settings.clock, settings.random),
    clock: settings.clock,
    random: settings.random,
    concurrency: settings.concurrency,
    onWake: platform.onWake,
    online: () => platform.online(),
    keepAlive: () => (VIRTUAL_TIME in settings.clock ? () => undefined : platform.keepAlive()),
  });
  const cors = new CorsWatch({
    base: platform.base(),
    clock: settings.clock,
    online: () => platform.online(),
    warn: (message) => platform.warn(message),
  });
  const life = new Life();
  let opened: Journal | undefined;
  const journal = () => {
    if (pool.closed)
      throw new UsageError(
        'ERR_ONCEWARD_CLOSED',
        'The client was closed. What is unfinished is in the journal; a new client resumes it.',
      );
    const given = opened ?? options.journal ?? platform.defaultJournal?.();
    if (given) {
      opened ??= life.journal(given);
      return opened;
    }
    throw new UsageError(
      'ERR_ONCEWARD_JOURNAL_REQUIRED',
      "createClient was given no journal, and here there is no default: no directory is right for everybody. Add: journal: fileJournal('/var/lib/my-app/onceward'), from 'onceward/node'.",
    );
  };
  const close = async (closing: { timeout?: number | string } = {}) => {
    await pool.close(milliseconds((closing.timeout ?? CLOSE_TIMEOUT) as number, 'timeout'));
    await pool.atMost(opened?.close(), LAST_WRITES);
  };
  const crash = () => {
    life.over = true;
    pool.presence.leave();
    void pool.close(0);
  };
  return clientOf(options, platform, { pool, cors, life, journal, close, crash });
}

interface Shared {
  readonly pool: DriverPool;
  readonly cors: CorsWatch;
  readonly life: Life;
  readonly journal: () => Journal;
  readonly close: Client['close'];
  readonly crash: () => void;
}

/** One view of the shared pool and journal: `extend` makes others. */
function clientOf(options: ClientOptions, platform: Surroundings, shared: Shared): Client {
  const { pool, cors, life, journal } = shared;
  const resolved = resolveSettings(options, platform);
  const settings = { ...resolved, send: cors.watched(resolved.send, resolved.profile) };
  const services: Services = {
    settings,
    pool,
    journal,
    life,
    wait: (driver, { signal, timeout, canCancel }) =>
      waitFor(driver, {
        clock: settings.clock,
        limits: pool.limits,
        timeout,
        signal,
        canCancel,
        keepAlive: pool.keepAlive,
      }),
    hintFor: (url) => cors.hintFor(url),
    ...deliver(settings, journal),
  };
  const request = (method: string, url: string | URL, call: CallOptions) => startCall(services, { method, url }, call);
  const send =
    (method: string): Send =>
    (url, call) =>
      request(method, url, call);
  const client: Client = {
    post: send('POST'),
    put: send('PUT'),
    patch: send('PATCH'),
    delete: send('DELETE'),
    request,
    operations: new JournalOperations(services),
    ready: () => diagnose(services),
    idle: ({ signal } = {}) => pool.idle(signal),
    close: shared.close,
    [Symbol.asyncDispose]: () => shared.close(),
    extend: (further) => clientOf({ ...options, ...further }, platform, shared),
  };
  return Object.defineProperty(client, CRASH, { value: shared.crash });
}
