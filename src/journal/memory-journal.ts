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
  const store = (record: JournalRecord): void => {
    const { identity } = record;
    records.set(identity, checkRecord(record, identity));
    hints.tell(identity);
  };
  return {
    kind: 'memory',
    durability: 'process',
    async open() {},
    async claim(offered) {
      const { identity } = offered;
      const existing = records.get(identity);
      if (existing !== undefined) return given(applyClaim(existing, offered));
      store(copied(offered));
      return { created: true, record: copied(offered) };
    },
    async update(identity, change) {
      const existing = records.get(identity);
      const result = applyUpdate(existing, change);
      const { won, record } = result;
      if (!won || record?.state === undefined || record === existing) return given(result);
      const { fixed, state } = record;
      // What came in goes out again: its writer's own. What is kept is nobody else's.
      store({ ...record, fixed: change.round ? copied(fixed) : fixed, state: copied(state) });
      return { won, record: change.round ? record : { ...record, fixed: copied(fixed) } };
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
  // At once, and then what holds more: this is most of what this journal does.
  const copy = { ...value } as Record<string, unknown>;
  if (Object.hasOwn(copy, '__proto__')) delete copy['__proto__'];
  for (const name in copy) {
    const member = copy[name];
    if (typeof member === 'object' && member !== null) copy[name] = copied(member);
  }
  return copy as T;
}
