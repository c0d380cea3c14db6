import { JournalError } from './errors/journal-error.ts';
import type { Journal } from './journal.ts';

/** What `crash` of onceward/testing calls on a client, whichever copy of the package made it. */
export const CRASH: unique symbol = Symbol.for('onceward.crash');

const WITH_PROMISES = [
  'open',
  'claim',
  'update',
  'get',
  'list',
  'remove',
  'lostAt',
  'acknowledgeLoss',
] as const satisfies readonly (keyof Journal)[];

/** Somebody who waits for what a client does. */
export interface Waiter {
  /** Passes on what comes, unless the client has crashed since. */
  readonly pass: <T>(work: Promise<T>) => Promise<T>;
  /** Lets only those failures through that come from a living client. */
  readonly silence: (error: unknown) => undefined;
}

/** Whether a client still lives. One that crashed ends as a killed process does: its work winds up, but nothing of it is written, and nobody is told. */
export class Life {
  over = false;

  /** For somebody who begins to wait now. */
  begin(): Waiter {
    const lives = !this.over;
    return {
      pass: async (work) => {
        try {
          return await work;
        } finally {
          if (lives && this.over) await new Promise(() => {});
        }
      },
      silence: (error) => {
        if (lives && this.over) return undefined;
        throw error;
      },
    };
  }

  /** `inner` for as long as the client lives. */
  journal(inner: Journal): Journal {
    const outer: Partial<Record<keyof Journal, unknown>> = {
      watch: (listener: Parameters<Journal['watch']>[0]) => inner.watch(listener),
      close: () => inner.close(),
    };
    for (const name of ['kind', 'durability'] as const) {
      Object.defineProperty(outer, name, { enumerable: true, get: () => inner[name] });
    }
    for (const name of WITH_PROMISES) {
      if (inner[name] === undefined) continue;
      outer[name] = (...given: never[]) =>
        this.over
          ? Promise.reject(new JournalError('unavailable', 'The client crashed.'))
          : (inner[name] as (...same: never[]) => unknown)(...given);
    }
    return outer as Journal;
  }
}
