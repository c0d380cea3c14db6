import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The engines of this machine: where each one's program is, or undefined where it is missing. */
export interface Browsers {
  /** Undefined too where the fallback was not asked for; see `findBrowsers`. */
  readonly chromium: string | undefined;
  readonly firefox: string | undefined;
  readonly webkit: { readonly driver: string; readonly browser: string; readonly display: string } | undefined;
}

/** For Chromium: the sandbox needs privileges that containers lack, and the rest would talk to the network. */
export const CHROMIUM_ARGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Looks where Debian puts them. Where there is no Chromium, the one that comes through npm is unpacked (5-10 s the first time, Linux x64 only);
 *  `unpack: false` leaves that out. */
export async function findBrowsers({ unpack = true }: { unpack?: boolean } = {}): Promise<Browsers> {
  const driver = onPath('WebKitWebDriver');
  const browser = ['x86_64', 'aarch64']
    .map((machine) => `/usr/lib/${machine}-linux-gnu/webkit2gtk-4.1/MiniBrowser`)
    .find((path) => existsSync(path));
  const display = onPath('Xvfb');
  return {
    chromium: onPath('chromium') ?? onPath('chromium-browser') ?? (unpack ? await unpackedChromium() : undefined),
    firefox: onPath('firefox-esr') ?? onPath('firefox'),
    webkit: driver && browser && display ? { driver, browser, display } : undefined,
  };
}

/** One line for the log: which engines will run, and which are missing. */
export function describeBrowsers(browsers: Browsers): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Chromium', browsers.chromium],
    ['Firefox', browsers.firefox],
    ['WebKitGTK', browsers.webkit?.browser],
  ];
  return `Browsers: ${rows.map(([name, path]) => `${name} ${path ?? 'not found'}`).join(', ')}`;
}

function onPath(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** Its default flags switch web security off and run everything in one process, so only its path is used. */
async function unpackedChromium(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const folder = fileURLToPath(new URL('../../node_modules/.cache/onceward-chromium', import.meta.url));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const before = process.env['TMPDIR'];
  // It takes any unpacked copy it finds in the temporary folder, also another user's.
  process.env['TMPDIR'] = folder;
  try {
    const { default: chromium } = await import('@sparticuz/chromium');
    return await chromium.executablePath();
  } catch {
    return undefined;
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}
