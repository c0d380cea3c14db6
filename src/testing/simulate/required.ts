/** What a campaign must have met at least once to say anything: each kind of fault, each border at which a process can end, each way a record can go, each
 *  outcome and each reason for doubt. A fault that never struck is no evidence. */
export const REQUIRED: readonly string[] = [
  ...['refuse', 'lose-request', 'lose-response', 'reset-after', 'truncate', 'duplicate', 'duplicate-later', 'html'].map(
    fault,
  ),
  ...['misdirected', 'foreign-key', 'zombie', 'delay-request', 'delay-response', 'redirect:301', 'redirect:303'].map(
    fault,
  ),
  ...[401, 403, 408, 409, 425, 429, 500, 501, 502, 503, 504].map((status) => fault(`status:${status}`)),
  ...[500, 502, 504].map((status) => fault(`status-after:${status}`)),
  ...['before-effect', 'before-store', 'after-store'].map((point) => fault(`server-crash:${point}`)),
  ...['claim', 'update', 'note'].flatMap((kind) =>
    ['asked', 'written', 'flushed'].flatMap((at) => ends(`${kind}:${at}`)),
  ),
  ...['read:asked', 'read:answered', 'send:asked', 'answer:read'].flatMap(ends),
  ...['none', 'one', 'half', 'all-but-one', 'all'].map((left) => `power cut, ${left} left`),
  ...['full', 'lost', 'kept'].map((error) => `disk: ${error}`),
  ...['clock: back', 'clock: ahead', 'process: paused', 'server: crash', 'server: replay', 'server: a key expired'],
  ...['conflict', 'wait', 'accepted'].map((how) => `server: in progress, ${how}`),
  ...[
    'none to claimed',
    'none to dispatched',
    'claimed to dispatched',
    'dispatched to succeeded',
    'dispatched to rejected',
  ].map(state),
  ...[
    'dispatched to in-doubt',
    'dispatched to discarded',
    'dispatched to claimed',
    'in-doubt to succeeded',
    'in-doubt to discarded',
  ].map(state),
  ...['taken over', 'another round', 'a key that was handed in', 'goes to a monitor', 'goes to a result'].map(state),
  ...[
    'succeeded, network',
    'succeeded, replay',
    'succeeded, journal',
    'succeeded, recovered',
    'rejected, network',
    'rejected, journal',
  ].map(outcome),
  ...['not-sent, none', 'discarded, none', 'discarded, possible', 'in-doubt, possible'].map(outcome),
  ...['key-expired', 'clock', 'stored-error', 'key-mismatch', 'monitor-lost', 'stuck', 'not-repeatable'].map(doubt),
  ...['unproved-rejection', 'deadline', 'unreadable-response', 'redirect'].map(doubt),
  ...['credentials', 'interrupted', 'other-driver', 'retry-after', 'accepted', 'in-progress', 'backoff'].map(
    (why) => `pending: ${why}`,
  ),
  ...['disk append:asked', 'disk append:done', 'disk flush:asked', 'disk flush:done'].flatMap(ends),
  ...['disk name:asked', 'disk name:done'].flatMap(ends),
  'reported, not persisted',
  'error: JournalError',
  'beyond the promise: a careless server',
  'beyond the promise: a copy that came after the lifetime',
];

function fault(name: string): string {
  return `fault: ${name}`;
}

function ends(label: string): string[] {
  return [`crash: kill at ${label}`, `crash: power at ${label}`];
}

function state(change: string): string {
  return `state: ${change}`;
}

function outcome(what: string): string {
  return `outcome: ${what}`;
}

function doubt(reason: string): string {
  return `in doubt: ${reason}`;
}
