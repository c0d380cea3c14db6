import { journalCommand } from './journal-command.ts';
import { mockCommand } from './mock-command.ts';
import { tooOld } from './node-version.ts';
import { simulateCommand } from './simulate-command.ts';
import { usageError } from './usage-error.ts';
import { verifyCommand } from './verify-command.ts';
import { packageVersion } from './version.ts';

const HELP = `Usage: onceward <command> [options]

  mock      run a server that honours idempotency keys, and misbehaves on request
  journal   look into a journal directory, and decide what is in doubt
  verify    check how your own server treats idempotency keys
  simulate  look for a broken promise in simulated worlds, or replay one

  -h, --help   -v, --version
Exit status: 0 fine   1 something is wrong   2 could not run (usage, set-up)
`;

const COMMANDS: Readonly<Record<string, (argv: readonly string[]) => Promise<unknown>>> = {
  mock: mockCommand,
  journal: journalCommand,
  verify: verifyCommand,
  simulate: simulateCommand,
};

/** Runs one command. What it prints is its result; the exit status is left in `process.exitCode`. */
export async function main(argv: readonly string[]): Promise<void> {
  // Whoever reads the output may stop reading: `onceward mock | head`.
  process.stdout.on('error', () => process.exit());
  const old = tooOld(process.versions.node);
  if (old !== undefined) {
    usageError(old, 'node --version');
    return;
  }
  const [name, ...rest] = argv;
  if (name === '-h' || name === '--help') {
    process.stdout.write(HELP);
    return;
  }
  if (name === '-v' || name === '--version') {
    process.stdout.write(`${packageVersion()}\n`);
    return;
  }
  const command = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (command !== undefined) {
    await command(rest);
    return;
  }
  usageError(
    name === undefined ? 'A command is missing.' : `There is no command or option '${name}'.`,
    'onceward --help',
  );
}
