import { globSync } from 'node:fs';
import { defineConfig } from 'tsup';
import { pageFiles } from './src/mock/inspector/page-files.ts';

// A file each: of one big chunk a page that uses one profile would carry all of them.
const profiles = Object.fromEntries(globSync('src/profiles/*.ts').map((file) => [file.slice('src/'.length, -3), file]));

// Declarations come from tsc (`npm run build` runs both): tsup's own need the compiler API that TypeScript 7 no longer ships.
// splitting keeps one copy of the error classes across entries; 'smallest' drops the bare chunk imports it would leave behind.
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'index.node': 'src/index.node.ts',
    node: 'src/node.ts',
    browser: 'src/browser.ts',
    ...profiles,
    'mock/index': 'src/mock/index.ts',
    'mock/msw': 'src/mock/msw.ts',
    'mock/node': 'src/mock/node.ts',
    'testing/index': 'src/testing/index.ts',
    'verify/index': 'src/verify/index.ts',
    'cli/onceward': 'src/cli/onceward.ts',
  },
  format: ['esm'],
  target: 'es2023',
  platform: 'neutral',
  external: ['msw', /^node:/],
  dts: false,
  clean: true,
  silent: true,
  sourcemap: true,
  splitting: true,
  treeshake: 'smallest',
  // The inspector's files as texts: what is published reads none at run time.
  esbuildPlugins: [
    {
      name: 'page-files',
      setup(build) {
        build.onLoad({ filter: /inspector[\\/]page-files\.ts$/ }, () => ({
          contents: `const FILES = ${JSON.stringify(pageFiles())};\nexport function pageFiles() { return FILES; }`,
        }));
      },
    },
  ],
});
