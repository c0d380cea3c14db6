import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, headerOf } from '../core/answer.ts';
import { retryAfter } from '../core/retry-after.ts';
import { seededRandom } from '../mock/seeded-random.ts';
import { type Expected, expectedOf } from './expected.ts';
import type { VerifyRequest } from './options.ts';
import { type Carried, type Outgoing, outgoing } from './outgoing.ts';
import { Pace } from './pace.ts';
import { rawExchange } from './raw-request.ts';
import { differentResults, isMarked, type Reading, read } from './reading.ts';
import type { Settled } from './settled.ts';
import { exchange, HeldRequest } from './wire.ts';

/** One effect that is to happen once: a request, its key, and who asks. Frozen: what varies is a copy. */
export interface Round {
  /** The case. */
  readonly id: string;
  readonly n: string;
  readonly key: string;
  readonly request: VerifyRequest;
  readonly carried: Carried;
  readonly sentAt: number;
  readonly as: 'first' | 'second';
  /** Instead of the request's JSON. */
  readonly text?: string;
}

/** What C01 has found. */
export interface Baseline {
  readonly status: number;
  /** How long the answer took. */
  readonly ms: number;
  /** Whether another request gets another body: then bodies tell results apart. */
  readonly tells: boolean;
}

/** How often an effect has happened. `least`: without a probe it is what the answers give away. */
export interface Effects {
  readonly count: number;
  readonly least: boolean;
}

/** More than that many redirects is a circle. */
const REDIRECTS = 3;
/** Between two repeats, in milliseconds: `Retry-After: 0` is no reason to flood anybody. */
const LEAST_WAIT = 20;

/** The server that is looked at, and everything that can be asked of it. */
export class Subject {
  readonly settled: Settled;
  readonly expected: Expected;
  /** From the seed: the same numbers in every run with it. */
  readonly random: () => number;
  baseline: Baseline | undefined;
  /** Requests that went out. */
  sent = 0;
  /** Answers that sent a request elsewhere on the same origin. */
  redirects = 0;
  /** What has been counted, and found right so far. */
  readonly counted: { readonly round: Round; readonly expected: number }[] = [];
  readonly #pace: Pace;
  readonly #run = crypto.randomUUID().slice(0, 8);
  #fenceRound: Round | undefined;
  #rounds = 0;
  #advanced = 0;

  constructor(settled: Settled) {
    this.settled = settled;
    this.random = seededRandom(settled.seed);
    this.#pace = new Pace(settled.rate);
    const probe = this.#outgoing(this.round('probe'));
    this.expected = expectedOf(settled.profile, probe.method, probe.url);
  }

  /** A new effect under a new key.
   *
   *  @param key instead of a random one */
  round(id: string, key: string = crypto.randomUUID()): Round {
    this.#rounds += 1;
    const n = `onceward-${this.#run}-${id.toLowerCase()}-${this.#rounds}`;
    const request = structuredClone(this.settled.request(n));
    const sentAt = Date.now() + this.#advanced;
    return { id, n, key, request, carried: { kind: 'key', key }, sentAt, as: 'first' };
  }

  /** What a client makes of an answer. Where this API answers the first request with 202, a 202 is what its key stands for. */
  reading(answer: Answer): Reading {
    const reading = read(answer, this.settled.profile);
    return reading === 'accepted' && this.baseline?.status === 202 ? 'done' : reading;
  }

  /** A request as it may be shown: its headers by their names, its body by its length. */
  describe(round: Round): string {
    const { method, url, headers, body } = this.#outgoing(round);
    const names = headers.map(([name]) => name.toLowerCase()).join(', ');
    return `${method} ${url.origin}${url.pathname} with ${names} and ${body?.length ?? 0} bytes`;
  }

  /** Whether it is what a new key gets: a result, and no sign of a replay. */
  isNew(answer: Answer): boolean {
    if (answer.kind === 'failure' || answer.status >= 300 || this.reading(answer) !== 'done') return false;
    const { ownReplay } = this.expected;
    const replays = answer.status === ownReplay && ownReplay !== this.baseline?.status;
    return !replays && isMarked(answer, this.settled.profile) !== true;
  }

  /** One exchange, redirects included. */
  async ask(round: Round): Promise<Answer> {
    let out = this.#outgoing(round);
    for (let hop = 0; ; hop += 1) {
      await this.#paced(1);
      const answer = await exchange(out, this.settled.limits.attempt);
      const to = hop < REDIRECTS ? redirection(answer, out) : undefined;
      if (to === undefined) return answer;
      this.redirects += 1;
      out = { ...out, url: to };
    }
  }

  /** With a header that node:http would not send. */
  async askRaw(round: Round): Promise<Answer> {
    await this.#paced(1);
    return rawExchange(this.#outgoing(round), this.settled.limits.attempt);
  }

  /** All but its last byte is sent, and has come in. */
  async hold(round: Round): Promise<HeldRequest> {
    await this.#paced(1);
    const held = await this.#held(round);
    await this.#fence();
    return held;
  }

  /** So many of the same request, which all end in one step. */
  async volley(round: Round, size: number): Promise<Answer[]> {
    await this.#paced(size);
    const held = await Promise.all(Array.from({ length: size }, () => this.#held(round)));
    await this.#fence();
    return Promise.all(held.map((one) => one.finish()));
  }

  async get(url: URL): Promise<Answer> {
    await this.#paced(1);
    const headers = [['host', url.host], ...this.settled.headers, ['connection', 'close']] as const;
    return exchange({ method: 'GET', url, headers, body: undefined }, this.settled.limits.attempt);
  }

  /** Repeats until the answer is more than "not yet". The last answer is returned, whatever it is. */
  async untilFinal(round: Round): Promise<Answer> {
    const { limits } = this.settled;
    const end = performance.now() + limits.patience;
    for (let wait = LEAST_WAIT; ; wait *= 2) {
      const answer = await this.ask(round);
      const reading = this.reading(answer);
      if (reading === 'done' || reading === 'refused' || performance.now() > end) return answer;
      await sleep(Math.min(limits.pause, Math.max(LEAST_WAIT, waitOf(answer) ?? wait)));
    }
  }

  /** How often it has happened. Where the probe has not seen as many as expected it is asked again for a while: it may look at a copy.
   *
   *  @param answers to this round's key, which stand in for a probe */
  async effects(round: Round, expected: number, answers: readonly Answer[]): Promise<Effects> {
    const { countEffects, limits, profile } = this.settled;
    if (countEffects === undefined) return { count: differentResults(answers, profile), least: true };
    const end = performance.now() + limits.probe;
    for (let wait = 5; ; wait *= 2) {
      const count = await countEffects(round.n);
      if (!Number.isInteger(count) || count < 0)
        throw new Error(`countEffects gave ${JSON.stringify(count)}, which is no number of effects`);
      if (count >= expected || performance.now() > end) return { count, least: false };
      await sleep(wait);
    }
  }

  /** Makes an execution long enough to be met in the middle, where there is a hook for it; only C20 needs it longer than a lease.
   *
   *  @returns its length in milliseconds */
  async busy({ n }: Round): Promise<number | undefined> {
    const { hooks, limits } = this.settled;
    if (hooks.slow === undefined) return undefined;
    const ms = limits.slow / 4;
    await hooks.slow(n, ms);
    return ms;
  }

  async advance(ms: number): Promise<void> {
    await this.settled.hooks.advance?.(ms);
    this.#advanced += ms;
    // Its key may be over.
    this.#fenceRound = undefined;
  }

  /** A replay, for its order alone: connections are accepted one after the other, so those that came before are in once it is answered. That is an
   *  event; a time to wait would be too short for a slow machine. */
  async #fence(): Promise<void> {
    this.#fenceRound ??= this.round('fence');
    await this.ask(this.#fenceRound);
  }

  async #held(round: Round): Promise<HeldRequest> {
    const held = new HeldRequest(this.#outgoing(round), this.settled.limits.attempt);
    await held.ready;
    return held;
  }

  #outgoing({ request, carried, sentAt, as, text }: Round): Outgoing {
    const { url, profile, headers, secondHeaders } = this.settled;
    const credentials = as === 'second' ? (secondHeaders ?? []) : headers;
    return outgoing({ base: url, profile, request, carried, sentAt, credentials, ...(text !== undefined && { text }) });
  }

  async #paced(requests: number): Promise<void> {
    this.sent += requests;
    await this.#pace.take(requests);
  }
}

/** 307 and 308 keep method and body; the key goes along, and only to the same origin. */
function redirection(answer: Answer, { url }: Outgoing): URL | undefined {
  if (answer.kind === 'failure' || (answer.status !== 307 && answer.status !== 308)) return undefined;
  const location = headerOf(answer, 'location');
  if (location === undefined || !URL.canParse(location, url)) return undefined;
  const to = new URL(location, url);
  return to.origin === url.origin ? to : undefined;
}

function waitOf(answer: Answer): number | undefined {
  if (answer.kind === 'failure') return undefined;
  return retryAfter(headerOf(answer, 'retry-after'), headerOf(answer, 'date'), Date.now());
}
