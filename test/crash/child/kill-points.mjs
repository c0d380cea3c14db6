// Ways to die. They wrap the two ports a client is given, `journal` and `fetch`, so that the package itself holds no hook for them.
import { writeSync } from 'node:fs';

/** One line for the parent. Synchronous: what was said before a SIGKILL has been said. A pipe that the parent reads slowly is full for a while, and
 *  takes no more, or only a part. */
export function tell(event) {
  let rest = Buffer.from(`${JSON.stringify(event)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

/** Counts how often each point was passed, and kills this process with SIGKILL when the planned one comes for the n-th time.
 *
 *  @param kill { point, nth, turns }: `turns` of the event loop pass between the start of a write or a request and the kill during it
 */
export function killer(kill) {
  let passed = 0;
  const due = (point) => kill?.point === point && ++passed === kill.nth;
  const die = (name) => {
    tell({ event: 'killed', point: kill.point, name });
    process.kill(process.pid, 'SIGKILL');
    for (;;); // the signal is on its way: nothing of ours may run any more
  };
  return {
    at(point, name) {
      if (due(point)) die(name);
    },
    /** A fast disk is done before the turns are: then it dies before the client hears of it. */
    async during(point, name, write) {
      if (!due(point)) return write;
      let left = kill.turns;
      const turn = () => (left-- > 0 ? setImmediate(turn) : die(name));
      turn();
      await write.catch(() => {});
      return die(name);
    },
  };
}

/** A journal that kills the process round a claim (of an operation) and round the write that finishes one. */
export function killingJournal(journal, points) {
  return {
    kind: journal.kind,
    durability: journal.durability,
    open: () => journal.open(),
    async claim(record) {
      const name = record.fixed.id;
      points.at('before-claim', name);
      const result = await points.during('during-claim', name, journal.claim(record));
      // A claim that lost has claimed nothing: the moment wanted is the one between a durable claim and its first byte.
      if (result.created) points.at('after-claim', name);
      return result;
    },
    async update(identity, change, options) {
      if (change.state.state !== 'succeeded' || change.state.acknowledgedAt !== undefined) {
        return journal.update(identity, change, options);
      }
      const name = decodeURIComponent(identity.split('/').at(-1));
      points.at('after-response', name);
      const result = await points.during('during-finish', name, journal.update(identity, change, options));
      points.at('after-finish', name);
      return result;
    },
    get: (identity) => journal.get(identity),
    list: (prefix, options) => journal.list(prefix, options),
    remove: (identity, revision) => journal.remove(identity, revision),
    watch: (listener) => journal.watch(listener),
    close: () => journal.close(),
  };
}

/** A fetch that kills the process soon after the request was handed to the platform: whether it left is anybody's guess. */
export function killingFetch(points) {
  return (input, init) =>
    points.during('while-sending', new URL(input.url).pathname.split('/').at(-1), fetch(input, init));
}
