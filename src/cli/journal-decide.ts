import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { type Decided, discarded, type Refusal, resolved } from '../core/deciding.ts';
import type { Journal } from '../core/journal.ts';
import { toOperation } from '../core/operation.ts';
import type { OperationRecord } from '../core/record.ts';
import { processTable } from '../node/process-table.ts';
import { type Entry, named, narrow, readAll } from './journal-entries.ts';
import type { JournalArguments } from './journal-options.ts';
import { narrowing, notFound } from './journal-show.ts';
import { DECIDED_HERE, viewOf } from './journal-view.ts';
import { count, moment, print, safe, shellWord, tell } from './plain-text.ts';

/** `resolve` and `discard`: the same rules as client.operations, and the same compare-and-set. */
export async function decideCommand(journal: Journal, given: JournalArguments): Promise<number> {
  const content = await readAll(journal);
  const entries = named(narrow(content.entries, given.narrowed), given.id);
  const [entry] = entries;
  if (entry === undefined) {
    tell(notFound(given, content.unreadable));
    return 1;
  }
  if (entries.length > 1) {
    tell(`onceward: ${count(entries.length, 'operation')} have this id. Say which one is meant:`);
    for (const one of entries) tell(`  ${narrowing(one, entries).map(shellWord).map(safe).join(' ')}`);
    return 2;
  }
  const refusal = refusalOf(decide(entry.record, given));
  if (refusal !== undefined) return refuse(entry.record, refusal);
  if (!given.yes) {
    if (!process.stdin.isTTY) {
      tell(
        `onceward: journal ${given.action} asks first, and there is no terminal to ask on. Say --yes if it is meant.`,
      );
      return 2;
    }
    if (!(await agreed(question(entry, given)))) {
      tell('Nothing was changed.');
      return 1;
    }
  }
  return store(journal, entry, given);
}

/** Compare-and-set until it is stored; every version it meets is judged anew: the application may be running. */
async function store(journal: Journal, entry: Entry, given: JournalArguments): Promise<number> {
  const { identity } = entry.record;
  for (;;) {
    const current = await journal.get(identity);
    if (current === undefined || current.state === undefined) {
      tell(notFound(given));
      return 1;
    }
    const decision = decide(current, given);
    if (decision.kind === 'refused') return refuse(current, decision.refusal);
    const write = `${DECIDED_HERE}${randomBytes(12).toString('hex')}`;
    const { won, record } = await journal.update(identity, {
      revision: current.revision,
      write,
      state: decision.state,
    });
    if (!won || record?.state === undefined) continue;
    const view = viewOf({ client: entry.client, record }, processTable());
    print(given.json ? JSON.stringify(view) : `${safe(view.id)}: ${view.status}, effect ${view.effect}.`);
    return 0;
  }
}

function decide(record: OperationRecord, given: JournalArguments): Decided {
  const { action, verdict, attemptTimeout, evenIfPossiblySent } = given;
  const now = Date.now();
  return action === 'discard'
    ? discarded(record, { now, evenIfPossiblySent })
    : resolved(record, { effect: verdict }, { now, attemptTimeout });
}

function refusalOf(decision: Decided): Refusal | undefined {
  return decision.kind === 'refused' ? decision.refusal : undefined;
}

function refuse(record: OperationRecord, refusal: Refusal): number {
  const { status, id } = toOperation(record);
  const why: Readonly<Record<Refusal['because'], string>> = {
    ended: `it has already ended (${status}); there is nothing to discard.`,
    possible:
      'it may have happened. Discarding ends the sending, not the effect: say --even-if-possibly-sent if that is meant.',
    'not-in-doubt': `it is not in doubt (${status}); there is nothing to decide.`,
    'too-early': `its last attempt could still arrive until ${'until' in refusal ? moment(refusal.until) : ''}: say --none after that. (Reckoned with --attempt-timeout, which must be the client's.)`,
  };
  tell(`onceward: ${safe(id)}: ${why[refusal.because]}`);
  return 1;
}

function question({ client, record }: Entry, { action, verdict }: JournalArguments): string {
  const { id, owner, method, url, status, reason, effect, attempts } = toOperation(record);
  const consequence =
    action === 'discard'
      ? effect === 'possible'
        ? 'Nothing more is sent for it. What may have happened is not undone, and the name stays taken'
        : 'Nothing is sent for it, and the name is free again'
      : verdict === 'done'
        ? 'It is stored as succeeded: it happened'
        : 'It is stored as not happened: the same name may be sent again, with a new key';
  return [
    `${safe(id)} of ${safe(owner)} (client ${safe(client)})`,
    `${method} ${safe(url)}, ${status}${reason === undefined ? '' : ` (${safe(reason)})`}, ${count(attempts, 'attempt')}, effect ${effect}`,
    `${consequence}. This cannot be taken back. Go on? [y/N] `,
  ].join('\n');
}

/** Only a y says yes: an empty line, an end of input and ^C do not. */
async function agreed(text: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  try {
    const answer = await Promise.race([terminal.question(text), closed]);
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
