import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill, pid as ownPid } from 'node:process';

interface Mark {
  readonly pid: number;
  /** When the process began, as its system counts; a pid alone may be another's by now. Absent where the system does not say. */
  readonly started?: string;
  readonly nonce: string;
}

/** Takes a directory for this process; of two servers on one ledger neither would know what the other has run.
 *
 *  @returns a function that gives it up
 *  @throws Error where a process that lives has it */
export function takeDirectory(directory: string): () => void {
  const file = join(directory, 'owner');
  const before = markIn(file);
  if (before !== undefined && lives(before)) {
    throw new Error(
      `The ledger in ${directory} is in use by process ${before.pid}. End that one, or use another directory; if it is not a mock, delete ${file}.`,
    );
  }
  const started = startOf(ownPid);
  const mark: Mark = { pid: ownPid, ...(started !== undefined && { started }), nonce: randomUUID() };
  const fresh = `${file}.${mark.nonce}`;
  writeFileSync(fresh, JSON.stringify(mark), { mode: 0o600, flag: 'wx' });
  renameSync(fresh, file);
  return () => {
    if (markIn(file)?.nonce === mark.nonce) rmSync(file, { force: true });
  };
}

/** undefined where there is none, or a torn one. */
function markIn(file: string): Mark | undefined {
  try {
    const { pid, started, nonce } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Mark>;
    if (!Number.isInteger(pid) || typeof nonce !== 'string') return undefined;
    return { pid: Number(pid), nonce, ...(started !== undefined && { started }) };
  } catch {
    return undefined;
  }
}

/** Of this process it is a mark from an earlier life of the same pid, or of a ledger that is opened anew. */
function lives({ pid, started }: Mark): boolean {
  if (pid === ownPid) return false;
  try {
    kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return started === undefined || startOf(pid) === started;
}

/** Field 22 of /proc/<pid>/stat: the fields after the name in parentheses, which may itself hold spaces and parentheses. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
