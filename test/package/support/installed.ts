import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');

/** The package as a user gets it: packed, and unpacked into the node_modules of an empty project. */
export interface Installed {
  /** The user's project. */
  readonly project: string;
  /** Where the package lies in it. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** What the tarball holds, as paths inside the package. */
  readonly files: readonly { readonly path: string; readonly mode: number }[];
  /** Runs a module in the project, as a process of its own; what it printed. It has to end by itself. */
  node(source: string): Promise<string>;
  remove(): Promise<void>;
}

type Conditions = Readonly<Record<string, string | null>>;

export interface Manifest {
  readonly version: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Conditions>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** Packs what was built before: the npm scripts see to that. */
export async function install(): Promise<Installed> {
  const project = await mkdtemp(join(tmpdir(), 'onceward-package-'));
  const folder = join(project, 'node_modules', 'onceward');
  await mkdir(folder, { recursive: true });
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], {
    cwd: root,
  });
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: Installed['files'] }];
  await run('tar', ['-xzf', join(project, packed.filename), '-C', folder, '--strip-components', '1']);
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies, typescript: '' })) {
    const link = join(project, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, 'node_modules', name), link);
  }
  return {
    project,
    folder,
    manifest,
    files: packed.files,
    async node(source) {
      const options = { cwd: project, timeout: 10_000 };
      return (await run(process.execPath, ['--input-type=module', '--eval', source], options)).stdout;
    },
    remove: () => rm(project, { recursive: true, force: true }),
  };
}
