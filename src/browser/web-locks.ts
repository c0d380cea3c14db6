import type { Locks } from '../core/ports.ts';

/** Web Locks of this origin, in pages and workers; undefined where the platform has none (insecure origins). */
export function webLocks(): Locks | undefined {
  const manager: LockManager | undefined = typeof navigator === 'undefined' ? undefined : navigator.locks;
  if (manager === undefined) return undefined;
  return {
    hold: async (name, signal, work) => await manager.request(name, signal === undefined ? {} : { signal }, work),
  };
}

/** Makes Chromium evict a cached page that starves the queue of a lock. Rejects in partitioned frames of Firefox: no matter. */
export function nudgeLocks(): void {
  if (typeof navigator === 'undefined') return;
  void navigator.locks?.query().catch(() => undefined);
}
