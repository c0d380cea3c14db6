import type { Locks } from '../../core/ports.ts';
import type { Kernel } from './kernel.ts';
import { type Life, never } from './life.ts';

interface Waiting {
  readonly life: Life;
  readonly grant: () => void;
}

/** Locks between the processes of one machine, as Web Locks are: first come, first served; gone with their holder, however that one ends. */
export class SharedLocks {
  readonly #queues = new Map<string, Waiting[]>();
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  of(life: Life): Locks {
    return { hold: (name, signal, work) => this.#hold(life, name, signal, work) };
  }

  #hold<T>(life: Life, name: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (life.dead) return never();
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      let granted = false;
      const leave = (): void => this.#leave(name, waiting);
      const waiting: Waiting = {
        life,
        grant: () => {
          granted = true;
          // By an event: a grant never comes in the same turn as the request, and never to the dead.
          this.#kernel.after(
            0,
            life,
            () =>
              void work()
                .then(resolve, reject)
                .finally(() => life.dead || leave()),
          );
        },
      };
      signal?.addEventListener('abort', () => {
        if (granted) return;
        leave();
        reject(signal.reason);
      });
      life.onEnd(leave);
      const queue = this.#queues.get(name) ?? [];
      this.#queues.set(name, queue);
      queue.push(waiting);
      if (queue.length === 1) waiting.grant();
    });
  }

  #leave(name: string, waiting: Waiting): void {
    const queue = this.#queues.get(name);
    const at = queue?.indexOf(waiting) ?? -1;
    if (queue === undefined || at < 0) return;
    queue.splice(at, 1);
    if (at === 0) queue[0]?.grant();
    if (queue.length === 0) this.#queues.delete(name);
  }
}
