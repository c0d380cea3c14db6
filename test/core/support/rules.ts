import type { Answer, ResponseAnswer } from '../../../src/core/answer.ts';
import { type Decision, decide, type Facts } from '../../../src/core/decide.ts';
import { keyLifetime } from '../../../src/core/key-age.ts';
import { type ObserveContext, observe } from '../../../src/core/observe.ts';
import type { ProfileData } from '../../../src/core/profile.ts';
import type { OperationPart, OperationRecord, StatePart } from '../../../src/core/record.ts';
import { ietf } from '../../../src/profiles/index.ts';

/** Any moment: 2026-01-02, 03:04:05 GMT. */
export const NOW: number = Date.UTC(2026, 0, 2, 3, 4, 5);
export const DAY: number = 86_400_000;
export const generic: ProfileData = ietf({ keyLifetime: '24h' }).data;

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

export function response(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array<ArrayBuffer> = '',
): ResponseAnswer {
  return {
    kind: 'response',
    status,
    headers: Object.entries(headers),
    body: typeof body === 'string' ? bytes(body) : body,
  };
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): ResponseAnswer {
  return response(status, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
}

export const failure: Answer = { kind: 'failure', code: 'ECONNRESET' };

/** A captive portal's page, a proxy's error. */
export function html(status: number, headers: Readonly<Record<string, string>> = {}): ResponseAnswer {
  return response(
    status,
    { 'content-type': 'text/html; charset=utf-8', ...headers },
    '<html>Welcome to Hotel WiFi</html>',
  );
}

/** A record as it stands after its dispatch mark; `attempts` counts the exchange that is being judged. */
export function operation(state: Partial<StatePart> = {}, fixed: Partial<OperationPart> = {}): OperationRecord {
  return {
    version: 1,
    identity: 'shop/alice/cart%2F1',
    revision: 1,
    write: 'w1',
    fixed: {
      kind: 'operation',
      id: 'cart/1',
      owner: 'alice',
      round: 1,
      key: '3f6d6c4e-6d1c-4f5b-9a3e-0f8a4f0f5a10',
      request: {
        method: 'POST',
        url: 'https://api.example/charges',
        headers: [['content-type', 'application/json']],
        body: bytes('{"amount":1}'),
      },
      fingerprint: '6a3a0c1e-0000-5000-8000-000000000000',
      salt: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      createdAt: NOW,
      ...fixed,
    },
    state: { state: 'dispatched', dispatchedAt: NOW, attempts: 1, lastSeenAt: NOW, ...state },
  };
}

export function facts(overrides: Partial<Facts> = {}): Facts {
  return {
    profile: generic,
    lifetime: keyLifetime((overrides.profile ?? generic).lifetime),
    retry: { limit: 8, baseDelay: 500, maxDelay: 30_000 },
    attemptTimeout: 30_000,
    now: NOW,
    fraction: 0.5,
    age: 0,
    possible: true,
    repeatable: true,
    trustedOrigins: new Set(),
    canReauthorize: true,
    ...overrides,
  };
}

export const FIRST: ObserveContext = { first: true, acceptsHtml: false, accepted: 'reask' };
export const LATER: ObserveContext = { ...FIRST, first: false };

/** Judges one answer after the other as the loop does, without waiting: the counters go into the record each time. Stops where the loop stops. */
export function judge(
  answers: readonly Answer[],
  {
    profile = generic,
    fixed = {},
    given = {},
    every = 1_000,
    accepted,
  }: {
    readonly profile?: ProfileData;
    readonly fixed?: Partial<OperationPart>;
    readonly given?: Partial<Facts>;
    /** Milliseconds between two answers. */
    readonly every?: number;
    readonly accepted?: 'reask' | 'final';
  } = {},
): { readonly decision: Decision; readonly after: number; readonly record: OperationRecord } {
  let record = operation({ attempts: 0 }, fixed);
  let possible = false;
  let decision: Decision | undefined;
  let after = 0;
  for (const answer of answers) {
    after += 1;
    const now = NOW + after * every;
    record = { ...record, state: { ...record.state, attempts: record.state.attempts + 1 } };
    const context: ObserveContext = { first: !possible, acceptsHtml: false, accepted: accepted ?? profile.accepted };
    const observation = observe(answer, profile, context);
    possible = !(context.first && observation.means === 'unauthorized');
    decision = decide(record, answer, observation, facts({ profile, now, age: now - NOW, possible, ...given }));
    if (decision.next !== 'again' && decision.next !== 'park') break;
    record = operation({ attempts: record.state.attempts, ...decision.progress }, fixed);
  }
  if (decision === undefined) throw new Error('no answer was given');
  return { decision, after, record };
}
