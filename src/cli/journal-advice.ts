import { InDoubtError } from '../core/errors/in-doubt-error.ts';
import { noneIsSafeFrom } from '../core/late-arrival.ts';
import type { OperationRecord } from '../core/record.ts';
import type { Standing } from './driver-standing.ts';
import { moment, shellWord } from './plain-text.ts';

/** What is to be done about an operation, line by line; nothing where nothing is. `command` is what follows 'onceward journal <action> '. */
export function adviceFor(
  record: OperationRecord,
  {
    driver,
    target,
    now,
    attemptTimeout,
  }: {
    readonly driver?: Standing | undefined;
    /** Directory, id and what narrows it, as words of a command. */
    readonly target: readonly string[];
    readonly now: number;
    readonly attemptTimeout: number;
  },
): readonly string[] {
  const { fixed, state } = record;
  const command = (action: string, option: string): string =>
    `  onceward journal ${action} ${target.map(shellWord).join(' ')} ${option}`;
  if (state.state === 'in-doubt') {
    const from = noneIsSafeFrom(state, attemptTimeout, now);
    return [
      new InDoubtError(state.reason ?? 'stuck', fixed.id).message,
      'It happened:',
      command('resolve', '--done'),
      `It did not${now < from ? `, which can be said from ${moment(from)}, when no copy of it can still arrive` : ', and the name is to be free again'}:`,
      command('resolve', '--none'),
    ];
  }
  if (state.finishedAt !== undefined || (state.state !== 'claimed' && state.state !== 'dispatched')) {
    return state.acknowledgedAt === undefined
      ? [
          'Nobody has been told of this outcome yet: the application finds it with operations.resume() or operations.outcome().',
        ]
      : [];
  }
  if (fixed.anonymous && driver !== 'alive') {
    return [
      'It has no name, so it is not sent again by itself: operations.wake(id) goes on with it, and this ends it:',
      command('discard', state.dispatchedAt === undefined ? '' : '--even-if-possibly-sent').trimEnd(),
    ];
  }
  if (driver === 'gone' || driver === 'nobody') {
    return ['Nobody drives it now: start the application, which goes on with it at operations.resume().'];
  }
  return [];
}
