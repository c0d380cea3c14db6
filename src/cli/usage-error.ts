/** Says on stderr what could not be run, and where the help is. Exit status 2. */
export function usageError(message: string, help: string): void {
  process.stderr.write(`onceward: ${message}\nTry '${help}'.\n`);
  process.exitCode = 2;
}
