import type { StandingClock } from './fold-property-clock.ts';
import { type Dialect, type Wire, wire } from './fold-property-dialects.ts';

/** What the world does with one exchange. */
export interface Step {
  readonly way:
    | 'fine'
    /** The request never arrives. */
    | 'lost on the way there'
    /** It is handled; the answer is lost. */
    | 'lost on the way back'
    /** It is handled; the answer is cut short. */
    | 'cut short'
    /** It is handled at once, and never answered. */
    | 'slow'
    /** It arrives when the client has given up, perhaps after everything is over. */
    | 'late'
    /** It is handled; somebody between puts an error of his own in place of the answer. */
    | 'replaced'
    /** Somebody between answers and passes nothing on. */
    | 'intercepted';
  /** What the server does with a key that it has nothing under. */
  readonly does: (typeof DEEDS)[number];
  /** Which of several words it uses. */
  readonly word: number;
  /** Which Retry-After it sends where one belongs. */
  readonly wait: number;
}

export const DEEDS = [
  'execute',
  'refuse',
  'refuse credentials',
  'overload',
  'fail',
  'fail after the effect',
  'busy',
  'redirect',
] as const;

/** What any server comes to once all is well. */
const CALM: Step = { way: 'fine', does: 'execute', word: 1, wait: 0 };

export interface Sent {
  readonly method: string;
  readonly key: string | null;
  readonly url: string;
  /** All of a request that has an effect, credentials left out. */
  readonly bytes: string;
}

interface Job {
  readonly works: boolean;
  over: boolean;
}

const html = (status: number, headers: Readonly<Record<string, string>> = {}): Wire => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: '<html>Welcome to Hotel WiFi</html>',
});
const REPLACED = [html(502), html(504), wire(503, {}), html(500), html(403), html(200), wire(408, {}), html(404)];
const INTERCEPTED = [
  ...[200, 400, 402, 404, 409, 407, 503].map((status) => html(status)),
  wire(401, {}),
  wire(429, {}),
  wire(206, {}),
  wire(207, {}),
  html(302, { location: 'https://portal.example/' }),
  html(303, { location: 'https://portal.example/' }),
  html(307, { location: 'https://portal.example/' }),
];
const WAITS = ['1', '59', '61', '3600', '30000', '999999999', 'soon', '-1'];

/** A server that does the effect and keeps the answer together, a network that does what networks do, and the truth about both. */
export class World {
  /** The truth: how often the effect has happened. */
  executed = 0;
  readonly sent: Sent[] = [];
  redirected = 0;
  questions = 0;
  lateEffects = 0;
  readonly #dialect: Dialect;
  readonly #clock: StandingClock;
  readonly #plan: Step[];
  #kept: { readonly answer: Wire; readonly at: number } | undefined;
  #job: Job | undefined;
  #late: { readonly at: number; readonly step: Step }[] = [];

  constructor(dialect: Dialect, clock: StandingClock, plan: readonly Step[]) {
    this.#dialect = dialect;
    this.#clock = clock;
    this.#plan = [...plan];
    clock.moved = () => this.#arrive(clock.now());
  }

  /** Everything under way arrives, and what was accepted is done. */
  flush(): void {
    this.#arrive(Number.POSITIVE_INFINITY);
    this.#finish(this.#job);
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const question = request.method === 'GET';
    const step = this.#plan.shift() ?? CALM;
    this.sent.push(await sentOf(request));
    const handle = (): Wire => (question ? this.#read(url.pathname, step) : this.#post(step));
    switch (step.way) {
      case 'lost on the way there':
        throw new TypeError('fetch failed');
      case 'lost on the way back':
        handle();
        throw new TypeError('fetch failed');
      case 'slow':
        handle();
        return silence(request.signal);
      case 'late':
        // Beyond the attempt's end, and within what the key's margin (a minute at least) leaves for it.
        if (!question) this.#late.push({ at: this.#clock.now() + 30_000 + (step.word % 60) * 1_000, step });
        return silence(request.signal);
      case 'cut short': {
        const { status, headers, body } = handle();
        return new Response(body, { status, headers: { ...headers, 'content-length': String(body.length + 9) } });
      }
      case 'replaced':
        handle();
        return respond(pick(REPLACED, step.word));
      case 'intercepted':
        return respond(pick(INTERCEPTED, step.word));
      case 'fine':
        return respond(handle());
    }
  };

  #arrive(now: number): void {
    const before = this.executed;
    const due = this.#late.filter(({ at }) => at <= now);
    this.#late = this.#late.filter(({ at }) => at > now);
    for (const { step } of due) this.#post(step);
    this.lateEffects += this.executed - before;
  }

  #post(step: Step): Wire {
    const { word } = step;
    const { busy, overload, replayed, lifetime, errors, refusals, redirects } = this.#dialect;
    const now = this.#clock.now();
    if (this.#kept && now - this.#kept.at >= lifetime) this.#kept = undefined;
    // Said before anybody looks at the key, or while a copy of the request holds it.
    if (step.does === 'refuse credentials') return wire(401, {});
    if (step.does === 'overload') return this.#waiting(pick(overload, word), step);
    if (step.does === 'busy') return this.#waiting(pick(busy, word), step);
    if (step.does === 'redirect' && redirects && word % 4 < 2) {
      this.redirected += 1;
      const to = word % 8 < 6 ? `${this.#dialect.path}?at=${word}` : 'https://elsewhere.example/';
      return { ...wire(word % 4 === 0 ? 307 : 308, {}), headers: { location: to } };
    }
    if (this.#kept) return this.#job?.over === false ? this.#kept.answer : replayed(this.#kept.answer, word);
    const keep = (answer: Wire): Wire => {
      this.#kept = { answer, at: now };
      return answer;
    };
    switch (step.does) {
      case 'execute':
        return this.#dialect.jobs && word % 3 !== 1 ? keep(this.#accept(word)) : keep(this.#execute(word));
      case 'redirect':
        if (!redirects) return keep(this.#execute(word));
        // The permanent ones say where it is to be sent, and do nothing. 303 says that it is done, and where the result stands.
        if (word % 4 === 2) return { ...wire(word % 8 === 2 ? 301 : 302, {}), headers: { location: '/elsewhere' } };
        this.executed += 1;
        return keep({ ...wire(303, {}), headers: { location: '/results/1' } });
      case 'refuse': {
        const { answer, kept } = pick(refusals, word);
        return kept ? keep(answer) : answer;
      }
      case 'fail': {
        const { answer, kept } = pick(errors, word);
        return kept ? keep(answer) : this.#waiting(answer, step);
      }
      case 'fail after the effect': {
        // An error that says "nothing happened" would be a lie after the effect; what is not kept leaves the result itself under the key.
        const { answer, kept } = pick(errors, word);
        if (answer.headers['transient-error'] === 'true' || answer.body.includes('703'))
          return keep(this.#execute(word));
        keep(this.#execute(word));
        return kept ? keep(answer) : answer;
      }
    }
  }

  #execute(word: number): Wire {
    this.executed += 1;
    return pick(this.#dialect.success, word);
  }

  #accept(word: number): Wire {
    this.#job = { works: word % 4 !== 0, over: false };
    const header = ['operation-location', 'location', 'azure-asyncoperation'][word % 3] ?? 'location';
    return { ...wire(202, { id: 'job' }), headers: { [header]: '/jobs/1', 'content-type': 'application/json' } };
  }

  /** The job comes to its end; what stands under the key is its result. */
  #finish(job: Job | undefined): void {
    if (job === undefined || job.over) return;
    job.over = true;
    if (job.works) this.executed += 1;
  }

  #read(path: string, step: Step): Wire {
    this.questions += 1;
    const { word, does } = step;
    if (does === 'refuse credentials') return wire(401, {});
    if (does === 'overload' || does === 'fail') return wire([429, 500, 503][word % 3] ?? 503, {});
    const resource = this.#dialect.resource?.(path, this.executed > 0);
    if (resource) return resource;
    if (path === '/results/1') return wire(does === 'refuse' ? 404 : 200, { id: 'R1' });
    if (path !== '/jobs/1' || this.#job === undefined) return wire(404, {});
    // The record of a job can be gone before the job is over.
    if (does === 'refuse' && word % 2 === 0) return wire(word % 4 === 0 ? 404 : 410, {});
    if (does === 'busy' || does === 'redirect')
      return wire(word % 2 === 0 ? 200 : 202, { status: 'Running', percent: word });
    this.#finish(this.#job);
    if (!this.#job.works) return wire(200, { status: 'Failed' });
    return word % 4 === 3
      ? { ...wire(303, {}), headers: { location: '/results/1' } }
      : wire(200, { status: 'Succeeded' });
  }

  /** Seconds, a date by the server's own clock, nonsense, or none. */
  #waiting(answer: Wire, { word, wait }: Step): Wire {
    const told = wait % 10 === 9 ? undefined : pick(WAITS, wait);
    if (told === undefined || word % 2 === 0) return answer;
    const seconds = Number(told);
    const dated = wait % 3 === 0 && seconds > 0 && seconds < 1e6;
    const now = this.#clock.now();
    const headers = dated
      ? { date: new Date(now).toUTCString(), 'retry-after': new Date(now + seconds * 1_000).toUTCString() }
      : { 'retry-after': told };
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
}

function pick<Value>(values: readonly Value[], word: number): Value {
  const value = values[word % values.length];
  if (value === undefined) throw new Error('Nothing to pick from.');
  return value;
}

function respond({ status, headers, body }: Wire): Response {
  return new Response(body, { status, headers });
}

function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
}

async function sentOf(request: Request): Promise<Sent> {
  const { method, url, headers } = request;
  const body = await request.clone().text();
  const inBody = /"idempotency_key":"([^"]+)"/.exec(body)?.[1];
  const key = headers.get('idempotency-key') ?? headers.get('paypal-request-id') ?? inBody ?? null;
  const kept = [...headers].filter(([name]) => name !== 'authorization');
  return { method, key, url, bytes: JSON.stringify([method, kept, body]) };
}
