import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, so small that it fills up. */
export interface SmallDisk {
  readonly path: string;
  /** Takes all that is left, to the last page; what an earlier call took is kept. */
  fill(): void;
  /** Gives back what `fill` took. */
  free(): void;
  unmount(): void;
}

/** Undefined where this process may not mount one (it takes root and, in a container, a capability). */
export function smallDisk(bytes: number): SmallDisk | undefined {
  const path = mkdtempSync(join(tmpdir(), 'onceward-small-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'onceward-test', path]);
  if (status !== 0) {
    rmSync(path, { recursive: true });
    return undefined;
  }
  const ballast: string[] = [];
  return {
    path,
    fill() {
      for (;;) {
        const { bavail, bsize } = statfsSync(path);
        if (bavail === 0) return;
        const name = join(path, `ballast-${ballast.length}`);
        ballast.push(name);
        writeFileSync(name, Buffer.alloc(bavail * bsize));
      }
    },
    free() {
      for (const name of ballast.splice(0)) unlinkSync(name);
    },
    unmount() {
      spawnSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Whether strace may make a system call of a child fail. */
export function canInject(): boolean {
  const inject = ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=fdatasync:error=EIO:when=1', 'true'];
  return spawnSync('strace', inject).status === 0;
}
