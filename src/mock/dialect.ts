import { milliseconds } from '../core/duration.ts';
import { keyLifetime as knownLifetime } from '../core/key-age.ts';
import type { Lifetime, Profile, ProfileData } from '../core/profile.ts';
import { routeFacts } from '../core/route.ts';
import type { Duration } from '../core/types.ts';
import type { Answer } from './answer.ts';
import { answersOf, type DialectAnswers } from './dialect-answers.ts';
import { keeps } from './dialect-keeps.ts';
import { type Carried, comparedBody, keyIn } from './dialect-key.ts';
import type { KeyReading } from './idempotency-key.ts';
import { SAFE_METHODS } from './routes.ts';

/** How long a key is remembered on one route. */
export interface Memory {
  /** Milliseconds; Infinity for ever. */
  readonly lifetime: number;
  readonly from: NonNullable<Lifetime['from']>;
}

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
  boundHeaders(headers: Headers): readonly (string | null)[];
  /** What of the body two requests with one key are compared by. */
  compared(request: Carried): Uint8Array;
  /** False where every later use of a key is refused in the same words, whatever it asks for. */
  readonly seesMismatch: boolean;
  /** Whether an outcome is what the key stands for from now on. */
  keeps(answer: Answer): boolean;
}

/** @param keyLifetime instead of every lifetime the profile names */
export function dialectOf({ data }: Profile, keyLifetime: Duration | undefined): Dialect {
  const override = keyLifetime === undefined ? undefined : milliseconds(keyLifetime, 'keyLifetime');
  return {
    ...answersOf(data),
    data,
    terms(method, url) {
      const { honoured, keyLimit, required, lifetime } = routeFacts(data, method, url.href);
      return {
        honours: honoursAs(method, honoured === 'yes', required === 'yes'),
        keyLimit,
        lifetime: override ?? knownLifetime(lifetime),
        from: lifetime.from ?? 'first-use',
      };
    },
    keyIn: (request, { keyLimit }) => keyIn(request, data, keyLimit),
    boundHeaders: (headers) => (data.firstSent === undefined ? [] : [headers.get(data.firstSent)]),
    compared: (request) => comparedBody(request, data),
    seesMismatch: (data.answers.replay?.status ?? 200) < 400,
    keeps: (answer) => keeps(answer, data),
  };
}

/** Where it is unknown whether the API honours keys, the mock does not: a client that repeats there must find out. */
function honoursAs(method: string, honoured: boolean, required: boolean): Terms['honours'] {
  if (SAFE_METHODS.has(method) || !honoured) return 'ignored';
  return required ? 'required' : 'optional';
}
