import type { FaultKind, LogOutcome } from './types.ts';

/** What happened.
 *
 *  | kind | when |
 *  |---|---|
 *  | `arrived` | a request has come in whole; a second delivery of it arrives, too. One that is refused never does, and a zombie does so later |
 *  | `locked` | it took its key: what follows under the same `request` runs for that key |
 *  | `effect` | the route's handler is run |
 *  | `stored` | its answer is what the key stands for from now on |
 *  | `released` | the key is free again: `why` says whether the answer is not kept, the lease ran out, or the server died |
 *  | `replayed` | a repeat got the stored answer |
 *  | `waiting` | a repeat is held, or was given a monitor (`why`), while the first one runs |
 *  | `refused` | nothing was run; `why` is the outcome |
 *  | `expired` | a stored answer was found to be past its lifetime, and is forgotten: told with its key, without a request |
 *  | `fault` | a fault strikes; `why` says whose, where it is of no plan that all share: `chaos`, `plan name` |
 *  | `answered`, `lost` | the end of each request: a status line was sent, or nobody heard of it (`why`) |
 *  | `crashed`, `reset`, `clock` | something was done to the server; `clock` was moved `by` milliseconds |
 */
export type MockEventKind =
  | 'arrived'
  | 'locked'
  | 'effect'
  | 'stored'
  | 'released'
  | 'replayed'
  | 'waiting'
  | 'refused'
  | 'expired'
  | 'fault'
  | 'answered'
  | 'lost'
  | 'crashed'
  | 'reset'
  | 'clock';

/** One thing that happened in the server, as plain JSON. Never a body, a header or a query. */
export interface MockEvent {
  /** From 1, without gaps. */
  readonly id: number;
  /** Milliseconds since 1970 on the mock's clock. */
  readonly at: number;
  readonly kind: MockEventKind;
  /** Which arrival it belongs to, counted from 1. Absent for what was done to the server as a whole. */
  readonly request?: number;
  readonly method?: string;
  readonly path?: string;
  /** As given in `routes`; absent where no route of the user takes the request. */
  readonly route?: string;
  readonly key?: string;
  readonly tenant?: string;
  /** Of `arrived`, `answered` and `lost`: how often the key had come in, this time included; 0 without a key. */
  readonly hits?: number;
  readonly status?: number;
  /** Of `answered` and `lost`. */
  readonly outcome?: LogOutcome;
  readonly fault?: FaultKind;
  readonly why?: string;
  /** Why a handler failed: the message of what it threw. */
  readonly error?: string;
  /** Of `clock`: milliseconds. */
  readonly by?: number;
}

type Loose<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** What is common to all events of one request. */
export type EventSubject = Loose<Pick<MockEvent, 'request' | 'method' | 'path' | 'route' | 'key' | 'tenant'>>;

/** What one kind of event adds to it. */
export type EventDetails = Loose<Omit<MockEvent, 'id' | 'at' | 'kind'>>;

/** Tells what happens to one request. */
export type Tell = (kind: MockEventKind, details?: EventDetails) => Told;

const NOTHING = {};

/** An event as it was told. A request tells five of them and mostly nobody asks, so it is put together for who does. */
export interface Told {
  readonly id: number;
  readonly at: number;
  readonly kind: MockEventKind;
  readonly subject: EventSubject;
  readonly details: EventDetails;
  event: MockEvent | undefined;
}

/** Always the same. */
export function eventOf(told: Told): MockEvent {
  const { id, at, kind, subject, details } = told;
  told.event ??= { id, at, kind, ...known(subject), ...known(details) };
  return told.event;
}

/** The members that say something. */
function known<T extends object>(members: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

/** The latest events, oldest first, and those who listen. */
export class EventLog {
  readonly #now: () => number;
  readonly #limit: number;
  readonly #listeners = new Set<(told: Told) => void>();
  #kept: Told[] = [];
  #told = 0;
  #arrivals = 0;

  /** @param limit how many events are kept; older ones are dropped */
  constructor(now: () => number, limit = 10_000) {
    this.#now = now;
    this.#limit = limit;
  }

  /** How many are not kept any more. */
  get dropped(): number {
    return this.#told - Math.min(this.#kept.length, this.#limit);
  }

  /** The id of the latest one; 0 before the first. */
  get last(): number {
    return this.#told;
  }

  /** @param after only those with a higher `id` */
  list(after = 0): readonly MockEvent[] {
    const first = Math.max(0, this.#kept.length - this.#limit);
    // Ids have no gaps: who asks again and again for what is new is not looked up in all that was.
    return this.#kept.slice(Math.max(first, this.#kept.length - this.#told + after)).map(eventOf);
  }

  /** @returns a function that ends it */
  on(listener: (event: MockEvent) => void): () => void {
    return this.hear((told) => listener(eventOf(told)));
  }

  /** The same, for who looks at single members: no event is put together for it. */
  hear(listener: (told: Told) => void): () => void {
    // A function of its own: who listens twice with one function hears everything twice, and can end either.
    const own = (told: Told): void => listener(told);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  nextArrival(): number {
    this.#arrivals += 1;
    return this.#arrivals;
  }

  tell(kind: MockEventKind, subject: EventSubject = NOTHING, details: EventDetails = NOTHING): Told {
    this.#told += 1;
    const told: Told = { id: this.#told, at: this.#now(), kind, subject, details, event: undefined };
    this.#kept.push(told);
    // Cut off in one go: a shift for each event would move the whole history every time.
    if (this.#kept.length >= this.#limit * 2) this.#kept = this.#kept.slice(-this.#limit);
    for (const listener of this.#listeners) notify(listener, told);
    return told;
  }
}

/** What a listener throws is its own affair, not the request's: it surfaces as an uncaught error. */
function notify(listener: (told: Told) => void, told: Told): void {
  try {
    listener(told);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
