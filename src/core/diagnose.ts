import type { JournalReason } from './errors/journal-error.ts';
import { asJournalError, isOperation } from './save.ts';
import type { Services } from './services.ts';
import type { Diagnosis } from './types.ts';

/** Opens the journal and counts what is unfinished under this client's name, whoever owns it.
 *  @throws JournalError where the journal cannot be opened or read, UsageError where there is none */
export async function diagnose({ settings, journal }: Services): Promise<Diagnosis> {
  const store = journal();
  try {
    await store.open();
    const { records, unreadable } = await store.list(`${encodeURIComponent(settings.name)}/`, { open: true });
    const states = records.filter(isOperation).map(({ state }) => state.state);
    const lostAt = await store.lostAt?.();
    const problems: Diagnosis['problems'] = [
      ...(lostAt === undefined ? [] : [lossAt(lostAt)]),
      ...unreadable.map(({ identity, reason }: { identity: string; reason: JournalReason }) => ({
        code: 'ERR_ONCEWARD_JOURNAL' as const,
        reason,
        message: `The record ${identity} cannot be read (${reason}). It is left as it is, and nothing is sent in its name.`,
      })),
    ];
    return {
      ok: problems.length === 0,
      journal: {
        kind: store.kind,
        durability: store.durability,
        pending: states.filter((state) => state === 'claimed' || state === 'dispatched').length,
        inDoubt: states.filter((state) => state === 'in-doubt').length,
      },
      problems,
    };
  } catch (error) {
    throw asJournalError(error, undefined);
  }
}

function lossAt(at: number): Diagnosis['problems'][number] {
  return {
    code: 'ERR_ONCEWARD_JOURNAL_LOST',
    reason: 'lost',
    message: `The journal's storage was thrown away or deleted (noticed ${new Date(at).toISOString()}). Operations that could be put back keep their keys: call those that had not ended again, with the same content. Every other name is refused, for it may have been sent: compare with your server, then call client.operations.acknowledgeLoss().`,
  };
}
