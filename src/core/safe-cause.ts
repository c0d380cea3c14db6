/** Names and codes that are one word: anything longer could be a value. */
const WORD = /^\w{1,40}$/;

/** What an error of somebody else's is called. */
export function errorName(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return WORD.test(error.name) ? error.name : 'Error';
}

/** An error of a journal's medium as we pass it on: name and code. What a database client says may quote the record it was given, the whole key and
 *  the body included (ioredis keeps the command in the error, Postgres the failing row in its detail), and the console prints causes. Of the
 *  operating system's own errors the message stays: it names a call, a path or an address. */
export function safeCause(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno, syscall } = error as { code?: unknown; errno?: unknown; syscall?: unknown };
  const ofSystem = typeof errno === 'number' && typeof syscall === 'string';
  const copy = new Error(ofSystem ? error.message : 'its message is left out, because it may hold what is stored');
  copy.name = errorName(error);
  return typeof code === 'string' && WORD.test(code) ? Object.assign(copy, { code }) : copy;
}
