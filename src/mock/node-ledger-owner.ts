import { randomUUID } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill, pid as ownPid } from 'node:process';

interface Mark {
  readonly pid: number;
  /** When the process began, as its system counts; a pid alone may be another's by now. Absent where the system does not say. */
  readonly started?: string;
  readonly nonce: string;
}

/** `owner.1`, `owner.2`: who takes the directory of a dead owner links the next number. Only one can, and nothing that is there is ever moved: of a mark
 *  that is replaced nobody could say whether it is still the dead one's. */
const NUMBERED = /^owner\.(\d+)$/;

/** Takes a directory for this process; of two servers on one ledger neither would know what the other has run.
 *
 *  @returns a function that gives it up
 *  @throws Error where a process that lives has it, or takes it in the same moment */
export function takeDirectory(directory: string): () => void {
  const before = numbersIn(directory);
  refuseLiving(directory, before);
  const number = Math.max(0, ...before) + 1;
  const file = fileOf(directory, number);
  const nonce = place(directory, file);
  const giveUp = (): void => {
    if (markIn(file)?.nonce === nonce) rmSync(file, { force: true });
  };
  const others = numbersIn(directory).filter((other) => other !== number);
  try {
    // Who looked before another one came and went finds a number free that is behind the time.
    refuseLiving(directory, others);
  } catch (error) {
    giveUp();
    throw error;
  }
  for (const other of others) if (other < number) rmSync(fileOf(directory, other), { force: true });
  return giveUp;
}

/** Written elsewhere and linked: what has the name is whole, and whoever comes second is told.
 *  @returns what tells this mark from every other */
function place(directory: string, file: string): string {
  const started = startOf(ownPid);
  const mark: Mark = { pid: ownPid, ...(started !== undefined && { started }), nonce: randomUUID() };
  const fresh = join(directory, `owner-${mark.nonce}`);
  writeFileSync(fresh, JSON.stringify(mark), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(
      `The ledger in ${directory} was taken in the same moment by process ${markIn(file)?.pid ?? 'unknown'}: of two mocks on one ledger neither would know what the other has run. Start one of them, or give each a directory of its own.`,
      { cause: error },
    );
  } finally {
    rmSync(fresh, { force: true });
  }
  return mark.nonce;
}

function refuseLiving(directory: string, numbers: readonly number[]): void {
  for (const number of numbers) {
    const file = fileOf(directory, number);
    const mark = markIn(file);
    if (mark === undefined || !lives(mark)) continue;
    throw new Error(
      `The ledger in ${directory} is in use by process ${mark.pid}. End that one, or use another directory; if it is not a mock, delete ${file}.`,
    );
  }
}

function numbersIn(directory: string): number[] {
  return readdirSync(directory).flatMap((name) => {
    const [, number] = NUMBERED.exec(name) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
}

function fileOf(directory: string, number: number): string {
  return join(directory, `owner.${number}`);
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
