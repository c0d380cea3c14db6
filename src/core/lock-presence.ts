import type { DriverMark } from './driver-mark.ts';
import type { Clock, Locks, Presence, Random } from './ports.ts';

/** Chromium's back/forward cache keeps the lock of a page in it and starves whoever queued before; asking for the list of locks evicts the
 *  page within milliseconds. Measured: no limit seen without it. */
const NUDGE_EVERY_MS = 15_000;

export interface LockPresenceOptions {
  /** Undefined: nobody can tell whether this client lives, so its mark names no lock. */
  readonly locks: Locks | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Calls the listener when the page goes: the lock is dropped, for a cached page would keep it. Returns the unsubscribe function. */
  readonly onHide?: (listener: () => void) => () => void;
  /** Called every 15 s while a follower queues. */
  readonly nudge?: () => void;
}

/** A driver says that it lives by holding a lock named by its own nonce; a follower queues on that lock. The lock goes with its holder, however
 *  it ends: closed, crashed, killed. It guards sending only: the key is unique without it. */
export function lockPresence(options: LockPresenceOptions): Presence {
  const { locks, clock, random, onHide, nudge } = options;
  let present: Announcement | undefined;
  const leave = (): void => {
    const last = present;
    present = undefined;
    last?.end();
  };
  return {
    enter() {
      // Memoised: a second request for the same exclusive name would wait for the first, for ever.
      present ??= announce(locks, nonce(random), onHide?.(leave), (lost) => {
        if (present === lost) leave();
      });
      return present.mark;
    },
    holds: (mark) => mark !== undefined && present?.announced() === mark.nonce,
    leave,
    async watch(driver, signal) {
      signal.throwIfAborted();
      if (locks === undefined || driver.lock !== true) return 'unknown';
      const queue = new AbortController();
      if (nudge !== undefined) void repeat(nudge, clock, queue.signal);
      try {
        await locks.hold(lockName(driver.nonce), signal, async () => {});
        return 'gone';
      } catch {
        signal.throwIfAborted();
        return 'unknown';
      } finally {
        queue.abort();
      }
    },
  };
}

interface Announcement {
  readonly mark: Promise<DriverMark>;
  /** The nonce once others can see it. */
  announced(): string | undefined;
  end(): void;
}

function announce(
  locks: Locks | undefined,
  nonce: string,
  unsubscribe: (() => void) | undefined,
  onLost: (announcement: Announcement) => void,
): Announcement {
  const queue = new AbortController();
  let visible = false;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let marked = (_: DriverMark): void => {};
  const mark = new Promise<DriverMark>((resolve) => {
    marked = resolve;
  });
  const show = (shown: DriverMark): void => {
    visible = true;
    marked(shown);
  };
  const announcement: Announcement = {
    mark,
    announced: () => (visible ? nonce : undefined),
    end() {
      unsubscribe?.();
      end();
      queue.abort();
    },
  };
  const held = async (): Promise<void> => {
    if (locks === undefined) return show({ nonce });
    try {
      await locks.hold(lockName(nonce), queue.signal, () => {
        // The grant comes before anybody can read the nonce: a name nobody holds would mean "gone".
        show({ nonce, lock: true });
        return ended;
      });
    } catch {
      // Locks can be refused (sandboxed and partitioned frames): then this client is judged by its lease, like one without locks.
      if (!visible) return show({ nonce });
    }
    // Stolen, or taken away with the page in the cache: others may drive now.
    onLost(announcement);
  };
  void held();
  return announcement;
}

async function repeat(nudge: () => void, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(NUDGE_EVERY_MS, signal);
      nudge();
    }
  } catch {
    // The queueing ended.
  }
}

/** Holds nothing of the operation, its owner or its key: names of locks can be read by every script of the origin. */
function lockName(nonce: string): string {
  return `onceward:${nonce}`;
}

function nonce(random: Random): string {
  return Array.from(random.bytes(16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
