/** At most one message in this time: each makes every other tab look again. */
const QUIET_MS = 50;

/** Tells the other tabs that something changed. The message says nothing else: any script of the origin can listen. */
export interface ChangeChannel {
  open(): void;
  tell(): void;
  close(): void;
}

/** `hear` is called when another tab, or another journal in this page, told of a change. */
export function changeChannel(name: string, hear: () => void): ChangeChannel {
  let channel: BroadcastChannel | undefined;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let again = false;

  const tell = (): void => {
    if (quiet !== undefined) {
      again = true;
      return;
    }
    channel?.postMessage(null);
    quiet = setTimeout(() => {
      quiet = undefined;
      if (!again) return;
      again = false;
      tell();
    }, QUIET_MS);
  };

  return {
    open() {
      if (channel !== undefined || typeof BroadcastChannel === 'undefined') return;
      channel = new BroadcastChannel(`onceward:${name}`);
      channel.onmessage = hear;
    },
    tell,
    close() {
      if (again) channel?.postMessage(null);
      clearTimeout(quiet);
      quiet = undefined;
      again = false;
      channel?.close();
      channel = undefined;
    },
  };
}
