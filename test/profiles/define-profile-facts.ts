import { UsageError } from '../../src/core/errors/index.ts';
import { defineProfile, type ProfileData, type Rule } from '../../src/profiles/index.ts';

export const IN_PROGRESS: Rule = { when: { status: 409 }, means: 'in-progress' };

/** An API that says everything a profile can say. */
export const FACTS = {
  name: 'acme',
  carrier: { kind: 'header', name: 'Acme-Key', encoding: 'raw' },
  key: { limit: 64, uuidOnly: false },
  routes: {
    'POST /v1/payments': { honoured: 'yes', lifetime: { kind: 'forever' }, keyLimit: 40, required: 'yes' },
    '* /v1/**': 'yes',
  },
  required: 'no',
  lifetime: { kind: 'fixed', ms: 3_600_000, from: 'first-sent' },
  accepted: 'monitor',
  monitorFailure: 'rejected',
  replay: { header: 'acme-replay', equals: 'true' },
  stores: { success: 'yes', clientErrors: 'yes', serverErrors: 'no', validation: 'unknown' },
  rejections: { first: [400, 404, 422], later: [404] },
  conflict: 'in-progress',
  companions: ['acme-version'],
  firstSent: 'Acme-First-Sent',
  recover: {
    url: '{path}/{pointer}',
    pointer: 'links.id',
    keyAt: 'meta.key',
    accept: { status: 200, json: { path: 'id' } },
    when: 'named',
  },
  waitHeaders: ['acme-wait-ms'],
  minWait: { 429: 1_000 },
  cors: { callable: 'yes', expose: ['Acme-Replay'] },
  rules: [
    IN_PROGRESS,
    { when: { status: { from: 200, to: 299 }, json: { path: 'done', equals: true } }, means: 'recover' },
    {
      when: { status: [400, 422], header: { name: 'acme-error', equals: 'reused' } },
      means: { doubt: 'key-mismatch' },
    },
    { when: { status: 402, any: [{ header: { name: 'x', includes: 'y' } }] }, context: 'first', means: 'rejected' },
    { when: { json: [{ path: 'a.*.b', in: ['1', 1], endsIn: ['1'] }, { path: 'c' }] }, means: 'unchanged' },
  ],
  answers: {
    inProgress: { status: 409, headers: { 'content-type': 'application/json' }, body: '{"running":"<key>"}' },
    mismatch: { status: 422, headers: { 'Acme-Error': 'reused' }, body: '' },
    missingKey: { status: 400, headers: {}, body: '' },
    malformedKey: { status: 400, headers: {}, body: '' },
    honoured: { 'acme-key': '<key>' },
  },
} as const satisfies ProfileData;

export type Junk = Record<string, unknown>;

/** FACTS with another value at a path; `GONE` takes the member away. */
export const GONE: unique symbol = Symbol('gone');
export function having(path: string, value: unknown): Junk {
  const facts = structuredClone(FACTS) as unknown as Junk;
  const names = path.split('/').map((name) => name.replaceAll('~', '/'));
  const last = names.pop() ?? '';
  const holder = names.reduce<Junk>((one, name) => one[name] as Junk, facts);
  if (value === GONE) delete holder[last];
  else holder[last] = value;
  return facts;
}

export function refusal(data: unknown): UsageError {
  try {
    defineProfile(data as ProfileData);
  } catch (error) {
    if (error instanceof UsageError && error.code === 'ERR_ONCEWARD_INVALID_OPTION') return error;
    throw error;
  }
  throw new Error('it was taken');
}
