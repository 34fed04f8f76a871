import { statfsSync } from 'node:fs';
import type { FileIdentity } from './identity.js';
import type { OpenFile } from './open-file.js';

/**
 * Where equal identity proves equal content; the numbers are statfs(2)'s, ZFS's is OpenZFS'. They keep every time
 * themselves and take it from this kernel's clock. Over NFS, FUSE or overlay a `stat` may be a cached lie; on tmpfs a store
 * through a mapping changes bytes and no time (tried).
 */
const FILE_SYSTEMS = new Map([
  [0xef53n, 'ext4'],
  [0x58465342n, 'xfs'],
  [0x9123683en, 'btrfs'],
  [0x2fc12fc1n, 'zfs'],
  [0xf2f52010n, 'f2fs'],
]);

/** Nanoseconds. The kernel stamps files with a clock that moves once a timer tick: 10 ms at most, and as much again. */
const TICK_NS = 20_000_000n;
const SECOND_NS = 1_000_000_000n;

/** The name of the file system that an open file lies on if its identities prove anything, else null. */
export async function provingFileSystem(handle: OpenFile): Promise<string | null> {
  // By the descriptor: the name may lead elsewhere by now.
  return await provingFileSystemAt(`/proc/self/fd/${handle.fd}`);
}

/** The same for what a path leads to, links followed. Throws the system's error. */
export async function provingFileSystemAt(path: string): Promise<string | null> {
  const { type } = statfsSync(path, { bigint: true });
  return FILE_SYSTEMS.get(type) ?? null;
}

/**
 * Whether a change during a read could have left the identity as it was: the file had changed so shortly before the read
 * began (`startedNs`, nanoseconds since 1970) that a second change may bear the same ctime. A ctime without a fraction
 * may be of a file system that counts whole seconds (ext4 with small inodes).
 *
 * `startedNs` is this machine's clock, which is also what the file systems above take their times from (a coarser
 * reading of it): to take a time on the blob's own file system would mean writing into cocoon's root.
 */
export function isRacy(identity: FileIdentity, startedNs: bigint): boolean {
  return settledNs(identity.ctimeNs) >= startedNs;
}

/** Nanoseconds since 1970: the time after which no change bears this time stamp any more. */
export function settledNs(timeNs: bigint): bigint {
  return timeNs + (timeNs % SECOND_NS === 0n ? SECOND_NS + TICK_NS : TICK_NS);
}
