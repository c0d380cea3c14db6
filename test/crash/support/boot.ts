import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Where a process kills itself, the n-th time it gets there. */
export interface SelfKill {
  readonly point: string;
  readonly nth: number;
  /** Turns of the event loop between the start of a write and a kill during it. */
  readonly turns: number;
}

export interface BootPlan {
  readonly journal: string;
  readonly server: string;
  readonly names: readonly string[];
  readonly kill?: SelfKill | undefined;
  /** Wall clock, ms: it makes its calls then and not before. */
  readonly goAt?: number | undefined;
}

/** One outcome as a process received it. */
export interface Delivered {
  readonly name: string;
  readonly status: string;
  readonly source?: string;
  readonly persisted: boolean;
  readonly http?: number;
  readonly body?: string;
  readonly attempts: number;
  /** When the parent heard of it, on its monotonic clock. */
  readonly at: number;
}

type Line =
  | { readonly event: 'boot'; readonly found: Readonly<Record<string, string>>; readonly resumed: readonly string[] }
  | { readonly event: 'called'; readonly name: string }
  | { readonly event: 'killed'; readonly point: string; readonly name: string; readonly at: number }
  | ({ readonly event: 'outcome' } & Delivered)
  | { readonly event: 'end' };

/** What stays of a process after it has ended. */
export interface Life {
  readonly pid: number;
  readonly killed: boolean;
  /** It was told to the end what it wanted to know. */
  readonly ended: boolean;
  readonly found: Readonly<Record<string, string>> | undefined;
  readonly resumed: readonly string[];
  readonly called: readonly string[];
  readonly outcomes: readonly Delivered[];
  /** The point at which it killed itself, and the operation that was there. */
  readonly death: { readonly point: string; readonly name: string; readonly at: number } | undefined;
}

/** A process that does not end by itself is killed, and fails the test. */
const LONGEST = 30_000;

/** The application under test. */
export const APP: string = fileURLToPath(new URL('../child/app.mjs', import.meta.url));

/** A payment process under way. */
export class Boot {
  readonly life: Promise<Life>;
  /** When the process has read its journal and goes to work; undefined where it died before. */
  readonly working: Promise<void>;
  readonly #child: ChildProcess;

  constructor(plan: BootPlan) {
    this.#child = spawn(process.execPath, [APP, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'pipe'] });
    const lines: Line[] = [];
    let begun = (): void => {};
    this.working = new Promise((resolve) => {
      begun = resolve;
    });
    this.life = this.#watch(lines, () => begun()).finally(() => begun());
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async #watch(lines: Line[], begun: () => void): Promise<Life> {
    const child = this.#child;
    if (!child.stdout || !child.stderr) throw new Error('The child has no pipes.');
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = { ...JSON.parse(text), at: performance.now() } as Line;
      lines.push(line);
      if (line.event === 'boot') begun();
    });
    const hung = setTimeout(() => {
      complaint += `It was still running after ${LONGEST} ms.`;
      child.kill('SIGKILL');
    }, LONGEST);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (...ended) => resolve(ended));
    });
    clearTimeout(hung);
    const life = lifeOf(lines, { pid: child.pid ?? 0, killed: signal === 'SIGKILL' });
    if (complaint !== '' || (signal !== 'SIGKILL' && !(code === 0 && life.ended))) {
      throw new Error(
        `A payment process failed (code ${code}, signal ${signal}): ${complaint}\n${JSON.stringify(lines)}`,
      );
    }
    return life;
  }
}

function lifeOf(lines: readonly Line[], { pid, killed }: { readonly pid: number; readonly killed: boolean }): Life {
  const boot = lines.find((line) => line.event === 'boot');
  const death = lines.find((line) => line.event === 'killed');
  return {
    pid,
    killed,
    ended: lines.some((line) => line.event === 'end'),
    found: boot?.found,
    resumed: boot?.resumed ?? [],
    called: lines.flatMap((line) => (line.event === 'called' ? [line.name] : [])),
    outcomes: lines.filter((line) => line.event === 'outcome'),
    death,
  };
}
