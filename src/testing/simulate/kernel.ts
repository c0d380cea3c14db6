import type { Life } from './life.ts';
import { mixed, Seeded } from './seeded.ts';
import { microtasksDone, nextTurn } from './settle.ts';

interface Event {
  time: number;
  readonly order: number;
  readonly sequence: number;
  /** What dies with its process, and waits while that one is paused. Undefined: the world's own. */
  readonly life: Life | undefined;
  readonly run: () => void;
  cancelled: boolean;
}

/** Real time after which timers and signals of the real process get their turn, ms. */
const BREATH_MS = 5;

let breathed = 0;

/** Virtual time: one queue of what is going to happen. Nothing runs beside it, so a world is the same each time. Events at the same time come in an order
 *  drawn from the seed: first in, first out would hide every mistake about order. */
export class Kernel {
  /** True time, ms since the world began. What processes are told is their clocks' business. */
  now = 0;
  events = 0;
  /** Stands for all that has happened, in its order. */
  hash = 0x811c9dc5;
  readonly #queue: Event[] = [];
  readonly #order: Seeded;
  readonly #settled: () => Promise<void>;
  #sequence = 0;

  constructor(seed: number, settled: () => Promise<void> = microtasksDone) {
    this.#order = new Seeded(seed, 'schedule');
    this.#settled = settled;
  }

  /** Runs `run` in `ms`; the returned function takes it back. */
  after(ms: number, life: Life | undefined, run: () => void): () => void {
    const event: Event = {
      time: this.now + Math.max(0, ms),
      order: this.#order.fraction(),
      sequence: this.#sequence++,
      life,
      run,
      cancelled: false,
    };
    push(this.#queue, event);
    return () => {
      event.cancelled = true;
    };
  }

  /** Adds to what the world's hash stands for. */
  note(code: number): void {
    this.hash = mixed(this.hash, code ^ (this.now | 0));
  }

  /** Lets the world go on until `done`, or until nothing more would happen, or true time reaches `until`, or `most` events have run.
   *  @returns why it ended */
  async run(
    done: () => boolean,
    { until, most }: { readonly until: number; readonly most: number },
  ): Promise<'done' | 'idle' | 'late' | 'busy'> {
    const last = this.events + most;
    await this.#settled();
    for (;;) {
      if (done()) return 'done';
      const next = this.#take();
      if (next === undefined) return 'idle';
      if (next.time > until) {
        push(this.#queue, next);
        this.now = until;
        return 'late';
      }
      if (this.events >= last) {
        push(this.#queue, next);
        return 'busy';
      }
      this.now = Math.max(this.now, next.time);
      this.events++;
      next.run();
      await this.#settled();
      await breath();
    }
  }

  /** The next event that still concerns somebody. */
  #take(): Event | undefined {
    for (;;) {
      const event = pop(this.#queue);
      if (event === undefined) return undefined;
      if (event.cancelled || event.life?.dead === true) continue;
      const paused = event.life?.pausedUntil ?? 0;
      if (paused <= event.time) return event;
      event.time = paused;
      push(this.#queue, event);
    }
  }
}

/** A chain of ticks starves the real timers: a watchdog, Ctrl-C. */
async function breath(): Promise<void> {
  const now = performance.now();
  if (now - breathed < BREATH_MS) return;
  await nextTurn();
  breathed = performance.now();
}

function before(a: Event, b: Event): boolean {
  if (a.time !== b.time) return a.time < b.time;
  return a.order === b.order ? a.sequence < b.sequence : a.order < b.order;
}

/** A binary heap. */
function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Event;
    if (!before(event, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): Event | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child++;
    const below = heap[child] as Event;
    if (!before(below, last)) break;
    heap[at] = below;
    at = child;
  }
  heap[at] = last;
  return first;
}
