import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/core/answer.ts';
import { type Observation, type ObserveContext, observe } from '../../src/core/observe.ts';
import type { ProfileData } from '../../src/core/profile.ts';
import { ietf } from '../../src/profiles/index.ts';
import { FIRST, failure, generic, html, json, LATER, response } from './support/rules.ts';

const storing = ietf({ keyLifetime: '24h', storesClientErrors: true }).data;
const conflictFinal = ietf({ keyLifetime: '24h', conflict: 'final' }).data;
const REPLAYED = { 'idempotent-replayed': 'true' };
const PROBLEM = { 'content-type': 'application/problem+json' };
const problem = (status: number, title: string) =>
  response(status, PROBLEM, JSON.stringify({ type: 'about:blank', title }));

const success: Observation = { means: 'success', source: 'network' };
const replayed: Observation = { means: 'success', source: 'replay' };
const rejection: Observation = { means: 'rejection', source: 'network' };
const again: Observation = { means: 'again', because: 'unavailable' };
const unreadable: Observation = { means: 'unreadable' };
const unproved: Observation = { means: 'doubt', reason: 'unproved-rejection' };
const storedError: Observation = { means: 'doubt', reason: 'stored-error' };

type Row = readonly [name: string, answer: Answer, expected: Observation, context?: Partial<ObserveContext>];

function check(rows: readonly Row[], profile: ProfileData = generic, base: ObserveContext = FIRST): void {
  for (const [name, answer, expected, context] of rows) {
    test(name, () => {
      expect(observe(answer, profile, { ...base, ...context })).toEqual(expected);
    });
  }
}

describe('no whole answer', () => {
  check([
    ['failure on the first attempt', failure, { means: 'again', because: 'failure' }],
    ['failure later', failure, { means: 'again', because: 'failure' }, LATER],
  ]);
});

describe('2xx', () => {
  check([
    ['201 JSON', json(201, { id: 1 }), success],
    ['201 JSON null', json(201, null), success],
    ['201 problem-like suffix type', response(201, { 'content-type': 'application/vnd.api+json' }, '{}'), success],
    ['201 text', response(201, { 'content-type': 'text/plain' }, 'ok'), success],
    ['200 bytes without a type', response(200, {}, 'ok'), success],
    ['204', response(204), success],
    ['201 JSON type, empty body: whole', response(201, { 'content-type': 'application/json' }), success],
    ['replay marked', json(201, {}, REPLAYED), replayed],
    ['replay marked in other letters', json(201, {}, { 'idempotent-replayed': 'TRUE' }), replayed],
    ['marker says false', json(201, {}, { 'idempotent-replayed': 'false' }), success],
    ['marker is empty', json(201, {}, { 'idempotent-replayed': '' }), success],
    ['HTML nobody asked for', html(200), unreadable],
    ['HTML in capitals', response(200, { 'content-type': 'TEXT/HTML' }, '<p>'), unreadable],
    ['HTML even when marked as replay', html(200, REPLAYED), unreadable],
    ['HTML that was asked for', html(200), success, { acceptsHtml: true }],
    ['206', json(206, {}), unreadable],
    ['207', json(207, {}), unreadable],
    ['206 even when HTML was asked for', html(206), unreadable, { acceptsHtml: true }],
    ['JSON cut short', response(201, { 'content-type': 'application/json' }, '{"id":'), { means: 'unparsable' }],
    ['JSON of blanks', response(201, { 'content-type': 'application/json' }, '  '), { means: 'unparsable' }],
    ['suffix JSON cut short', response(201, { 'content-type': 'application/hal+json' }, '{'), { means: 'unparsable' }],
    ['text that looks like cut JSON', response(201, { 'content-type': 'text/plain' }, '{"id":'), success],
  ]);
});

describe('202', () => {
  const accepted = (repeats: boolean): Observation => ({ means: 'accepted', repeats });
  check([
    ['reask', json(202, {}), accepted(true)],
    ['reask, Location', json(202, {}, { location: '/jobs/1' }), accepted(false)],
    ['reask, Operation-Location', json(202, {}, { 'operation-location': '/jobs/1' }), accepted(false)],
    ['reask, Azure-AsyncOperation', json(202, {}, { 'azure-asyncoperation': '/jobs/1' }), accepted(false)],
    ['reask, Retry-After', json(202, {}, { 'retry-after': '1' }), accepted(false)],
    ['reask, replay-marked', json(202, {}, REPLAYED), replayed],
    ['reask, cut JSON', response(202, { 'content-type': 'application/json' }, '{'), { means: 'unparsable' }],
    ['reask, HTML', html(202), unreadable],
    ['final', json(202, {}), success, { accepted: 'final' }],
    ['final, Location', json(202, {}, { location: '/jobs/1' }), success, { accepted: 'final' }],
  ]);
});

describe('202 of an API with monitors', () => {
  const headers = {
    'operation-location': '/operations/1',
    'azure-asyncoperation': '/operations/2',
    location: '/charges/1',
  };
  const { 'operation-location': first, ...further } = headers;
  const monitor = (kind: 'operation' | 'monitor', location: string): Observation => ({
    means: 'accepted',
    repeats: false,
    monitor: { kind, location },
  });
  check(
    [
      ['all three', json(202, {}, headers), monitor('operation', first)],
      ['the older name, and Location', json(202, {}, further), monitor('operation', '/operations/2')],
      ['Location alone', json(202, {}, { location: '/charges/1' }), monitor('monitor', '/charges/1')],
      ['replayed', json(202, {}, { ...REPLAYED, location: '/jobs/1' }), monitor('monitor', '/jobs/1')],
      ['none', json(202, {}), { means: 'accepted', repeats: true }],
      ['none, but a wait', json(202, {}, { 'retry-after': '1' }), { means: 'accepted', repeats: false }],
      ['none, replayed', json(202, {}, REPLAYED), replayed],
    ],
    generic,
    { ...FIRST, accepted: 'monitor' },
  );
});

describe('409', () => {
  const unnamed: Observation = { means: 'in-progress', named: false };
  const named: Observation = { means: 'in-progress', named: true };
  check([
    ['bare', json(409, {}), unnamed],
    ['bare, later', json(409, {}), unnamed, LATER],
    ['problem', problem(409, 'A request is outstanding for this Idempotency-Key'), named],
    ['Retry-After', json(409, {}, { 'retry-after': '1' }), named],
    ['Link describedby', json(409, {}, { link: '<https://x.example>; rel="describedby"' }), named],
    ['Link of another kind', json(409, {}, { link: '<https://x.example>; rel="next"' }), unnamed],
  ]);
  describe("conflict: 'final'", () => {
    check(
      [
        ['bare: the API says no', json(409, { error: 'exists' }), rejection],
        ['bare, later: the first attempt may have been the one that made it exist', json(409, {}), unproved, LATER],
        ['problem: in progress', problem(409, 'A request is outstanding'), named],
        ['Retry-After: in progress', json(409, {}, { 'retry-after': '1' }), named],
        ['HTML of a proxy proves nothing', html(409), unproved],
      ],
      conflictFinal,
    );
  });
});

describe('mismatch', () => {
  const mismatch: Observation = { means: 'doubt', reason: 'key-mismatch' };
  check([
    ['422 by the title of the draft', problem(422, 'Idempotency-Key is already used'), mismatch],
    ['the same, later', problem(422, 'Idempotency-Key is already used'), mismatch, LATER],
    ['422 of a validation', problem(422, 'E-mail is missing'), rejection],
    ['422 of a validation, later', problem(422, 'E-mail is missing'), unproved, LATER],
    ['title in plain JSON is not a problem', json(422, { title: 'Idempotency-Key is already used' }), rejection],
  ]);
  test('422 by the type the caller knows', () => {
    const profile = ietf({ keyLifetime: '24h', mismatchType: 'https://x.example/reuse' }).data;
    expect(observe(json(422, { type: 'https://x.example/reuse' }), profile, FIRST)).toEqual(mismatch);
    expect(observe(json(422, { type: 'https://x.example/other' }), profile, FIRST)).toEqual(rejection);
  });
});

describe('4xx', () => {
  const listed = [400, 402, 404, 405, 410, 413, 415, 422];
  const passing = [408, 421, 425, 429];
  const unlisted = [403, 406, 411, 412, 414, 416, 417, 418, 423, 424, 426, 428, 431, 451, 499];
  check(passing.map((status) => [`${status}: again`, json(status, {}), again]));
  check(passing.map((status) => [`${status} later: again`, json(status, {}), again, LATER]));
  check(listed.map((status) => [`${status} on the list, first`, json(status, {}), rejection]));
  check(listed.map((status) => [`${status} on the list, HTML`, html(status), unproved]));
  check(listed.map((status) => [`${status} on the list, later`, json(status, {}), unproved, LATER]));
  check(unlisted.map((status) => [`${status} off the list`, json(status, {}), unproved]));
  check(unlisted.map((status) => [`${status} off the list, later`, json(status, {}), unproved, LATER]));
  check([
    ['401', json(401, {}), { means: 'unauthorized' }],
    ['401 later', json(401, {}), { means: 'unauthorized' }, LATER],
    ['407', html(407), { means: 'unauthorized' }],
    ['400 key is missing, first', problem(400, 'Idempotency-Key is missing'), rejection],
    [
      '400 key is missing, later: something on the way drops it',
      problem(400, 'Idempotency-Key is missing'),
      { means: 'doubt', reason: 'not-repeatable' },
      LATER,
    ],
    ['400 replayed, a server that is not known to store 4xx', json(400, {}, REPLAYED), unproved],
    ['409 replayed', json(409, {}, REPLAYED), unproved],
  ]);
  describe('storesClientErrors', () => {
    const stored: Observation = { means: 'rejection', source: 'replay' };
    check(
      [
        ...listed.map((status): Row => [`${status} later: final`, json(status, {}), rejection, LATER]),
        ...listed.map((status): Row => [`${status} later, HTML`, html(status), unproved, LATER]),
        ...listed.map((status): Row => [`${status} replayed`, json(status, {}, REPLAYED), stored, LATER]),
        ['403 later', json(403, {}), unproved, LATER],
        ['403 replayed', json(403, {}, REPLAYED), stored, LATER],
        ['409 replayed: the answer of this very key', json(409, {}, REPLAYED), stored, LATER],
        ['401 is never a rejection', json(401, {}, REPLAYED), { means: 'unauthorized' }, LATER],
      ],
      storing,
    );
  });
  describe('replayed overload and timeouts can only repeat themselves', () => {
    check(passing.map((status) => [`${status}`, json(status, {}, REPLAYED), storedError, LATER]));
    check(
      passing.map((status) => [`${status}, storesClientErrors`, json(status, {}, REPLAYED), storedError, LATER]),
      storing,
    );
  });
});

describe('a conflict that is final says nothing of other statuses', () => {
  check(
    [
      ['403', json(403, {}), unproved],
      ['418', json(418, {}), unproved],
    ],
    conflictFinal,
  );
});

describe('5xx', () => {
  const server: Observation = { means: 'server-error' };
  check([
    ['500', json(500, {}), server],
    ['500 later', html(500), server, LATER],
    ['501', json(501, {}), { means: 'doubt', reason: 'not-repeatable' }],
    ['502', html(502), again],
    ['503', json(503, {}), again],
    ['504', html(504), again],
    ['520 of a CDN', html(520), again],
    ['599', html(599), again],
    ['500 replayed', json(500, {}, REPLAYED), storedError],
    ['503 replayed', json(503, {}, REPLAYED), storedError],
    ['500, marker says false', json(500, {}, { 'idempotent-replayed': 'false' }), server],
    ['999 of a bot wall', html(999), again],
  ]);
});

describe('3xx', () => {
  const doubt: Observation = { means: 'doubt', reason: 'redirect' };
  const to = { location: 'https://api.example/new' };
  const redirect = { means: 'redirect', kind: 'redirect', location: to.location } as const;
  const redirected = { ...rejection, redirectedTo: to.location };
  check([
    ['301', response(301, to), redirected],
    ['302', html(302, to), redirected],
    ['301 later', response(301, to), doubt, LATER],
    ['301 without Location', response(301), doubt],
    ['300', response(300, to), doubt],
    ['303: the result is elsewhere', response(303, to), { ...redirect, kind: 'result' }],
    ['303 without Location', response(303), doubt],
    ['304', response(304), doubt],
    ['307', response(307, to), redirect],
    ['307, later', response(307, to), redirect, LATER],
    ['307 without Location', response(307), doubt],
    ['308', response(308, to), redirect],
    ['308, later', response(308, to), redirect, LATER],
    ['308 without Location', response(308), doubt],
    ["a browser's opaque redirect", response(0), doubt],
    ["a browser's opaque redirect, later", response(0), doubt, LATER],
  ]);
});
