import { operationIdentity } from '../../core/identity.ts';
import type { Change, KeyRecord, NewRecord, OperationPart, OperationRecord, StatePart } from '../../core/record.ts';

const ANY_DAY = Date.UTC(2026, 0, 2);

/** Makes records for one test. Keys and write tokens are counted: every record has its own. */
export interface Samples {
  operation(id: string, overrides?: Partial<OperationPart>, owner?: string): OperationRecord & NewRecord;
  key(identity: string, operation: string): KeyRecord & NewRecord;
  /** A compare-and-set at `revision` with a write token of its own. */
  change(revision: number, state?: Partial<StatePart>, round?: OperationPart): Change;
}

/** Builders whose records carry every member that a journal must keep. */
export function samples(): Samples {
  let made = 0;
  const next = () => String(++made).padStart(6, '0');
  return {
    operation(id, overrides = {}, owner = 'alice') {
      const number = next();
      return {
        version: 1,
        identity: operationIdentity('shop', owner, id),
        revision: 1,
        write: `write-${number}`,
        fixed: {
          kind: 'operation',
          id,
          owner,
          scope: 'live',
          round: 1,
          key: `key-${number}`,
          request: {
            method: 'POST',
            url: 'https://api.example/charges?expand=card',
            headers: [['content-type', 'application/json']],
            body: utf8(`{"amount":${made},"note":"a \\u0000 and \\u2028"}`),
          },
          fingerprint: `fingerprint-${number}`,
          salt: `salt-${number}`,
          createdAt: ANY_DAY,
          meta: { cart: [1, 'two', null, { deep: true }] },
          deadline: ANY_DAY + 86_400_000,
          ...overrides,
        },
        state: {
          state: 'dispatched',
          dispatchedAt: ANY_DAY + 5,
          attempts: 1,
          lastSeenAt: ANY_DAY + 5,
          driver: { nonce: `nonce-${number}`, lock: true },
        },
      };
    },
    key(identity, operation) {
      const write = `write-${next()}`;
      return {
        version: 1,
        identity,
        revision: 1,
        write,
        fixed: { kind: 'key', operation, round: 1, createdAt: ANY_DAY },
      };
    },
    change(revision, state = {}, round) {
      const change = {
        revision,
        write: `write-${next()}`,
        state: { state: 'dispatched', dispatchedAt: ANY_DAY + 5, attempts: 2, lastSeenAt: ANY_DAY + 9, ...state },
      } satisfies Change;
      return round === undefined ? change : { ...change, round };
    },
  };
}

/** What a finish writes. */
export function succeeded(body?: Uint8Array<ArrayBuffer>): Partial<StatePart> {
  const response = { status: 201, headers: { 'content-type': 'application/json', 'x-request-id': 'r-1' } };
  return {
    state: 'succeeded',
    finishedAt: ANY_DAY + 20,
    source: 'network',
    response: body === undefined ? response : { ...response, body },
  };
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
