import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Service, serve } from './service.ts';

/** A real Redis of its own on a free port of this machine, flushing its log before it answers. */
export async function startRedis(): Promise<Service> {
  const directory = await mkdtemp(join(tmpdir(), 'onceward-redis-'));
  const port = await freePort();
  return serve({
    name: 'Redis',
    installed: 'redis-server (Debian package redis-server)',
    url: `redis://127.0.0.1:${port}`,
    port,
    command: [
      'redis-server',
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', ''],
      ...['--appendonly', 'yes', '--appendfsync', 'always'],
    ],
    ready: /Ready to accept connections/,
    remove: () => rm(directory, { recursive: true, force: true }),
  });
}
