import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

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
  const counted = report === undefined ? { passed: 0, failed: 0, skipped: 0 } : countsOf(report);
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

function countsOf(report: string): Pick<Result, 'passed' | 'failed' | 'skipped'> {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
  const read = JSON.parse(readFileSync(report, 'utf8')) as Record<
    'numPassedTests' | 'numFailedTests' | 'numPendingTests' | 'numTodoTests',
    number
  >;
  return {
    passed: read.numPassedTests,
    failed: read.numFailedTests,
    skipped: read.numPendingTests + read.numTodoTests,
  };
}

function described({ step, seconds, ok, passed, failed, skipped }: Result): string {
  const tests = step.startsWith('test:') ? `${passed} passed, ${failed} failed, ${skipped} skipped` : '';
  return `${ok ? 'ok    ' : 'FAILED'} ${step.padEnd(16)}${`${seconds.toFixed(1)} s`.padStart(8)}  ${tests}`.trimEnd();
}
