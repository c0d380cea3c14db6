import { JournalError, type JournalReason } from '../../core/errors/journal-error.ts';

const REASONS: Readonly<Record<string, JournalReason>> = {
  ENOSPC: 'quota',
  EDQUOT: 'quota',
  // RLIMIT_FSIZE, and the largest file that a file system can hold.
  EFBIG: 'quota',
  EACCES: 'read-only',
  EPERM: 'read-only',
  EROFS: 'read-only',
};

const ADVICE: Readonly<Partial<Record<JournalReason, string>>> = {
  quota: 'there is no space left for it. Free some; what is stored is untouched',
  'read-only': 'this process may not write there. Give it the right to, or name another directory',
};

/** The log can no longer be used through this file descriptor. */
export class LogFailure extends Error {
  override readonly name = 'LogFailure' as const;
  /** What the callers hear. */
  readonly error: JournalError;
  /** Nor through another one of this journal: what the page cache shows may be on no disk, or the log is another one now. */
  readonly final: boolean;

  constructor(error: JournalError, final: boolean) {
    super(error.message);
    this.error = error;
    this.final = final;
  }
}

/** What an error of the file system means for the journal. `what` is the first half of a sentence: "The journal in /data cannot grow". */
export function fileSystemError(what: string, cause: unknown): JournalError {
  const code = codeOf(cause) ?? 'an unknown error';
  const reason = REASONS[code] ?? 'unavailable';
  return new JournalError(reason, `${what} (${code}): ${ADVICE[reason] ?? 'see cause'}.`, { cause });
}

/** 'ENOENT' and the like. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Anything else that goes wrong ends this use of the log, too; the next one opens it anew. */
export function asFailure(error: unknown, what: string): LogFailure {
  if (error instanceof LogFailure) return error;
  return new LogFailure(error instanceof JournalError ? error : fileSystemError(what, error), false);
}

/** A flush failed: whether the last writes are on the disk is unknown. */
export function unusable(path: string, cause: unknown): LogFailure {
  return new LogFailure(
    new JournalError(
      'unavailable',
      `The journal ${path} could not be flushed to the device, so nothing more is stored or sent. Whether the last writes are stored is unknown; the same names join them. Check the disk, then start again.`,
      { cause },
    ),
    true,
  );
}

/** What this process has in memory is not what the file shows: others have read that, and may have answered by it. Whoever opens the log anew reads
 *  the same as they did. */
export class Divided extends LogFailure {
  constructor(path: string) {
    const what = `The journal ${path} no longer shows what was written to it. Check the disk.`;
    const more = 'Whether the last writes are stored is unknown; the same names join them.';
    super(new JournalError('unavailable', `${what} ${more}`), false);
  }
}

/** Something was written, and what came of it cannot be known here. */
export function unknown(failure: LogFailure): LogFailure {
  const { reason, message, cause } = failure.error;
  const more = 'Whether the last writes are stored is unknown; the same names join them.';
  return new LogFailure(new JournalError(reason, `${message} ${more}`, { cause }), failure.final);
}

/** Which names were in the damaged part is unknowable, so none can be claimed. */
export function corrupt(path: string, what: string): LogFailure {
  return new LogFailure(
    new JournalError(
      'corrupt',
      `The journal ${path} is damaged: ${what}. Nothing is sent, for a name in the damaged part could be charged twice. It is left as it is, with a copy in the folder quarantine beside it: restore it, or reconcile with the server before starting with an empty directory.`,
    ),
    false,
  );
}
