import type { Journal } from '../core/journal.ts';
import { applyClaim, applyUpdate, isOpen, type JournalRecord } from '../core/record.ts';
import { checkRecord } from '../core/record-schema.ts';
import { changeHints } from './change-hints.ts';

/** A journal in this process's memory, for tests and for work that may be forgotten: nothing survives a restart, and no other process or tab
 *  sees it. Two clients given the same journal share it.
 *
 *  Not a store journal over a Map: nothing reads a record here that was not checked when it came in, so it is never text. */
export function memoryJournal(): Journal {
  const records = new Map<string, JournalRecord>();
  const hints = changeHints();
  /** Checked as every journal's records are: what could not be read again must not be claimed. */
  const store = (record: JournalRecord): JournalRecord => {
    const { identity } = record;
    records.set(identity, checkRecord(record, identity));
    hints.tell(identity);
    return copied(record);
  };
  return {
    kind: 'memory',
    durability: 'process',
    async open() {},
    async claim(offered) {
      const { identity } = offered;
      const existing = records.get(identity);
      if (existing !== undefined) return given(applyClaim(existing, offered));
      return { created: true, record: store(copied(offered)) };
    },
    async update(identity, change) {
      const existing = records.get(identity);
      const result = applyUpdate(existing, copied(change));
      if (!result.won || result.record === undefined || result.record === existing) return given(result);
      return { won: true, record: store(result.record) };
    },
    get: async (identity) => copied(records.get(identity)),
    async list(prefix, { open = false } = {}) {
      const found = [...records.values()].filter(
        (record) => record.identity.startsWith(prefix) && (!open || isOpen(record)),
      );
      return { records: found.map(copied), unreadable: [] };
    },
    async remove(identity, revision) {
      if (records.get(identity)?.revision !== revision) return false;
      records.delete(identity);
      hints.tell(identity);
      return true;
    },
    watch: hints.watch,
    async close() {},
  };
}

function given<T extends { readonly record: JournalRecord | undefined }>(result: T): T {
  return { ...result, record: copied(result.record) };
}

/** What was handed in or out is the caller's: writing into it changes nothing stored. */
function copied<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return value.slice() as T;
  if (Array.isArray(value)) return value.map(copied) as T;
  const copy: Record<string, unknown> = {};
  // Not Object.entries: this is most of what this journal does.
  for (const name of Object.keys(value)) {
    if (name !== '__proto__') copy[name] = copied((value as Record<string, unknown>)[name]);
  }
  return copy as T;
}
