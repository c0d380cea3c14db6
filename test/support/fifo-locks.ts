import type { Locks } from '../../src/core/ports.ts';

/** Locks as browsers give them, within one process: exclusive, first come first served, stolen on demand. */
export interface FifoLocks extends Locks {
  /** Names held now. */
  held(): readonly string[];
  /** Takes a lock away from its holder, as a browser does with the lock of a cached page. */
  steal(name: string): void;
}

export function fifoLocks(): FifoLocks {
  const queues = new Map<string, (() => void)[]>();
  const thieves = new Map<string, () => void>();
  const next = (name: string) => {
    const queue = queues.get(name);
    queue?.shift();
    if (queue?.length === 0) queues.delete(name);
    else queue?.[0]?.();
  };
  return {
    held: () => [...queues.keys()],
    steal: (name) => thieves.get(name)?.(),
    async hold(name, signal, work) {
      signal?.throwIfAborted();
      await new Promise<void>((grant, refuse) => {
        const queue = queues.get(name) ?? [];
        queues.set(name, queue);
        queue.push(grant);
        if (queue.length === 1) grant();
        signal?.addEventListener('abort', () => {
          const at = queue.indexOf(grant);
          if (at > 0) queue.splice(at, 1);
          if (at !== 0) refuse(signal.reason);
        });
      });
      const stolen = new Promise<never>((_, reject) => {
        thieves.set(name, () => reject(new DOMException('stolen', 'AbortError')));
      });
      try {
        return await Promise.race([work(), stolen]);
      } finally {
        thieves.delete(name);
        next(name);
      }
    },
  };
}
