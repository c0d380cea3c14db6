import { identityLabel } from '../core/identity.ts';
import type { Unreadable } from '../core/journal.ts';
import { clockWentBack } from '../core/key-age.ts';
import { isFinished, type OperationRecord } from '../core/record.ts';
import type { LogReport } from '../journal/file/inspect.ts';
import type { Standing } from './driver-standing.ts';
import { count, size } from './plain-text.ts';

/** What one look at a journal found. `advice` where something is to be done. */
export interface Check {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly found: string;
  readonly advice?: string;
}

/** Below this a claim of the largest request may no longer fit. */
const SPACE_NEEDED = 4 * 1024 * 1024;

/** Of many that cannot be read, so many are named in one line. */
const MOST_NAMES = 10;

/** What is right and wrong with the directory and the log, from a report of it. `user`: who asks; undefined where users have no numbers. */
export function logChecks(report: LogReport, user: number | undefined): readonly Check[] {
  return [
    directory(report, user),
    fileSystem(report),
    log(report),
    quarantine(report),
    space(report),
    leftovers(report),
  ];
}

function directory({ directory: path, mode, owner }: LogReport, user: number | undefined): Check {
  const rights = mode & 0o777;
  const found = `${path}, mode ${rights.toString(8)}`;
  if (user !== undefined && (rights & 0o022) !== 0) {
    return fail('directory', `${found}: others can write to it and replace the journal`, `chmod 700 ${path}`);
  }
  if (user !== undefined && owner !== user) {
    const advice = `Only its owner can open it. For this command: sudo -u '#${owner}' onceward journal ...`;
    return fail('directory', `${found}: it belongs to uid ${owner}, and this is uid ${user}`, advice);
  }
  if (user !== undefined && (rights & 0o055) !== 0) {
    return warn('directory', `${found}: others can see what is in it`, `chmod 700 ${path}`);
  }
  return ok('directory', found);
}

function fileSystem({ fileSystem: network }: LogReport): Check {
  if (network === undefined) return ok('file system', 'local, as far as can be told');
  return fail(
    'file system',
    `${network}: two machines can both win a claim, and stored may not mean durable`,
    'Move the journal to a local disk while the application is stopped; for several machines use storeJournal over a database',
  );
}

function log({ problem, damaged, tornPieces, generation, size: bytes }: LogReport): Check {
  if (damaged.length > 0) {
    const where = damaged.map(({ from, to }) => `${from}-${to}`).join(', ');
    return fail(
      'log',
      `damaged at byte ${where}: what was durable there cannot be read`,
      'Stop the application and keep a copy of the directory. Look for errors of the disk, then restore a backup or start with an empty directory: then look every payment since the backup up at the server first, for its name would be sent anew',
    );
  }
  if (problem !== undefined) return fail('log', problem.message, 'Mend that, and run this again');
  const torn = tornPieces === 0 ? '' : `, ${count(tornPieces, 'piece')} torn by crashes and not part of it`;
  return ok('log', `generation ${generation}, ${size(bytes)}, whole${torn}`);
}

function quarantine({ quarantined }: LogReport): Check {
  if (quarantined.length === 0) return ok('quarantine', 'empty');
  return warn(
    'quarantine',
    `${count(quarantined.length, 'damaged log')} copied aside: ${quarantined.join(', ')}`,
    'Compare with what the server knows, then delete the copies: they hold requests and answers',
  );
}

function space({ freeBytes, reserve, size: bytes }: LogReport): Check {
  const spare = reserve ? '' : ', and no reserve to finish what is under way';
  if (freeBytes === undefined) return ok('space', `not known${spare}`);
  const found = `${size(freeBytes)} free${spare}`;
  if (freeBytes < SPACE_NEEDED) {
    return fail('space', found, 'Free some: without it nothing can be claimed, and so nothing is sent');
  }
  // Compaction writes the successor beside the log before it lets go of anything.
  if (freeBytes < 2 * bytes) return warn('space', found, 'Free some: compaction needs room for a second log');
  if (!reserve) return warn('space', found, 'The application makes it when it opens the journal and there is space');
  return ok('space', found);
}

function leftovers({ leftovers: names }: LogReport): Check {
  if (names.length === 0) return ok('leftovers', 'none');
  return ok('leftovers', `${count(names.length, 'file')} of processes that died: swept by themselves`);
}

/** A record, and whether the process that drives it lives. */
export interface Driven {
  readonly record: OperationRecord;
  readonly driver: Standing;
}

/** What is right and wrong with the operations. */
export function operationChecks(
  driven: readonly Driven[],
  unreadable: readonly Unreadable[],
  now: number,
): readonly Check[] {
  return [records(driven, unreadable), doubts(driven), drivers(driven, now), clock(driven, now)];
}

function records(driven: readonly Driven[], unreadable: readonly Unreadable[]): Check {
  const pending = driven.filter(({ record }) => isPending(record)).length;
  const found = `${count(driven.length, 'operation')}, ${pending} pending`;
  if (unreadable.length === 0) return ok('records', found);
  const newer = unreadable.filter(({ reason }) => reason === 'newer-version');
  const damaged = unreadable.filter(({ reason }) => reason !== 'newer-version');
  const what = [
    ...(damaged.length > 0 ? [`${damaged.length} damaged (${names(damaged)})`] : []),
    ...(newer.length > 0 ? [`${newer.length} written by a newer version (${names(newer)})`] : []),
  ];
  const advice =
    damaged.length > 0
      ? 'Nothing is sent in their names. Look them up at the server; keep the directory for a bug report'
      : 'Update onceward: nothing is sent in their names until then';
  return fail('records', `${found}, ${what.join(', ')}`, advice);
}

function names(unreadable: readonly Unreadable[]): string {
  const shown = unreadable.slice(0, MOST_NAMES).map(({ identity }) => identityLabel(identity));
  const left = unreadable.length - shown.length;
  return [...shown, ...(left > 0 ? [`${left} more: onceward journal list names all`] : [])].join(', ');
}

function doubts(driven: readonly Driven[]): Check {
  const many = driven.filter(({ record }) => record.state.state === 'in-doubt').length;
  if (many === 0) return ok('doubt', 'nothing is in doubt');
  return warn(
    'doubt',
    `${count(many, 'operation')} in doubt: nothing more is sent until somebody decides`,
    'onceward journal list <directory> --status in-doubt, look each up at the server, then resolve it',
  );
}

/** An operation is due and nobody is there to send it. What waits for later, or for credentials, is in order. */
function drivers(driven: readonly Driven[], now: number): Check {
  const pending = driven.filter(({ record }) => isPending(record));
  const idle = pending.filter(({ driver }) => driver === 'gone' || driver === 'nobody');
  const unknown = pending.filter(({ driver }) => driver === 'unknown').length;
  const due = idle.filter(({ record }) => (record.state.dueAt ?? now) <= now && !record.fixed.anonymous).length;
  const nameless = idle.filter(({ record }) => record.fixed.anonymous).length;
  const found = [
    `${pending.length - idle.length - unknown} of ${pending.length} pending are driven by a living process`,
    ...(unknown > 0 ? [`of ${unknown} it cannot be told from here`] : []),
    ...(due > 0 ? [`${due} are due and nobody drives them`] : []),
    ...(nameless > 0 ? [`${nameless} without a name were interrupted`] : []),
  ].join(', ');
  if (due === 0 && nameless === 0) return ok('drivers', pending.length === 0 ? 'nothing is pending' : found);
  return warn(
    'drivers',
    found,
    due > 0
      ? 'Start the application: it goes on with them at operations.resume()'
      : 'What has no name is not sent again by itself: wake or discard it',
  );
}

function clock(driven: readonly Driven[], now: number): Check {
  const ahead = driven.filter(({ record }) => clockWentBack(now, record.state.lastSeenAt)).length;
  if (ahead === 0) return ok('clock', 'not behind what the journal has seen');
  return fail(
    'clock',
    `behind the time that ${count(ahead, 'operation')} has seen: the age of keys cannot be told`,
    'Set it right, and run an NTP client: until then what was sent is not sent again',
  );
}

function isPending({ state }: OperationRecord): boolean {
  return !isFinished(state) && state.state !== 'in-doubt';
}

function ok(check: string, found: string): Check {
  return { check, status: 'ok', found };
}
function warn(check: string, found: string, advice: string): Check {
  return { check, status: 'warn', found, advice };
}
function fail(check: string, found: string, advice: string): Check {
  return { check, status: 'fail', found, advice };
}
