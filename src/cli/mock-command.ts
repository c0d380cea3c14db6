import { createMock } from '../mock/create-mock.ts';
import { fileLedger, type Listening, listen } from '../mock/node.ts';
import type { LogLine, Mock } from '../mock/types.ts';
import { planFrom, routesFrom } from './mock-files.ts';
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
    mock = await mockOf(options);
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
  print(isJson(options) ? JSON.stringify({ event: 'listening', url }) : `onceward mock listening on ${url}`);
  await stopped();
  await listening.close();
  if (options.plan !== undefined) assertConsumed(mock);
}

async function mockOf(options: MockArguments): Promise<Mock> {
  const { ledger, plan, routes } = options;
  const faults = [...options.faults, ...(plan === undefined ? [] : planFrom(plan))];
  const json = isJson(options);
  const mock = createMock({
    ...options.mock,
    ...(routes !== undefined && { routes: await routesFrom(routes) }),
    // Without a ledger on disk a dead process would leave nothing to start again on: there the mock only forgets what a process forgets.
    ...(ledger !== undefined && { ledger: fileLedger(ledger), onCrash: () => process.kill(process.pid, 'SIGKILL') }),
    log: (line) => print(json ? JSON.stringify(line) : readable(line)),
  });
  mock.fail(...faults);
  return mock;
}

function isJson({ json }: MockArguments): boolean {
  return json ?? process.stdout.isTTY !== true;
}

function assertConsumed(mock: Mock): void {
  try {
    mock.assertPlanConsumed();
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
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
