import type { Journal } from './journal.ts';
import { isFinished, type JournalRecord, type OperationRecord } from './record.ts';
import { isOperation, token, withoutLargeBody } from './save.ts';
import type { Services } from './services.ts';
import type { Settings } from './settings.ts';

/** Acknowledged: a promise of this process was given the finished outcome. A second, relaxed write after the delivery, never part of the finish:
 *  a crash in between hands the outcome out again, and never loses it. */
export function deliver(settings: Settings, journal: () => Journal): Pick<Services, 'acknowledge' | 'delivered'> {
  /** `stored`: the record as it was written or read last. */
  const mark = async (stored: JournalRecord | undefined, { identity, fixed }: OperationRecord): Promise<void> => {
    const store = journal();
    for (let record = stored ?? (await store.get(identity)); record !== undefined; ) {
      if (!isOperation(record) || record.fixed.key !== fixed.key) return;
      if (!isFinished(record.state) || record.state.acknowledgedAt !== undefined) return;
      const state = { ...withoutLargeBody(record.state), acknowledgedAt: settings.clock.now() };
      const change = { revision: record.revision, write: token({ settings }), state };
      const result = await store.update(identity, change, { relaxed: true });
      if (result.won) return;
      record = result.record;
    }
  };
  return {
    acknowledge: (record) => mark(undefined, record),
    delivered: ({ record, persisted }) => {
      if (!isFinished(record.state) || record.state.acknowledgedAt !== undefined) return;
      // Where it cannot be stored, or the client is closed, the next resume() hands the outcome out once more.
      mark(persisted ? record : undefined, record).catch(() => undefined);
    },
  };
}
