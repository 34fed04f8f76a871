import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';
import { type BlobKind, blobName, blobPath, parseBlobName, type StoreBlob } from './blob.js';
import { cloudImageBlobs, ociBlobs, ociBoot } from './layout.js';

/**
 * The names of all bases in a root (lib/store/blob.ts), sorted; a directory that is not there has none. What stands at each
 * is not looked at. Throws `unreadable`.
 */
export async function listBases(root: string): Promise<string[]> {
  return namesEnding(await entriesOf(cloudImageBlobs(root)), 'base', '.qcow2');
}

/** The same of all layers of OCI images, and of the boot files beside them. */
export async function listOciBlobs(root: string): Promise<string[]> {
  const names = namesEnding(await entriesOf(ociBlobs(root)), 'layer', '.erofs');
  for (const hex of (await entriesOf(ociBoot(root))).filter((name) => parseBlobName(name)?.kind === 'base')) {
    const files = await entriesOf(join(ociBoot(root), hex), ['ENOENT', 'ENOTDIR']);
    const boot = (['kernel', 'initrd', 'vmlinux'] as const).map((kind): StoreBlob => ({ kind, hex }));
    names.push(...boot.filter((blob) => files.some((file) => blobPath(root, blob).endsWith(`/${file}`))).map(blobName));
  }
  return names.sort();
}

function namesEnding(files: readonly string[], kind: BlobKind, ending: string): string[] {
  const stems = files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length));
  return stems
    .filter((hex) => parseBlobName(hex)?.kind === 'base')
    .map((hex) => blobName({ kind, hex }))
    .sort();
}

async function entriesOf(directory: string, none: readonly string[] = ['ENOENT']): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    if (none.includes(systemErrorCode(cause) ?? '')) return [];
    const reason = `the directory of the blobs cannot be read: ${systemErrorText(cause)}`;
    throw new BlobcheckError('unreadable', reason, { path: directory, cause });
  }
}
