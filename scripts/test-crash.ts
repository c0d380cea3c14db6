import { spawn } from 'node:child_process';

// `npm run test:crash -- --kills 2000 [--seed 7] [whatever vitest takes]`: vitest refuses options that it does not know, so those two go by
// environment.

const SETTINGS: Readonly<Record<string, string>> = { '--kills': 'KILLS', '--seed': 'SEED' };

const rest: string[] = [];
const env = { ...process.env };
const given = process.argv
  .slice(2)
  .flatMap((argument) => (/^--(kills|seed)=/.test(argument) ? argument.split('=') : [argument]));
for (let at = 0; at < given.length; at++) {
  const argument = given[at] ?? '';
  const name = SETTINGS[argument];
  if (name === undefined) rest.push(argument);
  else env[name] = given[++at] ?? '';
}
const vitest = spawn('vitest', ['run', '--project', 'crash', '--no-file-parallelism', ...rest], {
  stdio: 'inherit',
  env,
});
vitest.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
