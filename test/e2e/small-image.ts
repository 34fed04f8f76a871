import { fileURLToPath } from 'node:url';
import { buildQcow2 } from '../builders/qcow2.js';

/** Bytes of the disk in a small image. */
export const diskBytes = 2 ** 20;

/** An image whose content, and so whose digest, is another for every word. */
export function smallImage(word: string, version: 2 | 3 = 3): Buffer {
  return buildQcow2({ virtualSize: diskBytes, version, clusters: [{ index: 0, data: Buffer.from(word) }] });
}

/** A snapshot of a cloud image, as cocoon 0.3.8 exported it. */
export const jammyExport = fileURLToPath(new URL('../fixtures/real/exports/jammy_v1.tar.gz', import.meta.url));
