import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseSync } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Installed, install } from './support/installed.ts';

const run = promisify(execFile);
let installed: Installed;
beforeAll(async () => {
  installed = await install();
});
afterAll(() => installed.remove());

/** The subpaths a program can import, e.g. `onceward/node`. */
const entries = (): string[] =>
  Object.keys(installed.manifest.exports)
    .filter((path) => path !== './package.json')
    .map((path) => path.replace('.', 'onceward'));

/** The names a module exports; of a declaration file the types too. */
async function exportsOf(path: string): Promise<string[]> {
  const { module } = parseSync(path, await readFile(join(installed.folder, path), 'utf8'));
  return module.staticExports
    .flatMap(({ entries }) => entries.map(({ exportName }) => exportName.name ?? '*'))
    .toSorted();
}

describe('exports', () => {
  test('every target is in the package, types come first, and the map is flat', () => {
    const packed = installed.files.map(({ path }) => `./${path}`);
    for (const [path, target] of Object.entries(installed.manifest.exports)) {
      if (typeof target === 'string') {
        expect(packed).toContain(target);
        continue;
      }
      const [first, ...others] = Object.keys(target);
      expect(first, path).toBe('types');
      expect(others.at(-1), path).toBe('default');
      for (const file of Object.values(target)) if (file !== null) expect(packed).toContain(file);
    }
  });

  test('every subpath imports in Node, and the process ends by itself', async () => {
    for (const entry of entries()) {
      const names = await installed.node(`console.log(Object.keys(await import('${entry}')).join())`);
      expect(names.trim(), entry).not.toBe('');
      expect(names, entry).not.toContain('default');
    }
  });

  test('importing everything changes no global and leaves nothing running', async () => {
    const printed = await installed.node(`
      const globals = () => [...Object.getOwnPropertyNames(globalThis), ...Object.getOwnPropertySymbols(globalThis)];
      const before = new Set(globals());
      for (const entry of ${JSON.stringify(entries())}) if (entry !== 'onceward/mock/msw') await import(entry);
      console.log(JSON.stringify({
        globals: globals().filter((name) => !before.has(name)).map(String),
        running: process.getActiveResourcesInfo(),
      }));
    `);
    const { globals, running } = JSON.parse(printed) as { globals: string[]; running: string[] };
    // Node's own: its fetch is loaded when ky looks at what Request can do. Pipes are this process's stdio.
    expect(globals.filter((name) => !name.startsWith('Symbol(undici.'))).toEqual([]);
    expect(running.filter((name) => name !== 'PipeWrap')).toEqual([]);
  });

  test('the twins for Node and for everything else export the same names, types included', async () => {
    const values = await exportsOf('dist/index.js');
    expect(values).toContain('createClient');
    expect(await exportsOf('dist/index.node.js')).toEqual(values);
    const types = await exportsOf('dist/index.d.ts');
    expect(types).toEqual(expect.arrayContaining(values));
    expect(types).toContain('ClientOptions');
    expect(await exportsOf('dist/index.node.d.ts')).toEqual(types);
  });

  test('Node gets the entry with its own ports', async () => {
    const resolved = await installed.node("console.log(import.meta.resolve('onceward'))");
    expect(resolved).toContain('dist/index.node.js');
  });

  test('errors are one class in all entries', async () => {
    const printed = await installed.node(`
      import { JournalError, isOncewardError } from 'onceward';
      import { indexedDBJournal } from 'onceward/browser';
      const journal = indexedDBJournal();
      const error = await journal.open().then(() => undefined, (error) => error);
      console.log(JSON.stringify([error instanceof JournalError, isOncewardError(error), error.code, error.reason, error.effect]));
    `);
    expect(JSON.parse(printed)).toEqual([true, true, 'ERR_ONCEWARD_JOURNAL', 'unavailable', 'none']);
  });
});

describe('the tarball', () => {
  test('holds the build and the papers, and no test, source or script', () => {
    const paths = installed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js']),
    );
    expect(paths.filter((path) => !/^(dist\/|package\.json|README\.md|LICENSE|CHANGELOG\.md)/.test(path))).toEqual([]);
    expect(paths.filter((path) => /\.test\.|(^|\/)test\/|\.ts$/.test(path) && !path.endsWith('.d.ts'))).toEqual([]);
  });

  test('imports only what it declares; msw in its one adapter', async () => {
    const allowed = new Set(Object.keys(installed.manifest.dependencies));
    for (const path of modules()) {
      const outside = (await specifiersOf(path)).filter((specifier) => !specifier.startsWith('.'));
      const undeclared = outside.filter((specifier) => !allowed.has(specifier) && !isBuiltin(specifier));
      expect(undeclared, path).toEqual(path === 'dist/mock/msw.js' ? ['msw'] : []);
    }
  });

  test('what is not for Node imports nothing of Node', async () => {
    for (const entry of [
      'dist/index.js',
      'dist/browser.js',
      'dist/profiles/index.js',
      'dist/mock/index.js',
      'dist/testing/index.js',
    ]) {
      const reached = await reachedFrom(entry);
      expect(
        [...reached].filter((specifier) => isBuiltin(specifier)),
        entry,
      ).toEqual([]);
    }
  });

  // They keep the .ts of the source: in a declaration TypeScript reads './x.ts' as './x.d.ts', as it does './x.js'.
  test('declarations name declarations that are there', async () => {
    const declarations = installed.files.map(({ path }) => path).filter((path) => path.endsWith('.d.ts'));
    expect(declarations.length).toBeGreaterThan(entries().length);
    for (const path of declarations) {
      for (const specifier of await specifiersOf(path)) {
        if (!specifier.startsWith('.')) continue;
        const target = join(installed.folder, path, '..', specifier.replace(/\.[jt]s$/, '.d.ts'));
        expect(existsSync(target), `${path} -> ${specifier}`).toBe(true);
      }
    }
  });

  test("compiles in a strict project that checks its libraries' types", async () => {
    const lines = entries().map(
      (entry, at) =>
        `import * as entry${at} from '${entry}';\nexport const names${at}: string[] = Object.keys(entry${at});`,
    );
    await writeFile(join(installed.project, 'user.ts'), `${lines.join('\n')}\n`);
    const options = [
      '--strict',
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'es2023',
      '--lib',
      'es2024,dom,dom.iterable,dom.asynciterable,esnext.disposable',
    ];
    const types = ['--types', 'node', '--typeRoots', join(import.meta.dirname, '../../node_modules/@types')];
    const compiler = join(installed.project, 'node_modules/typescript/bin/tsc');
    const complaints = await run(compiler, [...options, ...types, 'user.ts'], { cwd: installed.project }).then(
      () => '',
      (error: unknown) => (error as { stdout?: string }).stdout || String(error),
    );
    expect(complaints).toBe('');
  });
});

describe('onceward, the command', () => {
  test('is executable and says its version', async () => {
    const path = installed.manifest.bin['onceward'] ?? '';
    const mode = installed.files.find((file) => `./${file.path}` === path)?.mode ?? 0;
    expect(mode & 0o111).toBe(0o111);
    const { stdout } = await run(join(installed.folder, path), ['--version']);
    expect(stdout.trim()).toBe(installed.manifest.version);
  });
});

function modules(): string[] {
  return installed.files.map(({ path }) => path).filter((path) => path.endsWith('.js'));
}

async function specifiersOf(path: string): Promise<string[]> {
  const source = await readFile(join(installed.folder, path), 'utf8');
  const { module } = parseSync(path, source);
  return [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    // Not what somebody names at run time: the routes of `onceward mock`.
    ...module.dynamicImports.flatMap(({ moduleRequest }) => {
      const request = source.slice(moduleRequest.start, moduleRequest.end);
      return /^(['"`]).*\1$/.test(request) ? [request.slice(1, -1)] : [];
    }),
  ];
}

/** Everything a file imports, through the package's own files. */
async function reachedFrom(path: string, seen: Set<string> = new Set()): Promise<Set<string>> {
  for (const specifier of await specifiersOf(path)) {
    const next = specifier.startsWith('.') ? join(path, '..', specifier) : specifier;
    if (seen.has(next)) continue;
    seen.add(next);
    if (next !== specifier) await reachedFrom(next, seen);
  }
  return seen;
}
