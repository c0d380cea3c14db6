import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CLI, ENV } from './run.ts';

/** Runs a command line on a terminal of its own (script, of util-linux), and types once it has asked. */
export async function onTerminal(
  { typed = '', columns }: { readonly typed?: string; readonly columns?: number },
  ...argv: readonly string[]
): Promise<{ readonly code: number | null; readonly text: string }> {
  const command = [process.execPath, CLI, ...argv].map((word) => `'${word}'`).join(' ');
  const sized = columns === undefined ? command : `stty columns ${columns}; ${command}`;
  const child = spawn('script', ['--quiet', '--return', '--command', sized, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: ENV,
  });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
    if (text.includes('[y/N] ')) child.stdin.end(typed);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}
