/** The faults of the switch. `plan` is what happens to the first requests of a payment, one after the other; `work` is how long the bank itself
 *  takes: milliseconds, or until the switch is moved. */
const FAULTS = [
  { name: 'none', title: 'Nothing', hint: 'The answer comes at once.' },
  {
    name: 'lose-response',
    title: 'The answer is lost',
    hint: 'Charged, then silence. Reload while it waits, close the tab, or kill the browser.',
    plan: ['lose-response'],
  },
  {
    name: 'reset-after',
    title: 'The line breaks after the charge',
    hint: 'Charged, then the connection is cut before the answer.',
    plan: ['reset-after'],
  },
  {
    name: 'truncate',
    title: 'Half an answer',
    hint: 'Charged, then the connection is cut in the middle of the answer.',
    plan: ['truncate'],
  },
  {
    name: 'reset-before',
    title: 'The line breaks before the charge',
    hint: 'The page cannot tell this from a break after it.',
    plan: ['reset-before'],
  },
  { name: 'slow', title: 'The bank is slow', hint: 'Charged, answered after 6 seconds.', work: 6_000 },
  {
    name: 'hold',
    title: 'The bank thinks',
    hint: 'Charged, answered as soon as you choose something else here.',
    work: 'until-moved',
  },
  {
    name: 'outage',
    title: 'The bank is down for a while',
    hint: 'Three times 503, then it works.',
    plan: Array.from({ length: 3 }, () => ({ fault: 'status:503', retryAfter: '1' })),
  },
  { name: 'refused', title: 'The bank refuses', hint: 'Answers 402. Nothing is charged.', plan: ['status:402'] },
  {
    name: 'doubt',
    title: 'The bank contradicts itself',
    hint: 'Charged, half an answer, then the repeated request is refused: nobody can know.',
    // Not a reset: browsers repeat a POST by themselves when a kept connection breaks, and the refusal would look like the first answer.
    plan: ['truncate', 'status:400'],
  },
];

/** The switch, and what hangs on it. */
export function faultSwitch() {
  let chosen = FAULTS[0];
  let moved = Promise.withResolvers();
  const plans = new Map();
  return {
    state: () => ({ fault: chosen.name, faults: FAULTS.map(({ name, title, hint }) => ({ name, title, hint })) }),
    /** False where there is no such fault. */
    choose(name) {
      const fault = FAULTS.find((known) => known.name === name);
      if (fault === undefined) return false;
      chosen = fault;
      moved.resolve();
      moved = Promise.withResolvers();
      return true;
    },
    /** What happens to this request of a payment: its plan is the one that was chosen when its first request came. */
    nextFor(key) {
      if (!plans.has(key)) plans.set(key, [...(chosen.plan ?? [])]);
      return plans.get(key).shift();
    },
    /** As long as the bank takes. */
    async working() {
      const { work } = chosen;
      if (typeof work === 'number') await new Promise((resolve) => setTimeout(resolve, work));
      if (work === 'until-moved') await moved.promise;
    },
  };
}
