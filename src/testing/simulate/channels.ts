import type { OpenChannel } from '../../core/watch-driver.ts';
import type { Kernel } from './kernel.ts';
import type { Life } from './life.ts';

interface Listener {
  readonly life: Life;
  readonly hear: (message: unknown) => void;
}

/** Channels between the pages of one browser: whoever has opened a name hears what the others tell, a moment later. */
export class SharedChannels {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  of(life: Life): OpenChannel {
    return (name, hear) => {
      const listener: Listener = { life, hear };
      const all = this.#listeners.get(name) ?? new Set();
      this.#listeners.set(name, all);
      all.add(listener);
      life.onEnd(() => all.delete(listener));
      return {
        tell: (message) => {
          if (life.dead) return;
          for (const other of all) {
            if (other !== listener) this.#kernel.after(1, other.life, () => all.has(other) && other.hear(message));
          }
        },
        close: () => void all.delete(listener),
      };
    };
  }
}
