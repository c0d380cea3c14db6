import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the stores write: a real disk, for on a memory file system a flush costs nothing. */
export interface Place {
  /** Another empty directory. */
  directory(): string;
  /** Removes all of them. */
  remove(): void;
  /** What kind of file system it is, for the report. */
  readonly kind: string;
}

/** f_type of statfs(2). */
const KINDS: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'XFS',
  0x9123683e: 'Btrfs',
  0x01021994: 'tmpfs',
  0x794c7630: 'overlayfs',
};

export function benchPlace(): Place {
  const cache = join(import.meta.dirname, '..', 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const root = mkdtempSync(join(cache, 'onceward-bench-'));
  const { type } = statfsSync(root);
  let made = 0;
  return {
    kind: KINDS[type] ?? `type 0x${type.toString(16)}`,
    directory() {
      const path = join(root, String(++made));
      mkdirSync(path);
      return path;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
