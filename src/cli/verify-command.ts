import { writeFileSync } from 'node:fs';
import { type VerifyReport, verify } from '../verify/index.ts';
import { tell } from './plain-text.ts';
import { usageError } from './usage-error.ts';
import { effectsFrom, hooksFrom, requestFrom } from './verify-files.ts';
import { invalid, VERIFY_HELP, type VerifyArguments, verifyArguments } from './verify-options.ts';
import { packageVersion } from './version.ts';

/** `onceward verify`: one run against a server, and what is to be said of it. */
export async function verifyCommand(argv: readonly string[]): Promise<void> {
  let options: VerifyArguments;
  let report: VerifyReport;
  try {
    options = verifyArguments(argv);
    if (options.show !== undefined) {
      process.stdout.write(options.show === 'help' ? VERIFY_HELP : `${packageVersion()}\n`);
      return;
    }
    report = await carriedOut(options);
  } catch (error) {
    usageError(error instanceof Error ? error.message : String(error), 'onceward verify --help');
    return;
  }
  process.stdout.write(printed(report, options.print));
  process.exitCode = statusOf(report);
  write(options.junit, () => report.toJUnit());
  write(options.html, () => report.toHTML());
}

async function carriedOut({
  url,
  request,
  invalidRequest,
  effects,
  hooks,
  verify: rest,
}: VerifyArguments): Promise<VerifyReport> {
  if (request === undefined) throw invalid('--request is missing.');
  const origin = URL.canParse(url) ? new URL(url).origin : '';
  return verify({
    ...rest,
    // The report goes to stdout, whole; who watches sees how far it is.
    ...(process.stderr.isTTY && { onResult: ({ id, verdict }) => tell(`${id} ${verdict}`) }),
    url,
    request: await requestFrom('--request', request),
    ...(invalidRequest !== undefined && { invalidRequest: await requestFrom('--invalid-request', invalidRequest) }),
    ...(effects !== undefined && { countEffects: await effectsFrom(effects, { origin, headers: rest.headers }) }),
    ...(hooks !== undefined && { hooks: await hooksFrom(hooks) }),
  });
}

function printed(report: VerifyReport, form: VerifyArguments['print']): string {
  if (form === 'json') return `${JSON.stringify(report)}\n`;
  return form === 'tap' ? report.toTAP() : report.toText();
}

function statusOf({ ok, cases }: VerifyReport): number {
  if (ok) return 0;
  return cases.some(({ verdict }) => verdict === 'fail') ? 1 : 2;
}

/** What was found was printed already: a file that cannot be written must not take it away. */
function write(file: string | undefined, text: () => string): void {
  if (file === undefined) return;
  try {
    writeFileSync(file, text());
  } catch (error) {
    tell(`onceward: ${file} cannot be written: ${(error as Error).message}`);
    process.exitCode = 2;
  }
}
