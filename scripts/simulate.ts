import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { simulateCommand } from '../src/cli/simulate-command.ts';
import { campaignReport } from '../src/testing/simulate/report.ts';

// `onceward simulate` from the sources. With `--report` a campaign that held writes what it came to into docs/promises.md.
const [BEGIN, END] = ['<!-- campaign: written by scripts/simulate.ts -->', '<!-- campaign: end -->'];
const argv = process.argv.slice(2).filter((argument) => argument !== '--report');
const simulated = await simulateCommand(argv);
if (process.argv.includes('--report') && simulated !== undefined && simulated.failure === undefined) {
  const file = join(import.meta.dirname, '../docs/promises.md');
  const text = readFileSync(file, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${file} has no place for the report`);
  const command = `npm run simulate -- ${argv.filter((_, at) => ![argv[at], argv[at - 1]].some((one) => one === '--resume' || one === '--save')).join(' ')}`;
  const report = campaignReport(simulated.tally, simulated.cpuSeconds);
  writeFileSync(
    file,
    `${text.slice(0, from)}${BEGIN}\n\n\`${command}\` on Node ${process.version}:\n\n${report}\n${text.slice(to)}`,
  );
}
