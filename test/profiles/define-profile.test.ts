import { describe, expect, test } from 'vitest';
import { defineProfile, type ProfileData } from '../../src/profiles/index.ts';
import { FACTS, GONE, having, refusal } from './define-profile-facts.ts';

test('what is right is taken, as a frozen copy', () => {
  const facts = structuredClone(FACTS);
  const { name, data, ...others } = defineProfile(facts);
  expect(name).toBe('acme');
  expect(data).toEqual(FACTS);
  expect(data).not.toBe(facts);
  (facts.rejections.later as unknown as number[]).push(500);
  expect(data.rejections.later).toEqual([404]);
  for (const one of [data, data.rules, data.rules[0]?.when, data.rejections.first, data.answers.inProgress?.headers]) {
    expect(Object.isFrozen(one)).toBe(true);
  }
  expect(others.with({ keyLifetime: '2h' }).data.lifetime).toEqual({ kind: 'fixed', ms: 7_200_000 });
});

test('undefined is the same as absent, for callers without exact types', () => {
  expect(defineProfile({ ...FACTS, minWait: undefined } as unknown as ProfileData).data).not.toHaveProperty('minWait');
  expect(refusal({ ...FACTS, name: undefined }).message).toContain('name is missing');
});

const header = { kind: 'header', name: 'Acme-Key' };

describe('each fact', () => {
  test.each<[path: string, value: unknown, says: string]>([
    ...Object.keys(FACTS)
      .filter((name) => !['monitorFailure', 'replay', 'firstSent', 'recover', 'waitHeaders', 'minWait'].includes(name))
      .map((name): [string, unknown, string] => [name, GONE, `${name} is missing.`]),
    ['lifetimes', 1, 'lifetimes is not known. Known here: name, carrier, key,'],
    ['name', '', 'name must be a name of 1 to 64 visible characters; got "".'],
    ['name', 'two words', 'name must be'],
    ['carrier', 'Acme-Key', 'carrier must be an object; got "Acme-Key".'],
    ['carrier/kind', 'query', 'carrier.kind must be "header" or "json-body"; got "query".'],
    ['carrier/kind', 'constructor', 'carrier.kind must be'],
    ['carrier/name', 'Acme Key', 'carrier.name must be the name of a header'],
    ['carrier/encoding', 'quoted', 'carrier.encoding must be "raw" or "sf-string"'],
    [
      'carrier',
      { kind: 'json-body', path: 'meta.key' },
      "carrier.path must be the name of a member of the body's top level",
    ],
    ['carrier', { kind: 'json-body', path: '$.key' }, 'carrier.path must be'],
    ['carrier', { kind: 'json-body' }, 'carrier.path is missing.'],
    ['carrier', { ...header, path: 'key' }, 'carrier.path is not known. Known here: kind, name, encoding.'],
    // Amazon Pay takes 32: no key of the client's would fit
    ['key/limit', 32, 'key.limit must be a whole number from 36 up'],
    ['key/limit', 64.5, 'key.limit must be'],
    ['key/limit', '64', 'key.limit must be'],
    ['key/uuidOnly', 'yes', 'key.uuidOnly must be true or false; got "yes".'],
    ['routes', [], 'routes must be an object; got a list.'],
    [
      'routes/POST ~v1~payments/honoured',
      true,
      'routes["POST /v1/payments"].honoured must be "yes" or "no" or "unknown"; got true.',
    ],
    ['routes/POST ~v1~payments/keyLimit', 0, 'routes["POST /v1/payments"].keyLimit must be'],
    ['routes/POST ~v1~payments/lifetime', '6h', 'routes["POST /v1/payments"].lifetime must be an object'],
    ['routes/POST ~v1~payments/idempotent', 'yes', 'idempotent is not known'],
    ['routes/* ~v1~**', 'maybe', 'routes["* /v1/**"] must be "yes"'],
    ['required', true, 'required must be "yes" or "no" or "unknown"; got true.'],
    ['lifetime/ms', -1, 'lifetime.ms must be a number of milliseconds above 0; got -1.'],
    ['lifetime/ms', 0, 'lifetime.ms must be'],
    ['lifetime/ms', '24h', 'lifetime.ms must be'],
    ['lifetime/ms', Number.POSITIVE_INFINITY, 'lifetime.ms must be'],
    ['lifetime', { kind: 'forever', ms: 1 }, 'lifetime.ms is not known'],
    ['lifetime/kind', 'range', 'lifetime.kind must be "fixed" or "floor" or "forever" or "unpublished"'],
    ['lifetime/from', 'now', 'lifetime.from must be'],
    ['accepted', 'later', 'accepted must be "monitor" or "reask" or "final"; got "later".'],
    ['monitorFailure', 'none', 'monitorFailure must be'],
    ['replay', 'Acme-Replay', 'replay must be an object'],
    ['replay/header', 'Acme-Replay', 'replay.header must be the name of a header in lower case'],
    // compared in lower case: this one would never match
    ['replay/equals', 'True', 'replay.equals must be a text in lower case'],
    ['stores/success', 'always', 'stores.success must be'],
    ['stores/serverErrors', GONE, 'stores.serverErrors is missing.'],
    ['rejections/first', 400, 'rejections.first must be a list; got 400.'],
    ['rejections/first/1', 500, 'rejections.first[1] must be a whole number from 400 to 499'],
    ['conflict', 'Final', 'conflict must be "in-progress" or "final"; got "Final".'],
    ['companions/0', 'Acme-Version', 'companions[0] must be the name of a header in lower case'],
    ['firstSent', 'first sent', 'firstSent must be the name of a header'],
    ['recover/when', 'always', 'recover.when must be'],
    ['recover/accept', {}, 'recover.accept must say something: it matches every answer.'],
    ['recover/pointer', '$.links.id', 'recover.pointer must be a dotted path'],
    ['recover/keyAt', 'data[*].key', 'recover.keyAt must be a dotted path'],
    ['recover/method', 'GET', 'recover.method is not known'],
    ['waitHeaders', 'acme-wait-ms', 'waitHeaders must be a list'],
    ['minWait', { '4xx': 1 }, 'minWait["4xx"] must be a status from 200 to 599'],
    ['minWait', { 429: '1s' }, 'minWait["429"] must be a number of milliseconds'],
    ['cors/callable', true, 'cors.callable must be'],
    ['cors/expose/0', 'Acme Replay', 'cors.expose[0] must be the name of a header'],
    ['answers/inProgress/status', 100, 'answers.inProgress.status must be a whole number from 200 to 599'],
    ['answers/inProgress/body', {}, 'answers.inProgress.body must be a text; got an object.'],
    ['answers/inProgress/headers', { 'acme key': '' }, 'answers.inProgress.headers["acme key"] must be'],
    ['answers/honoured', { a: 'b\r\nc: d' }, 'answers.honoured["a"] must be a text without line breaks'],
    ['answers/stored', {}, 'answers.stored is not known'],
    ['rules', {}, 'rules must be a list'],
    ['rules/2', 'retry', 'rules[2] must be an object'],
    ['rules/2/context', 'second', 'rules[2].context must be "first" or "later"; got "second".'],
    ['rules/2/means', 'reject', 'rules[2].means must be "in-progress" or "retry"'],
    ['rules/2/means', { doubt: 'unsure' }, 'rules[2].means.doubt must be "key-expired" or'],
    ['rules/2/means', { rejected: true }, 'rules[2].means.rejected is not known'],
    ['rules/2/when', {}, 'rules[2].when must say something: it matches every answer.'],
    ['rules/2/when', GONE, 'rules[2].when is missing.'],
    ['rules/2/when/status', 700, 'rules[2].when.status must be a whole number from 200 to 599; got 700.'],
    ['rules/2/when/status', '4xx', 'rules[2].when.status must be'],
    ['rules/2/when/status', [], 'rules[2].when.status must not be empty: it would match nothing.'],
    ['rules/2/when/status', [400, 1], 'rules[2].when.status[1] must be'],
    [
      'rules/2/when/status',
      { from: 500, to: 400 },
      'rules[2].when.status must not end before it begins; got 500 to 400.',
    ],
    ['rules/2/when/status', { from: 500 }, 'rules[2].when.status.to is missing.'],
    ['rules/2/when/header/name', 'Acme-Error', 'rules[2].when.header.name must be the name of a header in lower case'],
    [
      'rules/2/when/header/equals',
      /reused/,
      'rules[2].when.header.equals must be a text that is not empty; got something that is not data.',
    ],
    ['rules/2/when/header/includes', '', 'rules[2].when.header.includes must be'],
    ['rules/2/when/body', 'reused', 'rules[2].when.body is not known. Known here: status, header, json, any.'],
    ['rules/2/when/json', [], 'rules[2].when.json must not be empty'],
    ['rules/2/when/json', { path: '$.error.code' }, 'rules[2].when.json.path must be a dotted path'],
    ['rules/2/when/json', { path: 'errors[*].code' }, 'rules[2].when.json.path must be a dotted path'],
    ['rules/2/when/json', { path: 'a..b' }, 'rules[2].when.json.path must be a dotted path'],
    [
      'rules/2/when/json',
      { path: 'a', equals: null },
      'rules[2].when.json.equals must be a text, a number, true or false; got null.',
    ],
    ['rules/2/when/json', { path: 'a', in: [] }, 'rules[2].when.json.in must not be empty'],
    ['rules/2/when/json', { path: 'a', endsIn: [10] }, 'rules[2].when.json.endsIn[0] must be a text'],
    ['rules/2/when/any', [{}], 'rules[2].when.any[0] must say something'],
  ])('%s: %j', (path, value, says) => {
    expect(refusal(having(path, value)).message).toContain(says);
  });

  test.each([
    'post /v1/**',
    '/v1/**',
    'POST',
    'POST v1',
    'POST /v1/** ',
    'POST /v1?a=b',
    'POST /v1/**/payments',
    'POST /v1/pay*',
    'POST /v1/:id',
    'POST /v1/{id}',
    'POST https://acme.example/v1',
  ])('a route such as %j would match nothing', (route) => {
    expect(refusal(having('routes', { [route]: 'yes' })).message).toContain(
      `routes[${JSON.stringify(route)}] must be a method or *, a space and a path`,
    );
  });
});

test('all that is wrong is named at once, up to twenty facts', () => {
  const { message } = refusal({ name: 'acme', rules: Array.from({ length: 30 }, () => ({})) });
  expect(message).toContain('carrier is missing.\n');
  expect(message).toContain('rules[0].when is missing.\n');
  expect(message.split('\n')).toHaveLength(22);
  expect(message).toMatch(/and \d+ more\.$/);
});
