import { milliseconds } from '../core/duration.ts';
import { UsageError } from '../core/errors/usage-error.ts';
import type { ProfileData } from '../core/profile.ts';
import { isLoopback } from '../mock/guard.ts';
import { ietf } from '../profiles/ietf.ts';
import type { VerifyHooks, VerifyLimits, VerifyOptions, VerifyRequest } from './options.ts';

type Header = readonly [name: string, value: string];

/** The options, checked, with every default filled in. */
export interface Settled {
  readonly url: URL;
  readonly profile: ProfileData;
  readonly request: (n: string) => VerifyRequest;
  readonly invalidRequest: ((n: string) => VerifyRequest) | undefined;
  readonly countEffects: ((n: string) => Promise<number>) | undefined;
  readonly headers: readonly Header[];
  readonly secondHeaders: readonly Header[] | undefined;
  readonly hooks: VerifyHooks;
  readonly repeat: number;
  readonly soak: number;
  readonly seed: number;
  readonly rate: number;
  /** Milliseconds. */
  readonly limits: Readonly<Record<keyof VerifyLimits, number>>;
}

/** Whose server it is decides how hard it is asked. */
const HERE = { rate: Number.POSITIVE_INFINITY, soak: 1000 };
const ELSEWHERE = { rate: 10, soak: 100 };

/** @throws UsageError ERR_ONCEWARD_INVALID_OPTION that says which option, and what it may be */
export function settle(options: VerifyOptions): Settled {
  const url = urlOf(options.url);
  const here = isLoopback(url.hostname);
  if (!here && options.ownServer !== true && options.dryRun !== true) {
    throw invalid(
      `${url.origin} is not on this machine. The checker sends requests twice, all at once and cut off half way: where that is your own test system say so, with ownServer (--i-own-this-server).`,
    );
  }
  const usual = here ? HERE : ELSEWHERE;
  const { profile = ietf({ keyLifetime: '24h' }), secondHeaders, limits = {} } = options;
  if (typeof options.request !== 'function') {
    throw invalid("request is a function: (n) => ({ path: '/charges', json: { reference: n } }).");
  }
  const settled: Settled = {
    url,
    profile: profile.data,
    request: options.request,
    invalidRequest: options.invalidRequest,
    countEffects: options.countEffects,
    headers: [...new Headers(options.headers)],
    secondHeaders: secondHeaders && [...new Headers(secondHeaders)],
    hooks: options.hooks ?? {},
    repeat: whole('repeat', options.repeat ?? 20),
    soak: whole('soak', options.soak ?? usual.soak),
    seed: whole('seed', options.seed ?? Math.floor(Math.random() * 2 ** 31), 0),
    rate: positive('rate', options.rate ?? usual.rate),
    limits: limitsOf(limits),
  };
  checkRequests(settled);
  return settled;
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalid(`url is an absolute http(s) URL: http://localhost:3000; got ${JSON.stringify(text)}.`);
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    throw invalid('url has neither credentials nor a query: credentials belong in headers (--header).');
  }
  return url;
}

/** A request that takes long on purpose is waited for. */
function limitsOf(given: VerifyLimits): Settled['limits'] {
  const limit = (name: keyof VerifyLimits, usual: number): number =>
    milliseconds(given[name] ?? usual, `limits.${name}`);
  const slow = limit('slow', 5_000);
  return {
    attempt: limit('attempt', Math.max(30_000, 2 * slow)),
    patience: limit('patience', Math.max(60_000, 4 * slow)),
    probe: limit('probe', 2_000),
    slow,
    pause: limit('pause', 1_000),
  };
}

function whole(name: string, value: number, least = 1): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw invalid(`${name} is a whole number from ${least}; got ${value}.`);
}

function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw invalid(`${name} is a number above 0; got ${value}.`);
}

/** Asked twice: a request that is not the same for the same `n` would make every repeat another request, and blame the server. */
function checkRequests({ request, profile }: Settled): void {
  const [one, again, other] = ['onceward-a', 'onceward-a', 'onceward-b'].map((n) => {
    const made = request(n);
    if (typeof made?.path !== 'string') throw invalid("request(n) gives { path, json }, with path as '/charges'.");
    return JSON.stringify(made);
  });
  if (one !== again) throw invalid('request(n) must give the same request for the same n: no time, nothing random.');
  if (one === other) throw invalid('request(n) must put n into what it gives: each n stands for an effect of its own.');
  const { json } = request('onceward-a');
  if (profile.carrier.kind !== 'json-body') return;
  if (typeof json !== 'object' || json === null || Array.isArray(json) || Object.hasOwn(json, profile.carrier.path)) {
    throw invalid(
      `The profile ${profile.name} carries the key in the body: request(n) must give json, an object without ${profile.carrier.path}.`,
    );
  }
}

export function invalid(message: string): UsageError {
  return new UsageError('ERR_ONCEWARD_INVALID_OPTION', message);
}
