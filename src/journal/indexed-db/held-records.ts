import { isFinished, type JournalRecord } from '../../core/record.ts';

const MOST_RECORDS = 1000;
const MOST_BYTES = 8 * 1024 * 1024;

/** The unfinished operations this page knows, whole: what it can put back when the database is taken away under it. The oldest are let go first. */
export interface HeldRecords {
  /** What is stored now under `identity`, as far as we have seen. */
  note(identity: string, record: JournalRecord | undefined): void;
  /** The same, for what is only read: kept up to date, never begun. */
  refresh(identity: string, record: JournalRecord | undefined): void;
  all(): Iterable<JournalRecord>;
  clear(): void;
}

export function heldRecords(): HeldRecords {
  const held = new Map<string, JournalRecord>();
  let bytes = 0;

  const letGo = (identity: string): void => {
    bytes -= bytesOf(held.get(identity));
    held.delete(identity);
  };
  const note = (identity: string, record: JournalRecord | undefined): void => {
    letGo(identity);
    if (record?.state === undefined || isFinished(record.state)) return;
    held.set(identity, record);
    bytes += bytesOf(record);
    for (const oldest of held.keys()) {
      if (held.size <= MOST_RECORDS && bytes <= MOST_BYTES) return;
      letGo(oldest);
    }
  };

  return {
    note,
    refresh(identity, record) {
      if (held.has(identity)) note(identity, record);
    },
    all: () => held.values(),
    clear() {
      held.clear();
      bytes = 0;
    },
  };
}

function bytesOf(record: JournalRecord | undefined): number {
  return record?.fixed.kind === 'operation' ? (record.fixed.request.body?.length ?? 0) : 0;
}
