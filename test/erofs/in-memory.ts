import { type ErofsRead, type ErofsSuperblock, readSuperblock } from '../../lib/erofs/read-superblock.js';
import type { ReadAt } from '../../lib/file/read-at.js';
import { buildErofs, type ErofsSpec } from '../builders/erofs.js';

/** Reads a buffer like a file; every answer is a copy, as it belongs to the caller. */
export function readBuffer(file: Buffer): ReadAt {
  return async (offset, length) => Buffer.from(file.subarray(offset, offset + length));
}

export function readImage(file: Buffer): Promise<ErofsRead> {
  return readSuperblock(readBuffer(file), file.length);
}

export async function superblockOf(file: Buffer): Promise<ErofsSuperblock> {
  const read = await readImage(file);
  if (read.kind !== 'ok') throw new Error(`the image is ${JSON.stringify(read)}`);
  return read.superblock;
}

/** What is wrong, in one string: `malformed at N: …`. */
export async function flawOf(file: Buffer): Promise<string> {
  const read = await readImage(file);
  if (read.kind === 'malformed') return `malformed at ${read.offset}: ${read.reason}`;
  return read.kind === 'unsupported' ? `unsupported: ${read.reason}` : read.kind;
}

/** The flaw of an image that was changed before its checksum was made. */
export function flaw(edit: (image: Buffer) => void, spec: ErofsSpec = {}): Promise<string> {
  return flawOf(buildErofs({ ...spec, edit }));
}
