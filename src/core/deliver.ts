import type { Journal } from './journal.ts';
import { isFinished, type OperationRecord } from './record.ts';
import { isOperation, token } from './save.ts';
import type { Services } from './services.ts';
import type { Settings } from './settings.ts';

/** Acknowledged: a promise of this process was given the finished outcome. A second, relaxed write after the delivery, never part of the finish:
 *  a crash in between hands the outcome out again, and never loses it. */
export function deliver(settings: Settings, journal: () => Journal): Pick<Services, 'acknowledge' | 'delivered'> {
  const acknowledge = async ({ identity, fixed }: OperationRecord): Promise<void> => {
    const store = journal();
    for (;;) {
      const record = await store.get(identity);
      if (
        record === undefined ||
        !isOperation(record) ||
        record.fixed.key !== fixed.key ||
        !isFinished(record.state) ||
        record.state.acknowledgedAt !== undefined
      )
        return;
      const state = { ...record.state, acknowledgedAt: settings.clock.now() };
      const change = { revision: record.revision, write: token({ settings }), state };
      if ((await store.update(identity, change, { relaxed: true })).won) return;
    }
  };
  return {
    acknowledge,
    delivered: (record) => {
      if (!isFinished(record.state) || record.state.acknowledgedAt !== undefined) return;
      // Where it cannot be stored, or the client is closed, the next resume() hands the outcome out once more.
      acknowledge(record).catch(() => undefined);
    },
  };
}
