import { systemErrorText } from '../errors.js';
import { openRegular } from '../file/open-regular.js';
import { readAtOf } from '../file/read-at.js';
import { EXTERNAL_DATA_FILE } from '../qcow2/features.js';
import { readHeader } from '../qcow2/header.js';

const QCOW2_MAGIC = 'QFI\xfb';

/**
 * How images begin that qemu-img would open further files for as soon as it guesses their format (vmdk_probe in
 * block/vmdk.c skips comments and blank lines; QED has a backing file, VHDX and VHD have parents). No disk begins so.
 */
const LEADS_ELSEWHERE = /^(?:KDMV|COWD|#|[ \t\r\n]|version=|QED\0|vhdxfile|conectix)/;

/**
 * Why a downloaded image must not be converted, or null: whatever it names beside its own bytes (a backing file, a data
 * file, the extents of another format) `qemu-img convert` opens on this host and puts into the result, whose name, digest
 * and structure are then in order (the class of CVE-2024-32498). Throws `BlobcheckError` for what cannot be read.
 */
export async function whyNotConvertible(path: string): Promise<string | null> {
  const opened = await openRegular(path);
  if (opened.kind === 'missing') return 'there is no such file';
  if (opened.kind === 'not-regular') return `not a regular file but a ${opened.what}`;
  if (opened.kind === 'unreadable') return systemErrorText(opened.error);
  try {
    const read = readAtOf(opened.handle, path);
    const size = Number(opened.stats.size);
    const head = (await read(0, 16)).toString('latin1');
    if (head.startsWith(QCOW2_MAGIC)) return await whyNotQcow2(read, size);
    return LEADS_ELSEWHERE.test(head) ? 'it is neither a qcow2 image nor a raw disk' : null;
  } finally {
    await opened.handle.close();
  }
}

async function whyNotQcow2(read: ReturnType<typeof readAtOf>, size: number): Promise<string | null> {
  const facts = await readHeader(read, size);
  if (facts.kind !== 'qcow2') return 'its header cannot be read as that of a qcow2 image';
  const { header } = facts;
  if (header.backing !== null) return 'it names a backing file';
  if ((header.incompatible & EXTERNAL_DATA_FILE) !== 0n) return 'it names an external data file';
  if (header.version !== 2 && header.version !== 3) return `it is a qcow image of version ${header.version}`;
  if (header.cryptMethod !== 0) return 'it is encrypted';
  return null;
}
