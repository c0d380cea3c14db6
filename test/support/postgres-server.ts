import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, type Service, serve } from './service.ts';

const INSTALLED = 'postgresql (Debian package postgresql)';

/** A real PostgreSQL of its own on a free port of this machine, with fsync on. It refuses to run as root: then it runs as the user `postgres`. */
export async function startPostgres(): Promise<Service> {
  const bin = binaries();
  const directory = await mkdtemp(join(tmpdir(), 'onceward-postgres-'));
  const as = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
  if (as.length > 0) {
    const user = await userId('postgres');
    await chown(directory, user.uid, user.gid);
  }
  const data = join(directory, 'data');
  const options = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
  const command = [...as, join(bin, 'initdb'), ...options];
  await promisify(execFile)(command[0] ?? '', command.slice(1), { cwd: directory });
  const port = await freePort();
  return serve({
    name: 'PostgreSQL',
    installed: INSTALLED,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    command: [
      ...as,
      ...[join(bin, 'postgres'), '-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', directory],
      ...['-c', 'fsync=on', '-c', 'synchronous_commit=on', '-c', 'logging_collector=off'],
    ],
    ready: /database system is ready to accept connections/,
    remove: () => rm(directory, { recursive: true, force: true }),
  });
}

/** Debian keeps them off the PATH, one directory per version. */
export function binaries(): string {
  const candidates = [
    ...globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed(),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  const found = candidates.find((directory) => existsSync(join(directory, 'initdb')));
  if (found === undefined) throw new Error(`PostgreSQL is needed for this test: install ${INSTALLED}.`);
  return found;
}

async function userId(name: string): Promise<{ uid: number; gid: number }> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((row) => row.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`There is no user ${name}: install ${INSTALLED}.`);
  return { uid: Number(uid), gid: Number(gid) };
}
