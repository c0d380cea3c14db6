import type { Clock } from '../core/ports.ts';
import { type Answer, problemAnswer, withoutBody } from './answer.ts';
import type { Arrival } from './arrival.ts';
import type { Books } from './books.ts';
import type { Dialect } from './dialect.ts';
import type { Tell } from './events.ts';
import type { Run } from './executions.ts';
import { sameRequest } from './fingerprint.ts';
import { executionOf, handled, messageOf } from './handle-route.ts';
import type { Entry } from './ledger.ts';
import { type Life, Lives } from './lives.ts';
import type { Lock } from './lock.ts';
import type { Monitors } from './monitors.ts';
import type { Resources } from './resources.ts';
import { type FoundRoute, SAFE_METHODS } from './routes.ts';
import type { CrashPoint, LogOutcome } from './types.ts';

/** An answer and how it came about. `lost`: the process that ran it died, there is nobody left to answer. */
export type Served =
  | { readonly answer: Answer; readonly outcome: Exclude<LogOutcome, 'lost'>; readonly error?: string | undefined }
  | { readonly answer?: never; readonly outcome: 'lost'; readonly error?: string | undefined };

/** One arrival at the server. */
export interface Visit {
  readonly arrival: Arrival;
  /** Of its key, where it carries one that is honoured. */
  readonly entry: Entry | undefined;
  /** How often the key had come in by then, this time included. */
  readonly hits: number;
  readonly tell: Tell;
  /** Where on its way the server is to die. */
  readonly diesAt: CrashPoint | undefined;
  /** Lets it die, once. */
  readonly crash: () => Promise<void>;
}

const LOST = { outcome: 'lost' } as const;

export interface ServerParts {
  readonly dialect: Dialect;
  readonly books: Books;
  readonly monitors: Monitors;
  readonly resources: Resources;
  readonly inProgress: 'conflict' | 'wait' | 'accepted';
  /** How long `wait` holds a repeat, in milliseconds. */
  readonly waitLimit: number;
  readonly clock: Clock;
}

/** What a careful server does with a key: lock on first touch, run once, keep the answer, replay it. */
export class IdempotentServer {
  readonly #parts: ServerParts;
  readonly #lives = new Lives<Served>(LOST);

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  /** A promise only where something has to be waited for: a replay is there at once. */
  answer(visit: Visit): Served | Promise<Served> {
    const served = this.#lives.live((life) => this.#answer(visit, life));
    if (visit.arrival.method !== 'HEAD') return served;
    return served instanceof Promise ? served.then(bodiless) : bodiless(served);
  }

  /** Loses what a dying process loses. Resolves once what had been written by then is in the books. */
  crash(): Promise<void> {
    const settled = this.#parts.books.crash();
    this.#parts.monitors.clear();
    this.#lives.endAll();
    return settled;
  }

  #answer(visit: Visit, life: Life): Served | Promise<Served> {
    const { dialect, resources } = this.#parts;
    const { arrival, entry, tell } = visit;
    const { terms, reading, found } = arrival;
    if (found === undefined) {
      const made = resources.read(arrival);
      if (made !== undefined) return { answer: made, outcome: 'looked-up' };
      return refuse(tell, 'not-found', problemAnswer(404, 'Not Found', 'The mock has no such route.'));
    }
    if (entry !== undefined) return this.#protected({ visit, life, entry, found });
    if (terms.honours !== 'ignored' && reading.kind === 'malformed') {
      return refuse(tell, 'malformed-key', dialect.malformedKey(reading.why));
    }
    if (terms.honours === 'required') return refuse(tell, 'missing-key', dialect.missingKey());
    return this.#unprotected(visit, life, found);
  }

  /** @param patience until when it may be held; the first time that is for the mock to say */
  #protected(stay: Stay, patience?: number): Served | Promise<Served> {
    const { dialect, books, inProgress, clock } = this.#parts;
    const { ledger } = books;
    const { arrival, tell } = stay.visit;
    stay.entry = ledger.attached(stay.entry);
    const { key } = stay.entry;
    const held = ledger.held(stay.entry);
    if (held === undefined) {
      if (dialect.expired && this.#tooOld(arrival, stay.entry)) return refuse(tell, 'expired', dialect.expired(key));
      // Nothing is awaited between the look and the lock: of fifty duplicates at once one gets here.
      return this.#first(stay);
    }
    if (dialect.seesMismatch && !sameRequest((held.lock ?? held.stored).fingerprint, arrival.fingerprint)) {
      return refuse(tell, 'mismatch', dialect.mismatch(key));
    }
    if (held.stored !== undefined) {
      tell('replayed', { status: held.stored.answer.status });
      return { answer: dialect.replay(held.stored.answer, key), outcome: 'replayed' };
    }
    const now = clock.now();
    const until = patience ?? now + this.#parts.waitLimit;
    if (inProgress === 'conflict' || until <= now) return refuse(tell, 'in-progress', dialect.inProgress(key));
    tell('waiting', { why: inProgress === 'wait' ? 'held' : 'monitor' });
    if (inProgress === 'accepted') return this.#accept(arrival, key, held.lock);
    return this.#endOf(held.lock, until - now).then(() => (stay.life.over ? LOST : this.#protected(stay, until)));
  }

  #accept(arrival: Arrival, key: string, lock: Lock): Served {
    const { dialect, monitors } = this.#parts;
    return { answer: dialect.honoured(monitors.accepted(lock, arrival), key), outcome: 'accepted' };
  }

  /** Until the execution has ended, its lease is over, or `left` milliseconds have passed. */
  async #endOf(lock: Lock, left: number): Promise<void> {
    const { clock } = this.#parts;
    const wait = Math.min(left, lock.leaseUntil - clock.now());
    if (wait === Number.POSITIVE_INFINITY) return lock.ended;
    const stop = new AbortController();
    const slept = clock.sleep(wait, stop.signal).catch(() => {});
    await Promise.race([lock.ended, slept]);
    stop.abort();
  }

  /** The key's time is over: by what is stored, or by what the client itself says. */
  #tooOld({ terms, reading }: Arrival, entry: Entry): boolean {
    const firstSent = reading.kind === 'key' ? reading.firstSent : undefined;
    const spent = firstSent !== undefined && this.#parts.clock.now() >= firstSent + terms.lifetime;
    return spent || this.#parts.books.ledger.expired(entry);
  }

  /** Takes the key, before anything is awaited, and runs. */
  async #first({ visit, life, entry, found }: Stay): Promise<Served> {
    const { dialect, books } = this.#parts;
    const { arrival, tell, diesAt } = visit;
    const { fingerprint, terms, reading } = arrival;
    const firstSent = reading.kind === 'key' ? reading.firstSent : undefined;
    const lock = books.lock(entry, { fingerprint, memory: terms, firstSent, tell });
    tell('locked');
    // The only thing that throws in here is the store of the books.
    try {
      const secured = books.secured(entry, lock);
      if (secured !== undefined) await secured;
      if (diesAt === 'before-effect') await visit.crash();
      if (life.over) return LOST;
      const run = books.begin(executionOf(arrival, found, entry.key, this.#parts.clock.now()), entry);
      tell('effect');
      const begun = books.begun(run);
      if (begun !== undefined) await begun;
      if (life.over) return LOST;
      const { answer, error } = await handled(arrival, found, entry.key);
      if (diesAt === 'before-store') await visit.crash();
      const keep = dialect.keeps(answer);
      const { status } = answer;
      const ended = books.end({ arrival, entry, lock, run, answer, keep });
      if (!(ended === true || (await ended))) return this.#outrun(visit, life, run, answer);
      if (keep) tell('stored', { status });
      else tell('released', { status, why: 'not-kept' });
      if (diesAt === 'after-store') await visit.crash();
      // What is not kept is no answer of the key's.
      const given = keep ? dialect.honoured(answer, entry.key) : answer;
      return { answer: given, outcome: 'executed', error };
    } catch (error) {
      books.ledger.abandon(entry, lock);
      tell('released', { why: 'not-written' });
      return { answer: UNWRITTEN, outcome: 'executed', error: messageOf(error) };
    }
  }

  /** It ran longer than its lease, and another request has the key. With its effect taken back it is just one more repeat; a careless server answers as
   *  if nothing were wrong. */
  #outrun({ tell }: Visit, life: Life, { entry, undone }: Run, answer: Answer): Served {
    if (life.over) return LOST;
    if (!undone) return { answer, outcome: 'executed' };
    return refuse(tell, 'in-progress', this.#parts.dialect.inProgress(entry?.key ?? ''));
  }

  async #unprotected(visit: Visit, life: Life, found: FoundRoute): Promise<Served> {
    const { books, clock } = this.#parts;
    const { arrival, tell, diesAt } = visit;
    if (diesAt === 'before-effect') await visit.crash();
    if (life.over) return LOST;
    if (SAFE_METHODS.has(arrival.method))
      return { ...(await handled(arrival, found, undefined)), outcome: 'unprotected' };
    const run = books.begin(executionOf(arrival, found, undefined, clock.now()), undefined);
    tell('effect');
    try {
      const begun = books.begun(run);
      if (begun !== undefined) await begun;
      const ended = await handled(arrival, found, undefined);
      if (diesAt === 'before-store') await visit.crash();
      if (life.over) return LOST;
      await books.ended(run);
      if (diesAt === 'after-store') await visit.crash();
      return { ...ended, outcome: 'unprotected' };
    } catch (error) {
      return { answer: UNWRITTEN, outcome: 'unprotected', error: messageOf(error) };
    }
  }
}

/** A visit with a key, to a route there is. */
interface Stay {
  readonly visit: Visit;
  readonly life: Life;
  /** As it stands in the ledger. */
  entry: Entry;
  readonly found: FoundRoute;
}

const UNWRITTEN = problemAnswer(500, 'Internal Server Error', 'The ledger cannot be written.');

/** For HEAD. */
function bodiless(served: Served): Served {
  return served.answer === undefined ? served : { ...served, answer: withoutBody(served.answer) };
}

function refuse(tell: Tell, outcome: Exclude<LogOutcome, 'lost'>, answer: Answer): Served {
  tell('refused', { why: outcome, status: answer.status });
  return { answer, outcome };
}
