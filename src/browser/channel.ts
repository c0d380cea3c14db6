import type { OpenChannel } from '../core/watch-driver.ts';

/** A BroadcastChannel: also where there are no Web Locks. Undefined where it is missing or refused (opaque origins). */
export const openChannel: OpenChannel = (name, hear) => {
  if (typeof BroadcastChannel === 'undefined') return undefined;
  try {
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => hear(data);
    return { tell: (message) => channel.postMessage(message), close: () => channel.close() };
  } catch {
    return undefined;
  }
};
