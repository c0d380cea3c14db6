import { milliseconds } from '../core/duration.ts';
import { keyLifetime as knownLifetime } from '../core/key-age.ts';
import type { Lifetime, Profile, ProfileData } from '../core/profile.ts';
import { routeFacts } from '../core/route.ts';
import type { Duration } from '../core/types.ts';
import type { HeaderValues } from './at-hand.ts';
import { answersOf, type DialectAnswers } from './dialect-answers.ts';
import { type Keeps, keepsOf } from './dialect-keeps.ts';
import { type Carried, comparedBody, keyIn } from './dialect-key.ts';
import type { KeyReading } from './idempotency-key.ts';
import { SAFE_METHODS } from './routes.ts';

/** How long a key is remembered on one route. */
export interface Memory {
  /** Milliseconds; Infinity for ever. */
  readonly lifetime: number;
  readonly from: NonNullable<Lifetime['from']>;
}

/** Paths whose terms are known by heart. */
const REMEMBERED = 1_000;

/** What holds for the key on one route. */
export interface Terms extends Memory {
  /** Whether the key is looked at here, and whether it has to be there. */
  readonly honours: 'required' | 'optional' | 'ignored';
  readonly keyLimit: number;
}

/** A profile as a server speaks it. */
export interface Dialect extends DialectAnswers {
  readonly data: ProfileData;
  terms(method: string, url: URL): Terms;
  keyIn(request: Carried, terms: Terms): KeyReading;
  /** Values of the headers that are stored with the key and may not change: another one makes it another request. */
  boundHeaders(headers: HeaderValues): readonly (string | null)[];
  /** What of the body two requests with one key are compared by. */
  compared(request: Carried): Uint8Array;
  /** False where every later use of a key is refused in the same words, whatever it asks for. */
  readonly seesMismatch: boolean;
  readonly keeps: Keeps;
}

/** @param keyLifetime instead of every lifetime the profile names */
export function dialectOf({ data }: Profile, keyLifetime: Duration | undefined): Dialect {
  const override = keyLifetime === undefined ? undefined : milliseconds(keyLifetime, 'keyLifetime');
  return {
    ...answersOf(data),
    data,
    terms: remembered((method, url) => {
      const { honoured, keyLimit, required, lifetime } = routeFacts(data, method, url.href);
      return {
        honours: honoursAs(method, honoured === 'yes', required === 'yes'),
        keyLimit,
        lifetime: override ?? knownLifetime(lifetime),
        from: lifetime.from ?? 'first-use',
      };
    }),
    keyIn: (request, { keyLimit }) => keyIn(request, data, keyLimit),
    boundHeaders: (headers) => (data.firstSent === undefined ? [] : [headers.get(data.firstSent)]),
    compared: (request) => comparedBody(request, data),
    seesMismatch: (data.answers.replay?.status ?? 200) < 400,
    keeps: keepsOf(data),
  };
}

/** Terms by method and path, of the latest few: a server is asked about the same ones again and again. */
function remembered(find: Dialect['terms']): Dialect['terms'] {
  const known = new Map<string, Terms>();
  return (method, url) => {
    const name = `${method} ${url.pathname}`;
    let terms = known.get(name);
    if (terms === undefined) {
      if (known.size >= REMEMBERED) known.clear();
      terms = find(method, url);
      known.set(name, terms);
    }
    return terms;
  };
}

/** Where it is unknown whether the API honours keys, the mock does not: a client that repeats there must find out. */
function honoursAs(method: string, honoured: boolean, required: boolean): Terms['honours'] {
  if (SAFE_METHODS.has(method) || !honoured) return 'ignored';
  return required ? 'required' : 'optional';
}
