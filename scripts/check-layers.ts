import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, matchesGlob, relative } from 'node:path';
import { parseSync } from 'vite';

/** Who may import whom. The first row that matches a file counts; a name without a slash or colon at the end is a package. */
const LAYERS: readonly (readonly [files: string, may: readonly string[]])[] = [
  ['src/index.ts', ['src/core/', 'src/journal/*.ts', 'src/journal/indexed-db/', 'src/browser/']],
  ['src/index.node.ts', ['src/core/', 'src/journal/*.ts', 'src/node/']],
  ['src/node.ts', ['src/journal/file/']],
  ['src/browser.ts', ['src/journal/indexed-db/']],
  ['src/core/**', ['src/core/', 'ky', 'p-retry', 'uuid']],
  ['src/profiles/**', ['src/profiles/', 'src/core/']],
  ['src/journal/*.ts', ['src/journal/*.ts', 'src/core/']],
  ['src/journal/file/**', ['src/journal/file/', 'src/journal/*.ts', 'src/core/', 'src/node/', 'node:']],
  [
    'src/journal/indexed-db/**',
    // uuid: each database has an id of its own.
    ['src/journal/indexed-db/', 'src/journal/*.ts', 'src/core/', 'src/browser/', 'idb-keyval', 'uuid'],
  ],
  ['src/browser/**', ['src/browser/', 'src/core/']],
  ['src/node/**', ['src/node/', 'src/core/', 'node:']],
  ['src/mock/msw.ts', ['src/mock/', 'msw']],
  // A page's server needs files; whoever bundles the mock for a browser does not need the page.
  ['src/mock/inspector/**', ['src/mock/inspector/', 'node:fs']],
  ['src/mock/node*.ts', ['src/mock/', 'src/core/', 'node:']],
  ['src/mock/**', ['src/mock/', 'src/profiles/', 'src/core/', 'uuid']],
  ['src/testing/**', ['src/testing/', 'src/mock/', 'src/profiles/', 'src/journal/*.ts', 'src/core/']],
  // Of the mock only what is no part of a server: what a host is, and numbers from a seed.
  [
    'src/verify/**',
    ['src/verify/', 'src/profiles/', 'src/core/', 'src/mock/guard.ts', 'src/mock/seeded-random.ts', 'node:'],
  ],
  [
    'src/cli/**',
    [
      'src/cli/',
      'src/mock/',
      'src/testing/',
      'src/verify/',
      'src/profiles/',
      'src/journal/',
      'src/node/',
      'src/core/',
      'node:',
    ],
  ],
];

/** Adapters stand on the engine; the engine does not know them. */
const ADAPTERS = ['src/mock/msw.ts', 'src/mock/node.ts'];

/** Folders that must read the time from a port. Reading it by name (`Date.now`) is for the linter, which knows scopes. */
const TIMELESS = ['src/core/**', 'src/profiles/**', 'src/journal/*.ts'];

const root = join(import.meta.dirname, '..');
const files = globSync('src/**/*.ts', { cwd: root }).toSorted();
const problems = files.flatMap(problemsOf);
for (const problem of problems) console.error(problem);
console.log(`layers: ${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

function problemsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const { module, program, errors } = parseSync(file, source);
  const layer = LAYERS.find(([pattern]) => matchesGlob(file, pattern));
  const at = (offset: number): string => `${file}:${source.slice(0, offset).split('\n').length}`;
  if (errors.length > 0) return [`${file}: cannot be read: ${errors[0]?.message}`];
  if (layer === undefined) return [`${file}: belongs to no layer; add a row to scripts/check-layers.ts`];
  const found: string[] = [];
  if (/utils?\.ts$/.test(basename(file))) found.push(`${file}: a file is named after its one concept, not 'utils'`);
  for (const { start, entries } of module.staticExports) {
    if (entries.some(({ importName }) => importName.kind === 'All' || importName.kind === 'AllButDefault')) {
      found.push(`${at(start)}: export * hides what is exported; list the names`);
    }
  }
  for (const [specifier, start] of importsOf(module, source)) {
    const target = specifier.startsWith('.') ? relative(root, join(root, dirname(file), specifier)) : specifier;
    const allowed = layer[1].some((may) => matches(target, may));
    if (!allowed || (ADAPTERS.includes(target) && !file.startsWith('src/cli/'))) {
      found.push(`${at(start)}: ${layer[0]} must not import ${target}`);
    }
  }
  if (TIMELESS.some((pattern) => matchesGlob(file, pattern))) {
    for (const start of datesOfNow(program))
      found.push(`${at(start)}: a Date without arguments reads the clock past its port`);
  }
  return found;
}

type Module = ReturnType<typeof parseSync>['module'];

function importsOf(module: Module, source: string): readonly (readonly [specifier: string, start: number])[] {
  const imports = module.staticImports.map(({ moduleRequest, start }) => [moduleRequest.value, start] as const);
  const reexports = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, start }) => (moduleRequest ? [[moduleRequest.value, start] as const] : [])),
  );
  // Not what somebody names at run time: the routes of `onceward mock`.
  const dynamic = module.dynamicImports.flatMap(({ moduleRequest, start }) => {
    const request = source.slice(moduleRequest.start, moduleRequest.end);
    return /^(['"`]).*\1$/.test(request) ? [[request.slice(1, -1), start] as const] : [];
  });
  return [...imports, ...reexports, ...dynamic];
}

function matches(target: string, may: string): boolean {
  if (may.endsWith('/') || may.endsWith(':')) return target.startsWith(may);
  return may.includes('*') ? matchesGlob(target, may) : target === may;
}

/** Where `new Date()` or `Date()` stands. */
function* datesOfNow(node: unknown): Generator<number> {
  if (typeof node !== 'object' || node === null) return;
  const { type, callee, arguments: given, start } = node as Partial<Record<string, unknown>>;
  const name = (callee as { name?: unknown } | undefined)?.name;
  const called = type === 'NewExpression' ? (given as unknown[]).length === 0 : type === 'CallExpression';
  if (called && name === 'Date') yield start as number;
  for (const child of Object.values(node)) yield* datesOfNow(child);
}
