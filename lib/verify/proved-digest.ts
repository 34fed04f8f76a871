import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { readWhole } from '../file/read-whole.js';
import { blobName, parseBlobName } from '../store/blob.js';
import type { Ledger } from './ledger.js';

/** Bytes. Kernels of distributions have 10 to 20 MB. */
const PACKED_LIMIT = 64 * 2 ** 20;

/**
 * What the content of a blob must hash to because of another blob that is what its seal says: of the kernel that cocoon
 * unpacks for Firecracker at the first start, long after the image was sealed, what its packed kernel becomes. Null for all
 * else, and where the packed kernel proves nothing.
 */
export async function provedDigest(
  { blob, path }: { readonly blob: string; readonly path: string },
  ledger: Ledger,
): Promise<string | null> {
  const unpacked = parseBlobName(blob);
  if (unpacked?.kind !== 'vmlinux') return null;
  const { seal } = await ledger.recall(blobName({ kind: 'kernel', hex: unpacked.hex }));
  const packed = seal === null ? null : readWhole(join(dirname(path), 'vmlinuz'), PACKED_LIMIT);
  if (packed?.kind !== 'ok') return null;
  if (`sha256:${createHash('sha256').update(packed.bytes).digest('hex')}` !== seal?.digest) return null;
  const { unpackedDigest } = await import('../kernel/unpacked-digest.js');
  const digest = await unpackedDigest(packed.bytes);
  return digest === null ? null : `sha256:${digest}`;
}
