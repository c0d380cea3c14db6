import type { Journal } from './journal.ts';
import { isOperation, token } from './save.ts';
import type { Settings } from './settings.ts';

/** What a failed write would have stored. */
export interface Disowned {
  readonly identity: string;
  readonly write: string;
}

interface Means {
  readonly journal: Journal;
  readonly settings: Settings;
}

/** Callers that ask again at once find their claim as it is. */
const FIRST_WAIT = 1_000;
/** A store that answers late may also carry out late what it was asked: absent after so long is absent. */
const LAST_WAIT = 60_000;

/** A claim that failed may be stored all the same: only its answer was lost. Its caller is told that nothing was sent, so nobody may send it later of
 *  himself; and it names a driver that never starts, for which other processes would wait as long as this one lives. As soon as the journal works again,
 *  such a claim is ended as not sent. Whoever calls the name then begins anew. */
export class DisownedClaims {
  readonly #open = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  readonly #closed: AbortSignal;

  constructor(closed: AbortSignal) {
    this.#closed = closed;
  }

  /** Ends what may be stored of it, in the background. */
  add(claim: Disowned, means: Means): void {
    if (this.#closed.aborted) return;
    const stop = new AbortController();
    const close = (): void => stop.abort();
    this.#closed.addEventListener('abort', close, { once: true });
    const ended = disown(claim, means, stop.signal).finally(() => {
      this.#closed.removeEventListener('abort', close);
      if (this.#open.get(claim.identity)?.stop === stop) this.#open.delete(claim.identity);
    });
    this.#open.set(claim.identity, { stop, ended });
  }

  /** The name is called again, and its claim is no longer disowned. Resolves when nothing is under way that would end it. */
  async reclaim(identity: string): Promise<void> {
    const open = this.#open.get(identity);
    open?.stop.abort();
    await open?.ended;
  }
}

async function disown({ identity, write }: Disowned, { journal, settings }: Means, stop: AbortSignal): Promise<void> {
  for (let wait = FIRST_WAIT; ; wait *= 2) {
    await settings.clock.sleep(Math.min(wait, LAST_WAIT), stop).catch(() => undefined);
    if (stop.aborted) return;
    try {
      const record = await journal.get(identity);
      if (stop.aborted || (record === undefined && wait > LAST_WAIT)) return;
      if (record === undefined) continue;
      if (!isOperation(record) || record.write !== write) return;
      const now = settings.clock.now();
      const state = { state: 'not-sent', attempts: 0, lastSeenAt: now, finishedAt: now } as const;
      await journal.update(identity, { revision: record.revision, write: token({ settings }), state });
      return;
    } catch {
      // The journal still fails.
    }
  }
}
