import { type Clock, createClient } from '../../src/index.ts';
import { ietf } from '../../src/profiles/index.ts';

/** The page of a tab, as one script. What is asked of it is told by its address: `tab`, its name in the server's log; `speed`, how much faster than
 *  the real one its monotonic clock runs; `deaf`, events of the page that this page does not let its listeners hear. */
const asked = new URLSearchParams(location.search);
const speed = Number(asked.get('speed') ?? 1);

for (const type of asked.get('deaf')?.split(',') ?? []) {
  for (const target of [globalThis, document]) {
    target.addEventListener(type, (event) => event.stopImmediatePropagation(), { capture: true });
  }
}

/** Transactions of this page that have not ended: one of a page that stands still would hold up every other page. */
let transactions = 0;
let toStandStill = false;
const begin = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (...how) {
  const transaction = begin.apply(this, how);
  transactions += 1;
  for (const end of ['complete', 'abort']) {
    transaction.addEventListener(end, () => {
      transactions -= 1;
      standStill();
    });
  }
  return transaction;
};

/** A synchronous request that the server does not answer holds the page where it is. By another name of the server: a browser has six connections
 *  to a host, and charges that are not answered may have them all. */
function standStill(): void {
  if (!toStandStill || transactions > 0) return;
  toStandStill = false;
  const request = new XMLHttpRequest();
  request.open('POST', `http://127.0.0.1:${location.port}/standing`, false);
  request.send();
}

/** Waits and leases pass faster; the wall clock is everybody's and stays as it is. */
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now() * speed,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(resolve, Math.min(ms / speed, 2 ** 31 - 1));
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};

const client = createClient({
  baseUrl: new URL('/api/', location.href),
  name: 'shop',
  owner: 'alice',
  profile: ietf({ keyLifetime: '24h' }),
  retry: { baseDelay: 20, maxDelay: 200 },
  attemptTimeout: Number(asked.get('attemptTimeout') ?? 60_000),
  waitTimeout: '10m',
  authorizeHeaders: ['x-tab'],
  authorize: () => ({ 'x-tab': asked.get('tab') ?? '' }),
  clock,
});

/** By name: what its caller was told. */
const told: Record<string, string> = {};
/** What no test expects. */
const complaints: string[] = [];
addEventListener('unhandledrejection', ({ reason }) => complaints.push(String(reason)));
addEventListener('error', ({ message }) => complaints.push(message));

const tell = (name: string, answer: PromiseLike<Response>): void => {
  answer.then(
    async (response) => {
      told[name] = await response.text();
    },
    (error: Error & { waiting?: string }) => {
      told[name] = `${error.name} ${error.waiting ?? error.message}`;
    },
  );
};

/** What a test asks of the tab: all of it returns at once. */
const tab = {
  client,
  told,
  complaints,
  /** By name: what its operation waits for. */
  seen: {} as Record<string, string>,
  pay(...names: string[]): void {
    for (const name of names) tell(name, client.post(`charges/${name}`, { once: name, json: { name } }));
  },
  /** Stands still between two transactions, until the server answers. */
  standStill(): void {
    toStandStill = true;
    standStill();
  },
  resume(): void {
    void client.operations.resume().then((all) => {
      for (const one of all) tab.seen[one.id] = `${one.status}`;
    });
  },
  look(name: string): void {
    void client.operations.get(name).then((one) => {
      tab.seen[name] = `${one?.status} ${one?.waiting}`;
    });
  },
};
Object.assign(globalThis, { tab });
