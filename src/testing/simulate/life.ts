/** One run of one process, from its start to its end. All that a client does to the world goes through ports that know their life: once it is over, they
 *  do nothing, and what was asked of them never comes back. So no `finally` of the dead has an effect. */
export class Life {
  dead = false;
  /** Stopped, frozen or asleep until then, in true time. */
  pausedUntil = 0;
  /** When it last went on after a pause, and how long that pause was. */
  readonly pauses: { readonly from: number; readonly to: number }[] = [];
  readonly #ends: (() => void)[] = [];
  readonly name: string;
  /** No two lives of a world have the same. */
  readonly serial: number;
  readonly startedAt: number;

  constructor(name: string, serial: number, startedAt: number) {
    this.name = name;
    this.serial = serial;
    this.startedAt = startedAt;
  }

  /** Called when it ends, whichever way. */
  onEnd(listener: () => void): void {
    this.#ends.push(listener);
  }

  end(): void {
    if (this.dead) return;
    this.dead = true;
    for (const listener of this.#ends.splice(0)) listener();
  }
}

/** What a call of a dead process comes to. Fresh for each: all that waits for one shared promise would stay in memory. */
export function never<T>(): Promise<T> {
  return new Promise(() => {});
}
