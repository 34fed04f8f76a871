import type { BigIntStats } from 'node:fs';

/** Why a file or directory may be another's word, or null. A POSIX ACL that lets somebody write shows in the group's bits. */
export function whyNotOurs(stats: BigIntStats): string | null {
  return whyNotOurOwn(stats) ?? whyWritable(stats);
}

/** Root's is ours, too: who is root could do anything anyway. */
export function whyNotOurOwn({ uid }: BigIntStats): string | null {
  const owner = Number(uid);
  return owner === 0 || owner === process.geteuid?.() ? null : `belongs to user ${owner}`;
}

/** Of anything but a symbolic link, whose mode means nothing. */
export function whyWritable(stats: BigIntStats): string | null {
  const mode = Number(stats.mode) & 0o7777;
  return (mode & 0o022) === 0 ? null : `others can write it (mode ${mode.toString(8).padStart(4, '0')})`;
}
