import { platform } from 'node:process';
import { codeOf } from './failure.ts';
import type { LogIo } from './log-io.ts';

/** `f_type` of statfs(2) on Linux, from statfs(2) and linux/magic.h. Their appends are not atomic between machines, or their flush ends at a
 *  cache that nobody answers for. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x00006969, 'NFS'],
  [0x0000517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x0000564c, 'NCP'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x19830326, 'BeeGFS'],
  [0x20030528, 'OrangeFS'],
  [0xaad7aaea, 'PanFS'],
  [0x786f4256, 'a VirtualBox shared folder'],
  [0xbacbacbc, 'a VMware shared folder'],
  [0x7c7c6673, 'a Parallels shared folder'],
]);

/** The name of the network file system that `directory` lives on; undefined where it is local, or where that cannot be told. */
export async function networkFileSystem(
  directory: string,
  io: Pick<LogIo, 'fileSystemType'>,
): Promise<string | undefined> {
  if (platform === 'win32') return isNetworkPath(directory) ? 'a Windows share' : undefined;
  if (platform !== 'linux') return undefined;
  try {
    return networkName(await io.fileSystemType(directory));
  } catch (error) {
    // Sandboxes that do not know the call. Anything else shows again when the directory is used.
    if (codeOf(error) === undefined) throw error;
    return undefined;
  }
}

/** The name behind an `f_type`, which some kernels sign-extend. */
export function networkName(type: number): string | undefined {
  return NETWORK.get(type >>> 0);
}

/** `\\server\share`, but not `\\?\C:\data` and `\\.\C:\data`. */
export function isNetworkPath(path: string): boolean {
  return /^\\\\(\?\\UNC\\|[^?.\\])/i.test(path);
}
