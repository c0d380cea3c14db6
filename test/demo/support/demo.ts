import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const DEMO = fileURLToPath(new URL('../../../scripts/demo.mjs', import.meta.url));

/** The last line of `demo --json`. */
export interface Counted {
  readonly operations: number;
  readonly attempts: number;
  readonly kills: number;
  readonly effects: number;
  readonly outcomes: number;
  readonly status: number;
}

/** Runs the demo to its end. */
export async function runDemo(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ code: number | null; counted: Counted; text: string }> {
  const child = spawn(process.execPath, [DEMO, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  let text = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (complaint !== '') throw new Error(complaint);
  return { code, counted: JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Counted, text };
}
