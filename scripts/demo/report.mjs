import { plural, timeline } from './story.mjs';

/** Prints what happened, as the processes and the server have told it, and the server's ledger. */
export function tell(story, { first, second, own, ledger, counted, killedAt }) {
  const seen = (payment) =>
    payment.lines.flatMap(({ event, order, status, replayed, at, outcome, body }) => {
      const what = {
        sent: `sends the charge of ${order}`,
        answered: `is answered ${status}${replayed ? ', a replay: the stored answer' : ''}`,
        resumed: `finds ${order} in its journal: ${status}`,
        outcome: `has its outcome: ${order} ${outcome}, ${status} ${body}`,
      }[event];
      return what === undefined ? [] : [{ at, who: `pid ${payment.pid}`, what }];
    });
  const served = (own?.process.lines ?? []).flatMap(({ at, outcome, fault, path }) => {
    if (outcome === undefined) return [];
    return [{ at, who: 'server', what: `${path}: ${outcome}${fault ? `, then ${fault}` : ''}` }];
  });
  const kill = counted.kills > 0 ? [{ at: killedAt, who: `pid ${first.pid}`, what: 'KILLED (SIGKILL)' }] : [];
  story.say('\n  What happened');
  for (const line of timeline([...seen(first), ...served, ...kill, ...seen(second)])) story.say(`  ${line}`);
  story.say("\n  The server's ledger, after the last client has ended");
  for (const { order, key, hits, effects, status } of ledger.rows)
    story.say(
      `    ${order}  key ${key.slice(0, 8)}...  ${plural(hits, 'request')}, ${plural(effects, 'effect')}, status ${status}`,
    );
  const { operations, attempts, kills, effects, outcomes } = counted;
  story.say(
    `\n  ${plural(operations, 'operation')}, ${plural(attempts, 'attempt')}, ${plural(kills, 'kill')}: ${plural(effects, 'effect')}, ${plural(outcomes, 'outcome')}.\n`,
  );
}
