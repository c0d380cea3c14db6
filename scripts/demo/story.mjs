const terminal = process.stdout.isTTY === true;

/** One line that changes while something is under way, and stays when it is done. Without a terminal: only what stays. */
export class Story {
  #steps;
  #step = 0;
  #doing = '';

  constructor(steps) {
    this.#steps = steps;
  }

  say(line = '') {
    this.#clear();
    console.log(line);
  }

  /** Says what is under way. */
  doing(what) {
    this.#step += 1;
    this.#doing = what;
    if (terminal) process.stdout.write(`\r\x1b[2K  [${this.#step}/${this.#steps}] ${what} ...`);
  }

  /** Says how it ended. */
  done(result) {
    this.#clear();
    console.log(`  [${this.#step}/${this.#steps}] ${this.#doing.padEnd(26)} ${result}`);
    this.#doing = '';
  }

  #clear() {
    if (terminal && this.#doing !== '') process.stdout.write('\r\x1b[2K');
  }
}

/** What happened, in order, in seconds since the first of it. */
export function timeline(events) {
  const sorted = events.toSorted((a, b) => a.at - b.at);
  const start = sorted[0]?.at ?? 0;
  return sorted.map(
    ({ at, who, what }) => `${((at - start) / 1000).toFixed(2).padStart(8)} s  ${who.padEnd(14)} ${what}`,
  );
}

export function plural(count, what) {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
