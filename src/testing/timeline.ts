import type { MockEvent } from '../mock/events.ts';
import type { Mock } from '../mock/types.ts';

/** More would bury what a failed test has to say. */
const MOST_LINES = 40;

type Line = { readonly at: number; readonly events: MockEvent[] };

/** What a mock's events say since its last `reset()`, a line for each request, for a person who reads why a test failed: when it came in, with which
 *  key, and what became of it. Keys are cut short.
 *
 *  @example assert.equal(mock.effects('POST /charges').length, 1, timeline(mock));
 */
export function timeline(mock: Pick<Mock, 'events'>): string {
  const lines = new Map<string, Line>();
  const events = sinceReset(mock);
  const [first] = events;
  if (first === undefined) return '  nothing came in';
  for (const event of events) {
    const line = event.request === undefined ? `event ${event.id}` : `request ${event.request}`;
    const known = lines.get(line);
    if (known === undefined) lines.set(line, { at: event.at - first.at, events: [event] });
    else known.events.push(event);
  }
  const told = [...lines.values()].map(toldLine);
  const left = told.length - MOST_LINES;
  return [...(left > 0 ? [`  ${left} lines before these are left out`] : []), ...told.slice(-MOST_LINES)].join('\n');
}

/** Events outlive a `reset()`; what was before it is another test's. */
export function sinceReset(mock: Pick<Mock, 'events'>): readonly MockEvent[] {
  const events = mock.events();
  return events.slice(events.findLastIndex(({ kind }) => kind === 'reset') + 1);
}

function toldLine({ at, events }: Line): string {
  const of = <Name extends keyof MockEvent>(name: Name): MockEvent[Name] | undefined =>
    events.find((event) => event[name] !== undefined)?.[name];
  const request = of('request');
  const key = of('key');
  const words = [
    `+${at} ms`.padStart(10),
    ...(request === undefined ? [] : [`#${request}`, `${of('method')} ${of('path')}`]),
    ...(key === undefined ? [] : [`key ${shortened(key)}`]),
    events.map(toldEvent).join(', '),
  ];
  return `  ${words.join('  ')}`;
}

function toldEvent({ kind, status, fault, why, error, by }: MockEvent): string {
  const details = [
    fault,
    status,
    why === undefined ? undefined : `(${why})`,
    error === undefined ? undefined : `(${error})`,
    by === undefined ? undefined : `+${by} ms`,
  ];
  return [kind, ...details.filter((detail) => detail !== undefined)].join(' ');
}

function shortened(key: string): string {
  return key.length > 12 ? `${key.slice(0, 8)}…` : key;
}
