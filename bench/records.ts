import { operationIdentity } from '../src/core/identity.ts';
import type { Change, NewRecord, OperationRecord, StatePart } from '../src/core/record.ts';
import { toTombstone } from '../src/core/tombstone.ts';

const DAY = 86_400_000;
const TEXT = new TextEncoder();

/** The record as JSON holds it, body as text: what a store of text is given, and what the bare loop writes. */
export interface PlainRecord {
  readonly identity: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** How long a claim is as JSON: a small payment with all that is stored of it. */
export function recordBytes(): number {
  return JSON.stringify(plainClaim().record).length;
}

let made = 0;

/** A claim as the client writes it, with a name, a key and a write token of its own. */
export function claimOf(body: Uint8Array<ArrayBuffer> = BODY): OperationRecord & NewRecord {
  const { id, identity, key, write } = names();
  const now = Date.now();
  return {
    version: 1,
    identity,
    revision: 1,
    write,
    fixed: {
      kind: 'operation',
      id,
      owner: 'u-1',
      round: 1,
      key,
      request: { method: 'POST', url: 'https://api.example/v1/charges', headers: HEADERS, body },
      fingerprint: FINGERPRINT,
      salt: SALT,
      createdAt: now,
    },
    state: { state: 'dispatched', attempts: 0, lastSeenAt: now, driver: DRIVER, dispatchedAt: now },
  };
}

/** The same for stores that are not a journal. */
export function plainClaim(): PlainRecord {
  const { fixed, ...record } = claimOf();
  const { request, ...part } = fixed;
  return {
    identity: record.identity,
    record: { ...record, fixed: { ...part, request: { ...request, body: { text: BODY_TEXT } } } },
  };
}

/** What a finish writes over a claim of this file: a small JSON answer. */
export function finishOf({ revision, state }: OperationRecord): Change {
  const now = Date.now();
  const { driver: _, ...before } = state;
  const finished: StatePart = {
    ...before,
    state: 'succeeded',
    attempts: 1,
    lastSeenAt: now,
    lastSentAt: now,
    finishedAt: now,
    source: 'network',
    response: { status: 201, headers: { 'content-type': 'application/json' }, body: ANSWER },
  };
  return { revision, write: names().write, state: finished };
}

/** Finished and told of so long ago that nothing but the fact is kept. */
export function tombstoneOf(): OperationRecord {
  const claim = claimOf();
  const state = { ...finishOf(claim).state, finishedAt: Date.now() - 400 * DAY };
  return toTombstone({ ...claim, state });
}

/** Finished and told of just now, with a body of `bytes` in its answer. */
export function finishedOf(bytes: number): OperationRecord {
  const claim = claimOf();
  const { state } = finishOf(claim);
  const response = { status: 201, headers: {}, body: TEXT.encode('x'.repeat(bytes)) };
  const { body: _, ...request } = claim.fixed.request;
  return { ...claim, fixed: { ...claim.fixed, request }, state: { ...state, response, acknowledgedAt: Date.now() } };
}

function names() {
  // In no order, as the ids of carts are: names that only grow are what trees like best. Odd times counter: none twice.
  const number = (Math.imul(++made, 0x9e3779b1) >>> 0).toString().padStart(10, '0');
  const id = `cart/${number}`;
  return {
    id,
    identity: operationIdentity('shop', 'u-1', id),
    key: `7d0d3a3e-2f4c-4d53-9e1b-${number}ab`,
    write: `3f9a1c0de77b${number}ab`,
  };
}

const HEADERS = [['content-type', 'application/json']] as const;
const FINGERPRINT = '5b0e8c3a-1d52-5f7e-8f0a-2f6a9d1c4e77';
const SALT = 'c1d2a3b4-0f1e-4a2b-9c3d-4e5f60718293';
/** As Node's clients mark what they drive. */
const DRIVER = {
  nonce: '0-9f8e7d6c5b4a39281706f5e4d3c2b1a0',
  pid: 12_345,
  startTime: '1234567',
  bootId: '2b1c0d9e-8f7a-4b6c-9d5e-4f3a2b1c0d9e',
  pidNamespace: 'pid:[4026531836]',
} as const;
const BODY_TEXT = '{"amount":1999,"currency":"eur","customer":"c-1"}';
const BODY = TEXT.encode(BODY_TEXT);
const ANSWER = TEXT.encode('{"id":"ch_01HZX","status":"succeeded","amount":1999}');
