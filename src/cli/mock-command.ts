import { createMock } from '../mock/create-mock.ts';
import { type Listening, listen } from '../mock/node.ts';
import type { LogLine, Mock } from '../mock/types.ts';
import { MOCK_HELP, type MockArguments, mockArguments } from './mock-options.ts';
import { usageError } from './usage-error.ts';
import { packageVersion } from './version.ts';

/** `onceward mock`: serves until it is told to stop by SIGINT or SIGTERM. */
export async function mockCommand(argv: readonly string[]): Promise<void> {
  let options: MockArguments;
  let mock: Mock;
  try {
    options = mockArguments(argv);
    if (options.show !== undefined) {
      process.stdout.write(options.show === 'help' ? MOCK_HELP : `${packageVersion()}\n`);
      return;
    }
    const { json } = options;
    mock = createMock({ ...options.mock, log: (line) => print(json ? JSON.stringify(line) : readable(line)) });
    mock.fail(...options.faults);
  } catch (error) {
    usageError(messageOf(error), 'onceward mock --help');
    return;
  }
  let listening: Listening;
  try {
    listening = await listen(mock, options);
  } catch (error) {
    usageError(
      `The mock cannot listen on ${options.host}:${options.port}: ${messageOf(error)}`,
      'onceward mock --port 0',
    );
    return;
  }
  const { url } = listening;
  print(options.json ? JSON.stringify({ event: 'listening', url }) : `onceward mock listening on ${url}`);
  await stopped();
  await listening.close();
}

/** For a person: when, what, how it ended, and the key to look for. */
function readable(line: LogLine): string {
  const { method, path, outcome, status, fault, key, tenant, hits, error } = line;
  return [
    new Date(line.at).toISOString().slice(11, 23),
    `${method} ${path}`,
    status === undefined ? 'no answer' : `${status}`,
    outcome,
    ...(fault === undefined ? [] : [`fault=${fault}`]),
    `key=${key ?? '-'}`,
    `tenant=${tenant}`,
    `hits=${hits}`,
    ...(error === undefined ? [] : [`error=${JSON.stringify(error)}`]),
  ].join('  ');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function stopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
