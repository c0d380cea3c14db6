import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

// Runs npm scripts one after the other, all of them, whatever fails on the way: `node scripts/run-steps.ts check:types test:unit`.
// Scripts called test:* write a vitest report; the last line sums those. A step that fails without a failed test in its report counts as one
// failure, so the line says 0 failed exactly when the exit status is 0. Steps that are no tests and pass are not counted.

/** Nothing here takes half as long; a step that hangs must not hide what the others found. */
const STEP_LIMIT = 10 * 60_000;
const reports = join(import.meta.dirname, '..', 'reports');

interface Result {
  readonly step: string;
  readonly seconds: number;
  readonly ok: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** A line for each test that failed, and for each file that could not be loaded. */
  readonly failures: readonly string[];
}

/** What is read of vitest's JSON report. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports);
const results: Result[] = [];
for (const step of process.argv.slice(2)) {
  console.log(`\n=== ${step}`);
  results.push(await run(step));
}
console.log('\n=== summary');
for (const result of results) console.log(described(result));
// At the end, where somebody who sees only the tail of a log still finds what failed.
for (const line of results.flatMap((result) => result.failures)) console.log(line);
const passed = results.reduce((sum, each) => sum + each.passed, 0);
const failed = results.reduce((sum, each) => sum + each.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function run(step: string): Promise<Result> {
  const report = step.startsWith('test:') ? join(reports, `${step.replaceAll(':', '-')}.json`) : undefined;
  const options =
    report === undefined ? [] : ['--', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const started = performance.now();
  const ok = await succeeds('npm', ['run', '--silent', step, ...options]);
  const seconds = (performance.now() - started) / 1000;
  const counted = report === undefined ? { passed: 0, failed: 0, skipped: 0, failures: [] } : countsOf(report);
  // Also a report that is missing, a file that could not be loaded, a run without any test.
  return { step, seconds, ok, ...counted, failed: ok ? counted.failed : Math.max(1, counted.failed) };
}

function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    // A group of its own: browsers and children of a step that hangs end with it.
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
    const stop = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const interrupted = (): void => {
      stop();
      process.exit(130);
    };
    const timer = setTimeout(() => {
      console.error(`stopped after ${STEP_LIMIT / 60_000} minutes`);
      stop();
    }, STEP_LIMIT);
    process.once('SIGINT', interrupted);
    process.once('SIGTERM', interrupted);
    child.once('error', (error) => console.error(error.message));
    child.once('close', (code) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupted);
      process.off('SIGTERM', interrupted);
      resolve(code === 0);
    });
  });
}

function countsOf(report: string): Pick<Result, 'passed' | 'failed' | 'skipped' | 'failures'> {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0, failures: [] };
  const read = JSON.parse(readFileSync(report, 'utf8')) as Report;
  return {
    passed: read.numPassedTests,
    failed: read.numFailedTests,
    skipped: read.numPendingTests + read.numTodoTests,
    failures: read.testResults.flatMap(failuresOf),
  };
}

function failuresOf(file: Report['testResults'][number]): string[] {
  const path = relative(join(import.meta.dirname, '..'), file.name);
  const failed = file.assertionResults
    .filter((test) => test.status === 'failed')
    .map((test) => failureLine(path, test.fullName, test.failureMessages?.[0]));
  return failed.length === 0 && file.status === 'failed' ? [failureLine(path, 'the file', file.message)] : failed;
}

function failureLine(path: string, test: string, message = ''): string {
  const said = message.split('\n', 3).join(' ').trim();
  return `FAILED ${path}: ${test.slice(0, 160)}: ${said.slice(0, 240)}`;
}

function described({ step, seconds, ok, passed, failed, skipped }: Result): string {
  const tests = step.startsWith('test:') ? `${passed} passed, ${failed} failed, ${skipped} skipped` : '';
  return `${ok ? 'ok    ' : 'FAILED'} ${step.padEnd(16)}${`${seconds.toFixed(1)} s`.padStart(8)}  ${tests}`.trimEnd();
}
