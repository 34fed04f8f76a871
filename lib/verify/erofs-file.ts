import { type ErofsRead, readSuperblock } from '../erofs/read-superblock.js';
import type { ReadAt } from '../file/read-at.js';
import type { Finding } from '../finding/finding.js';
import { judgeErofs } from './rules/erofs.js';

/** Rule 13 for a layer: its superblock. */
export async function judgeErofsFile(read: ReadAt, fileSize: number, subject: string): Promise<readonly Finding[]> {
  const facts: ErofsRead = await readSuperblock(read, fileSize);
  return judgeErofs(facts, subject);
}
