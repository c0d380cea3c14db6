import { isOpen } from '../../core/record.ts';
import type { StoredRecord, StoredRemains } from './stored-record.ts';

/** Open records have keys that sort behind all others (to IndexedDB every array is greater than every text), so that a start reads one range: those
 *  alone. An index cannot do that: Chromium leaves its old entries where they are and looks each of them up, so that 9,000 finished records
 *  made reading 1,000 open ones take three times as long; and every value put is read back for its sake. Decision 0018. */
export function openKey(identity: string): IDBValidKey {
  return [identity];
}

/** Where `value` belongs, and where its name can be besides. */
export function keysOf(
  identity: string,
  value: StoredRecord | StoredRemains,
): readonly [own: IDBValidKey, other: IDBValidKey] {
  const keys = [openKey(identity), identity] as const;
  return 'record' in value && isOpen(value.record) ? keys : [keys[1], keys[0]];
}

/** What is stored for a name. */
export interface Found {
  readonly value: unknown;
  /** Undefined: nowhere. */
  readonly at: IDBValidKey | undefined;
}

/** Looks under both keys of `identity` and calls `then` while the transaction is still active. */
export function find(records: IDBObjectStore, identity: string, then: (found: Found) => void): void {
  const open: IDBRequest<unknown> = records.get(openKey(identity));
  const other: IDBRequest<unknown> = records.get(identity);
  // Requests of one transaction are answered in their order.
  other.onsuccess = () => {
    if (open.result !== undefined) then({ value: open.result, at: openKey(identity) });
    else then({ value: other.result, at: other.result === undefined ? undefined : identity });
  };
}

/** Puts `value` where it belongs: a record that ended moves, in the same transaction. */
export function place(
  records: IDBObjectStore,
  identity: string,
  value: StoredRecord | StoredRemains,
  at: IDBValidKey | undefined,
): void {
  const [own, other] = keysOf(identity, value);
  records.put(value, own);
  if (at !== undefined && typeof at !== typeof own) records.delete(other);
}
