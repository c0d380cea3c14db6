import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import type { BrowserProviderOption } from 'vitest/node';
import { CHROMIUM_ARGS, describeBrowsers, findBrowsers } from './test/support/browsers.ts';
import { webkitgtk } from './test/support/webkit-provider.ts';

const ENGINES: readonly string[] = ['chromium', 'firefox', 'webkit'];

const EXAMPLES: string[] = ['demo', 'docs', 'examples'].map((folder) => `test/${folder}/**/*.test.ts`);

/** The projects asked for on the command line; none named: all. */
const named = process.argv.flatMap((argument, at) =>
  argument === '--project'
    ? [process.argv[at + 1] ?? '']
    : argument.startsWith('--project=')
      ? [argument.slice(10)]
      : [],
);
const runs = (project: string): boolean => named.length === 0 || named.includes(project);

const browsers = await findBrowsers({ unpack: runs('chromium') });
// This file is loaded again for every project: said once.
if (ENGINES.some(runs) && process.env['ONCEWARD_BROWSERS'] === undefined) {
  process.env['ONCEWARD_BROWSERS'] = describeBrowsers(browsers);
  console.log(process.env['ONCEWARD_BROWSERS']);
}

/** One project per engine: vitest wants one provider per project. An engine that is missing has none. */
function engine(name: string, provider: BrowserProviderOption, headless = true): TestProjectInlineConfiguration {
  return {
    extends: true,
    // Engines run side by side, and each one's server writes its own.
    cacheDir: `node_modules/.vite/${name}`,
    // Found late, a dependency makes the server reload the page in the middle of a test.
    optimizeDeps: { include: ['idb-keyval', 'ky', 'p-retry', 'uuid'] },
    test: {
      name,
      include: ['test/browser/**/*.test.ts'],
      testTimeout: 30_000,
      browser: {
        enabled: true,
        headless,
        ui: false,
        screenshotFailures: false,
        provider,
        instances: [{ browser: name as 'chromium' | 'firefox' | 'webkit' }],
      },
    },
  };
}

export default defineConfig({
  test: {
    // A second, the default of poll, is little on a machine that does something else as well.
    expect: { requireAssertions: true, poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/browser/**', 'test/page/**', 'test/crash/**', ...EXAMPLES],
          testTimeout: 15_000,
          // Their time is mostly waiting. By default one core is left to the runner, which on two cores means one file at a time.
          maxWorkers: '100%',
          // One packs the package and installs it.
          hookTimeout: 60_000,
        },
      },
      // Real children that are killed; and real browsers that are reloaded and killed, driven from Node. Each has a run of its own: beside
      // anything else on two cores they starve.
      {
        extends: true,
        test: { name: 'crash', include: ['test/crash/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: 'page',
          include: ['test/page/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      // Programs of their own: the demo, the examples, the README's code.
      { extends: true, test: { name: 'examples', include: EXAMPLES, testTimeout: 60_000 } },
      ...(browsers.chromium === undefined
        ? []
        : [
            engine(
              'chromium',
              playwright({ launchOptions: { executablePath: browsers.chromium, args: [...CHROMIUM_ARGS] } }),
            ),
          ]),
      ...(browsers.firefox === undefined
        ? []
        : // 'moz-firefox': WebDriver BiDi, which a Firefox as Debian builds it speaks. Playwright's own protocol needs its own build.
          [
            engine(
              'firefox',
              playwright({ launchOptions: { channel: 'moz-firefox', executablePath: browsers.firefox } }),
            ),
          ]),
      ...(browsers.webkit === undefined ? [] : [engine('webkit', webkitgtk(browsers.webkit), false)]),
    ],
  },
});
