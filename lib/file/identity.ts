import { type BigIntStats, lstatSync } from 'node:fs';

/**
 * What makes a file *this* file with *this* content: nobody can set a ctime but through the clock or the raw device.
 * The device number is left out (it changes at a reboot), and so is the link count (a hard link changes nothing).
 */
export interface FileIdentity {
  readonly inode: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Nanoseconds since 1970. */
  readonly ctimeNs: bigint;
  /** Nanoseconds since 1970; 0 where the file system has no birth time. */
  readonly birthtimeNs: bigint;
}

export function identityOf(stats: BigIntStats): FileIdentity {
  return {
    inode: stats.ino,
    size: stats.size,
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    birthtimeNs: stats.birthtimeNs,
  };
}

/** Of what the name leads to now; no link is followed. Throws the system's error. */
export async function identityAt(path: string): Promise<FileIdentity> {
  return identityOf(lstatSync(path, { bigint: true }));
}

export function sameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  return (
    a.inode === b.inode &&
    a.size === b.size &&
    a.mtimeNs === b.mtimeNs &&
    a.ctimeNs === b.ctimeNs &&
    a.birthtimeNs === b.birthtimeNs
  );
}
