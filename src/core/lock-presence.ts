import { type DriverMark, presenceName } from './driver-mark.ts';
import type { Clock, Locks, Presence, Random } from './ports.ts';
import type { Pulse } from './pulse.ts';
import { sharedWatch } from './shared-watch.ts';
import { type OpenChannel, watchDriver } from './watch-driver.ts';

export interface LockPresenceOptions {
  /** Undefined: no lock says whether this client lives, so its mark names none. */
  readonly locks: Locks | undefined;
  readonly clock: Clock;
  readonly random: Random;
  /** Calls the listener when the page goes: the lock is dropped, for a cached or frozen page would keep it. Returns the unsubscribe function. */
  readonly onHide?: (listener: () => void) => () => void;
  /** Calls the listener when the page is back. Until then it does not announce itself again: from inside the cache that would be a lock for ever. */
  readonly onShow?: (listener: () => void) => () => void;
  /** Called every 15 s while a follower queues. */
  readonly nudge?: () => void;
  /** Undefined: nobody can be asked, a held lock is all there is. */
  readonly channel?: OpenChannel | undefined;
  /** Notices that this client stood still so long that others may have taken it for gone. */
  readonly pulse?: () => Pulse;
}

/** A driver says that it lives by holding a lock named by its own nonce, and by answering who asks for it; a follower queues on that lock, and asks.
 *  The lock goes with its holder, however it ends: closed, crashed, killed. Only who stands still keeps it, and does not answer. All this guards
 *  sending only: the key is unique without it. */
export function lockPresence(options: LockPresenceOptions): Presence {
  const client = hex(options.random.bytes(16));
  let count = 0;
  let present: Announcement | undefined;
  let back: Promise<void> | undefined;

  const leave = (): void => {
    const last = present;
    present = undefined;
    last?.end();
  };
  const hide = (): void => {
    leave();
    back ??= shown(options).then(() => {
      back = undefined;
    });
  };
  const leaveIfMissed = (): void => {
    if (present?.missed() === true) leave();
  };
  const watch = sharedWatch((driver, signal) => watchDriver(driver, options, signal));
  const announced = (): Promise<DriverMark> => {
    leaveIfMissed();
    // Memoised: a second request for the same exclusive name would wait for the first, for ever.
    if (present === undefined) {
      count += 1;
      present = announce(`${client}-${count}`, options, hide, (lost) => {
        if (present === lost) leave();
      });
    }
    return present.mark;
  };
  return {
    enter: () => (back === undefined ? announced() : back.then(announced)),
    holds(mark) {
      leaveIfMissed();
      return mark !== undefined && present?.nonce() === mark.nonce;
    },
    leave,
    async watch(driver, signal) {
      signal.throwIfAborted();
      // What this client was before it left: nobody else can be that.
      if (driver.nonce.startsWith(`${client}-`) && driver.nonce !== present?.nonce()) return 'gone';
      return watch(driver, signal);
    },
  };
}

interface Announcement {
  readonly mark: Promise<DriverMark>;
  /** The nonce once others can see it. */
  nonce(): string | undefined;
  missed(): boolean;
  end(): void;
}

function announce(
  nonce: string,
  { locks, clock, channel, pulse, onHide }: LockPresenceOptions,
  hide: () => void,
  onLost: (announcement: Announcement) => void,
): Announcement {
  const queue = new AbortController();
  const beats = pulse?.();
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
  const missed = (): boolean => beats?.missed() === true;
  const asked = channel?.(presenceName(nonce), (message) => {
    if (message === 'anybody') void clock.sleep(0, queue.signal).then(answer, () => undefined);
  });
  /** By a timer: a frozen page of Chromium still hears messages, and timers are what it does without. */
  const answer = (): void => {
    // Late answers come from somebody who may be taken for gone already.
    if (missed()) onLost(announcement);
    else asked?.tell('here');
  };
  const unsubscribe = onHide?.(hide);
  const announcement: Announcement = {
    mark,
    nonce: () => (visible ? nonce : undefined),
    missed,
    end() {
      unsubscribe?.();
      beats?.stop();
      asked?.tell('gone');
      asked?.close();
      end();
      queue.abort();
    },
  };
  const held = async (): Promise<void> => {
    if (locks === undefined) return show({ nonce });
    try {
      await locks.hold(presenceName(nonce), queue.signal, () => {
        // The grant comes before anybody can read the nonce: a name nobody holds would mean "gone".
        show({ nonce, lock: true });
        return ended;
      });
    } catch {
      // Locks can be refused (sandboxed and partitioned frames): then this client is judged by its answers, like one without locks.
      if (!visible) return show({ nonce });
    }
    // Stolen, or taken away with the page in the cache: others may drive now.
    onLost(announcement);
  };
  void held();
  return announcement;
}

/** Resolves once the page is back. */
function shown({ onShow }: LockPresenceOptions): Promise<void> {
  return new Promise((resolve) => {
    if (onShow === undefined) return resolve();
    const end = onShow(() => {
      end();
      resolve();
    });
  });
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
