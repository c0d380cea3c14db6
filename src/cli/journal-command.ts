import process from 'node:process';
import { JournalError, type JournalReason } from '../core/errors/journal-error.ts';
import { UsageError } from '../core/errors/usage-error.ts';
import type { Journal } from '../core/journal.ts';
import { decideCommand } from './journal-decide.ts';
import { doctorCommand } from './journal-doctor.ts';
import { withJournal } from './journal-entries.ts';
import { exportCommand } from './journal-export.ts';
import { listCommand } from './journal-list.ts';
import { type Action, JOURNAL_HELP, type JournalArguments, journalArguments } from './journal-options.ts';
import { pruneCommand } from './journal-prune.ts';
import { showCommand } from './journal-show.ts';
import { safe, tell } from './plain-text.ts';
import { usageError } from './usage-error.ts';
import { packageVersion } from './version.ts';

const HELP = 'onceward journal --help';

type Open = (journal: Journal, given: JournalArguments) => Promise<number>;

const ACTIONS: Readonly<Record<Exclude<Action, 'doctor'>, Open>> = {
  list: listCommand,
  show: showCommand,
  export: exportCommand,
  resolve: decideCommand,
  discard: decideCommand,
  prune: pruneCommand,
};

/** What is wrong with what is stored; anything else is in the way of looking at it. */
const FOUND: ReadonlySet<JournalReason> = new Set<JournalReason>(['corrupt', 'newer-version', 'lost']);

/** `onceward journal`: looks into a journal beside the application that uses it, or without it. */
export async function journalCommand(argv: readonly string[]): Promise<void> {
  let given: JournalArguments | 'help' | 'version';
  try {
    given = journalArguments(argv, Date.now());
  } catch (error) {
    usageError(error instanceof Error ? error.message : String(error), HELP);
    return;
  }
  if (given === 'help' || given === 'version') {
    process.stdout.write(given === 'help' ? JOURNAL_HELP : `${packageVersion()}\n`);
    return;
  }
  try {
    process.exitCode = await run(given);
  } catch (error) {
    if (error instanceof UsageError) usageError(error.message, HELP);
    else if (error instanceof JournalError) {
      tell(`onceward: ${safe(error.message)}`);
      tell(`What is wrong, and what to do: onceward journal doctor ${given.directory}`);
      process.exitCode = FOUND.has(error.reason) ? 1 : 2;
    } else throw error;
  }
}

function run(given: JournalArguments): Promise<number> {
  const { action, directory } = given;
  if (action === 'doctor') return doctorCommand(given);
  return withJournal(directory, (journal) => ACTIONS[action](journal, given));
}
