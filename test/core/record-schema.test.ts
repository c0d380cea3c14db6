import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JournalError } from '../../src/core/errors/index.ts';
import { keyIdentity } from '../../src/core/identity.ts';
import type { JournalRecord, KeyRecord } from '../../src/core/record.ts';
import { KEY_PATTERN, parseRecord } from '../../src/core/record-schema.ts';
import { toTombstone } from '../../src/core/tombstone.ts';
import { decodeRecord, encodeRecord } from '../../src/journal/codec.ts';
import { bytes, NOW, operation } from './support/rules.ts';

const full = operation(
  {
    lastSentAt: NOW,
    dueAt: NOW + 5,
    notBefore: NOW + 4,
    waiting: 'backoff',
    reason: 'stuck',
    response: { status: 201, headers: { date: 'x' }, body: bytes('{}') },
    source: 'replay',
    effect: 'possible',
    finishedAt: NOW,
    acknowledgedAt: NOW,
    driver: { nonce: 'n', pid: 1, startTime: '2', bootId: 'b', pidNamespace: 'p', lock: true },
    streak: { digest: '500 x', count: 2 },
    unreadable: 1,
    inProgressSince: NOW,
    redirectedTo: 'https://x.example',
  },
  { scope: 'live', meta: { a: [1, { b: null }] }, deadline: NOW, accepted: 'final', anonymous: true },
);
const identityOfKey = keyIdentity('shop', undefined, 'a-key-handed-in-by-a-backend');
const keyRecord: KeyRecord = {
  version: 1,
  identity: identityOfKey,
  revision: 1,
  write: 'w',
  fixed: { kind: 'key', operation: full.identity, round: 1, createdAt: NOW },
};

/** The record with one member replaced, by dotted path; undefined removes it. */
function spoilt(path: string, value: unknown, record: JournalRecord = full): unknown {
  const copy = structuredClone(record) as unknown as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() ?? '';
  const holder = names.reduce((at, name) => at[name] as Record<string, unknown>, copy);
  if (value === undefined) delete holder[last];
  else holder[last] = value;
  return copy;
}

function refusal(value: unknown, identity = full.identity): JournalError {
  try {
    parseRecord(value, identity);
  } catch (error) {
    expect(error).toBeInstanceOf(JournalError);
    return error as JournalError;
  }
  throw new Error('it was read');
}

describe('whole records', () => {
  test.each<[string, JournalRecord]>([
    ['every member', full],
    ['the least', operation()],
    ['tombstone', toTombstone(operation({ state: 'succeeded', finishedAt: NOW }))],
    [
      'claimed',
      (({ state: { dispatchedAt: _, ...state }, ...record }) => ({
        ...record,
        state: { ...state, state: 'claimed' as const },
      }))(operation()),
    ],
    ['before its first attempt', operation({ attempts: 0 })],
    ['claimed key', keyRecord],
  ])('%s', (_name, record) => {
    expect(parseRecord(structuredClone(record), record.identity)).toEqual(record);
    expect(decodeRecord(encodeRecord(record), record.identity)).toEqual(record);
  });
  test.each(['claimed', 'dispatched', 'in-doubt', 'succeeded', 'rejected', 'not-sent', 'discarded'] as const)(
    '%s',
    (state) => {
      expect(parseRecord(operation({ state }), full.identity)).toMatchObject({ state: { state } });
    },
  );
});

describe('damage', () => {
  const wrong: readonly (readonly [path: string, ...values: unknown[]])[] = [
    ['version', undefined, 0, -1, '1', null],
    ['identity', undefined, 'shop/alice/other', 7],
    ['revision', undefined, -1, 1.5, '1', Number.NaN],
    ['write', undefined, 7, null],
    ['fixed', undefined, null, [], 'x'],
    ['fixed.kind', undefined, 'other', 'key'],
    ['fixed.id', undefined, 7],
    ['fixed.owner', undefined, null],
    ['fixed.scope', 7, null],
    ['fixed.round', undefined, 0, -1, 1.5, '1'],
    ['fixed.key', undefined, '', 7, 'a b', 'a"b', 'a\\b', 'a\nb', 'schlüssel', 'x'.repeat(256)],
    ['fixed.request', undefined, null, [], 'x'],
    ['fixed.request.method', undefined, '', 'GE T', 'POST\r\nx: y', 7],
    ['fixed.request.url', undefined, 7, 'charges', 'ftp://x.example/', 'javascript:1', ''],
    ['fixed.request.headers', undefined, {}, ['accept'], [['accept']], [['accept', 1]], [['accept', 'b', 'c']]],
    [
      'fixed.request.headers',
      [['a b', 'c']],
      [['accept', 'b\r\nx: y']],
      [['accept', 'b\0']],
      [['accept', '\u0100']],
      [['', 'x']],
    ],
    ['fixed.request.body', 'text', { 0: 1 }, [1], null],
    ['fixed.fingerprint', undefined, 7],
    ['fixed.salt', undefined, null],
    ['fixed.createdAt', undefined, '1', Number.NaN, Number.POSITIVE_INFINITY],
    ['fixed.deadline', '1', Number.NaN, null],
    ['fixed.accepted', 'later', true, null],
    ['fixed.anonymous', false, 1, null],
    ['state', undefined, null, [], 'claimed'],
    ['state.state', undefined, 'done', null],
    ['state.dispatchedAt', 'x', Number.NaN, null],
    ['state.attempts', undefined, -1, 1.5, '1'],
    ['state.lastSeenAt', undefined, Number.NaN, '1'],
    ['state.lastSentAt', '1', null],
    ['state.dueAt', Number.NaN, '1'],
    ['state.notBefore', Number.NaN, '1'],
    ['state.waiting', 7, null],
    ['state.reason', 7, null],
    ['state.source', 7, 'elsewhere', null],
    ['state.effect', 'maybe', true, null],
    ['state.finishedAt', '1', null],
    ['state.acknowledgedAt', true, null],
    ['state.response', null, 'x', []],
    ['state.response.status', undefined, '201', -1, 1.5],
    ['state.response.headers', undefined, [], { date: 1 }, null],
    ['state.response.body', 'text', { 0: 1 }, null],
    ['state.driver', null, 'x', {}, { nonce: 1 }],
    ['state.streak', null, {}, { digest: 'x' }, { digest: 1, count: 1 }, { digest: 'x', count: -1 }],
    ['state.unreadable', -1, '1', null],
    ['state.inProgressSince', '1', Number.NaN],
    ['state.redirectedTo', 7, null],
    ['state.tombstone', false, 'true', null],
  ];
  test.each(wrong.map(([path, ...values]) => ({ path, values })))('$path', ({ path, values }) => {
    for (const value of values) expect(refusal(spoilt(path, value)).reason).toBe('corrupt');
  });
  test('dispatched without its mark would read as "nothing was sent"', () => {
    expect(refusal(spoilt('state.dispatchedAt', undefined)).reason).toBe('corrupt');
  });
  test.each<[string, ...unknown[]]>([
    ['fixed.operation', undefined, 7],
    ['fixed.round', undefined, -1, '1'],
    ['fixed.createdAt', undefined, Number.NaN],
  ])('of a key: %s', (path, ...values) => {
    for (const value of values) expect(refusal(spoilt(path, value, keyRecord), identityOfKey).reason).toBe('corrupt');
  });
  test.each([undefined, null, [], 'x', 7, true, {}, [full]])('%j is no record', (value) => {
    expect(refusal(value).reason).toBe('corrupt');
  });
  test("another operation's record is not ours", () => {
    expect(refusal(full, 'shop/bob/cart%2F1').reason).toBe('corrupt');
  });
  test('the error names the record, and of a handed-in key eight characters', () => {
    expect(refusal(undefined).message).toContain('shop/alice/cart%2F1');
    const { message } = refusal(undefined, identityOfKey);
    expect(message).toContain('a-key-ha...');
    expect(message).not.toContain('a-key-handed-in-by-a-backend');
  });
});

describe('newer versions', () => {
  test.each([2, 1.5, 1e9])('%d is left alone, whatever else it holds', (version) => {
    expect(refusal({ ...full, version }).reason).toBe('newer-version');
    expect(refusal({ version }).reason).toBe('newer-version');
    expect(refusal({ ...full, version, identity: 'x' }).reason).toBe('newer-version');
  });
});

describe('hostile members', () => {
  const evil = JSON.stringify(full).replace(
    '"meta":{',
    '"__proto__":{"admin":true},"meta":{"__proto__":{"admin":true},',
  );
  const text = encodeRecord(full).replace('"meta":{', '"meta":{"__proto__":{"admin":true},');
  test('__proto__ is dropped at every depth', () => {
    expect(evil).not.toBe(JSON.stringify(full));
    const record = decodeRecord(text, full.identity);
    expect(record).toEqual(full);
    const { meta } = record.fixed as { meta: object };
    expect(Object.hasOwn(meta, '__proto__')).toBe(false);
    expect(Object.assign({}, meta)).not.toHaveProperty('admin');
  });
  test('a record that is nothing but a prototype is none', () => {
    expect(refusal(Object.create(full)).reason).toBe('corrupt');
    expect(refusal(JSON.parse(`{"__proto__":${JSON.stringify(full)}}`)).reason).toBe('corrupt');
  });
  test('nesting beyond the stack is damage', () => {
    const deep: unknown = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
    expect(refusal(spoilt('fixed.meta', 0) && { ...full, fixed: { ...full.fixed, meta: deep } }).reason).toBe(
      'corrupt',
    );
  });
});

describe('whatever a journal hands over', () => {
  test('a record or a JournalError', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(refusal(value).reason).toMatch(/corrupt|newer-version/);
      }),
    );
  });
  test('a record with any one member replaced by anything', () => {
    const paths = ['fixed', 'state', 'fixed.request'].flatMap((holder) => {
      const members = holder
        .split('.')
        .reduce((at, name) => at[name] as Record<string, unknown>, full as never as Record<string, unknown>);
      return Object.keys(members).map((name) => `${holder}.${name}`);
    });
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        try {
          expect(parseRecord(spoilt(path, value), full.identity).identity).toBe(full.identity);
        } catch (error) {
          expect(error).toBeInstanceOf(JournalError);
        }
      }),
    );
  });
  test('text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => decodeRecord(text, full.identity)).toThrow(JournalError);
      }),
    );
  });
});

test.each<[string, boolean]>([
  ['k', true],
  ['!#$%&~', true],
  ['x'.repeat(255), true],
  ['x'.repeat(256), false],
  ['', false],
  [' ', false],
  ['"', false],
  ['\\', false],
  ['é', false],
  ['k\n', false],
  ['\x7F', false],
])('key %j: %s', (key, fits) => {
  expect(KEY_PATTERN.test(key)).toBe(fits);
});
