import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrowserContext, chromium, firefox } from 'playwright';
import { CHROMIUM_ARGS, findBrowsers } from './browsers.ts';

/** An engine whose pages can be driven, closed and killed. WebKitGTK's automation keeps no profile, so there is nothing to come back to. */
export interface PageEngine {
  readonly name: string;
  /** Starts a browser on a profile folder: the same folder is the same browser, started again. */
  launch(profile: string): Promise<BrowserContext>;
}

export async function pageEngines(): Promise<readonly PageEngine[]> {
  const found = await findBrowsers();
  const engines: PageEngine[] = [];
  const { chromium: chromiumPath, firefox: firefoxPath } = found;
  if (chromiumPath !== undefined) {
    engines.push({
      name: 'Chromium',
      launch: (profile) =>
        chromium.launchPersistentContext(profile, { executablePath: chromiumPath, args: [...CHROMIUM_ARGS] }),
    });
  }
  if (firefoxPath !== undefined) {
    engines.push({
      name: 'Firefox',
      // WebDriver BiDi, which a Firefox as Debian builds it speaks.
      launch: (profile) =>
        firefox.launchPersistentContext(profile, { channel: 'moz-firefox', executablePath: firefoxPath }),
    });
  }
  return engines;
}

/** Ends every process of the browser on this profile with SIGKILL, the main one first: no unload, no flush. Resolves when none is left, with how
 *  many there were. */
export async function killBrowser(profile: string): Promise<number> {
  const pids = processesOf(profile);
  for (const pid of pids) kill(pid);
  while (pids.some(isAlive)) await sleep(5);
  return pids.length;
}

/** Those that name the profile, and their descendants, parents first. */
function processesOf(profile: string): readonly number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
  const found = new Set(all.filter((pid) => pid !== process.pid && read(pid, 'cmdline').includes(profile)));
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const pid of all) if (found.has(parentOf(pid))) found.add(pid);
  }
  return [...found].sort((a, b) => a - b);
}

function parentOf(pid: number): number {
  // The name, in brackets, may hold anything.
  return Number(read(pid, 'stat').split(') ').at(-1)?.split(' ')[1]);
}

/** A zombie has ended: it only waits to be counted. */
function isAlive(pid: number): boolean {
  const state = read(pid, 'stat').split(') ').at(-1)?.[0];
  return state !== undefined && state !== '' && state !== 'Z' && state !== 'X';
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone with its parent.
  }
}

function read(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
