/** What a downloaded or imported file is: cocoon looks at its first bytes, and asks qemu-img only if it is no qcow2. */
import { closeSync, openSync, readSync } from 'node:fs';
import { spawnProgram } from './child.mjs';
import { attempt, Failure } from './failure.mjs';

export const QCOW2 = Buffer.from('QFI\xfb', 'latin1');

const others = [
  ['<!', 'content looks like HTML/XML, not a disk image'],
  ['<?', 'content looks like HTML/XML, not a disk image'],
  ['<h', 'content looks like HTML, not a disk image'],
  ['<H', 'content looks like HTML, not a disk image'],
  ['\x1f\x8b', 'content is gzip-compressed (cloudimg does not auto-decompress)'],
  ['\xfd7zXZ\0', 'content is xz-compressed (cloudimg does not auto-decompress)'],
  ['BZh', 'content is bzip2-compressed (cloudimg does not auto-decompress)'],
  ['\x28\xb5\x2f\xfd', 'content is zstd-compressed (cloudimg does not auto-decompress)'],
  ['PK', 'content is a zip archive, not a disk image'],
  ['7z\xbc\xaf\x27\x1c', 'content is a 7z archive, not a disk image'],
];

/** Refuses what is no disk image by its first bytes. */
export function refuseOther(descriptor) {
  refuseHead(headOf(descriptor, 8));
}

export function refuseHead(head) {
  if (head.length < 4) throw new Failure(`content too small to be a disk image (${head.length} bytes)`);
  if (startsWith(head, QCOW2)) return;
  const found = others.find(([magic]) => startsWith(head, Buffer.from(magic, 'latin1')));
  if (found !== undefined) throw new Failure(found[1]);
}

export function startsWith(bytes, magic) {
  return bytes.subarray(0, magic.length).equals(magic);
}

export function headOf(descriptor, length) {
  const head = Buffer.alloc(length);
  return head.subarray(0, readSync(descriptor, head, 0, length, 0));
}

/** The format of a file, and whether it can stay as it is: qcow2 version 3 that stands on no other file. */
export async function inspectSource(path, signal) {
  const descriptor = attempt(`open ${path}: open`, path, () => openSync(path, 'r'));
  const head = headOf(descriptor, 16);
  closeSync(descriptor);
  if (head.length === 16 && startsWith(head, QCOW2)) {
    const version = head.readUInt32BE(4);
    if (version !== 2 && version !== 3) throw new Failure(`unsupported qcow2 version ${version}`);
    return { format: 'qcow2', isFinal: version === 3 && head.readBigUInt64BE(8) === 0n };
  }
  const { status, stdout } = await spawnProgram('qemu-img', ['info', '--output=json', path], signal);
  if (status !== 'exit status 0') throw new Failure(`qemu-img info ${path}: ${status}`);
  const { format } = JSON.parse(stdout);
  if (format === 'raw') return { format, isFinal: false };
  throw new Failure(`unsupported source format ${JSON.stringify(format)} (expected qcow2 or raw)`);
}
