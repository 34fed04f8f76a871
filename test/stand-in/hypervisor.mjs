/**
 * What Cloud Hypervisor 53 does with the disks of a VM before the VM runs: it opens each, and what its header stands on,
 * and looks at no more than the header. Returns null, or its complaint from the outermost to the reason.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const DEEPEST = 10;
const NAME_LIMIT = 1023;
const HEADER_BYTES = 104;

export function openDisks(disks) {
  for (const disk of disks) {
    const refusal = openDisk(disk);
    if (refusal !== null) return ['Error from device manager', 'Cannot open disk path', ...refusal];
  }
  return null;
}

/** The body that `PUT vm.restore` answers with when a disk is refused. */
export function restoreRefusal(reasons) {
  return JSON.stringify(['Error from API', 'The VM could not be restored', ...reasons]);
}

function openDisk({ path, image_type: type, backing_files: backs }) {
  const opened = (kind, reasons) => [`${kind} (path=${path} op=open)`, ...reasons];
  const missing = cannotOpen(path);
  if (missing !== null) return opened('I/O error', [missing]);
  if (type !== 'Qcow2') return null;
  return openQcow2(path, backs === true, 0, opened);
}

function openQcow2(path, backs, depth, opened) {
  const header = readAt(path, 0, HEADER_BYTES);
  if (header.length < HEADER_BYTES)
    return opened('I/O error', ['Failed to read header', 'failed to fill whole buffer']);
  if (header.readUInt32BE(0) !== 0x514649fb) return opened('Invalid format', ['Invalid magic']);
  const version = header.readUInt32BE(4);
  if (version !== 2 && version !== 3) return opened('Unsupported feature', [`Unsupported version: ${version}`]);
  const offset = header.readBigUInt64BE(8);
  const length = header.readUInt32BE(16);
  if (offset === 0n || !backs) return null;
  if (length > NAME_LIMIT) return opened('Invalid format', [`Backing file name is too long: ${length} bytes over`]);
  const name = readAt(path, Number(offset), length).toString();
  return openBacking(resolve(dirname(path), name), depth, opened);
}

/** A relative name is looked for beside the file that has it. */
function openBacking(path, depth, opened) {
  const refusal = (reasons) => opened('I/O error', [`Backing file I/O error: ${path}`, ...reasons]);
  if (depth >= DEEPEST)
    return opened('Overflow', [`Backing file open error: ${path}`, 'Maximum nesting depth exceeded']);
  const missing = cannotOpen(path);
  if (missing !== null) return refusal([missing]);
  const head = readAt(path, 0, 4);
  if (head.length < 4 || head.readUInt32BE(0) !== 0x514649fb) return null;
  return openQcow2(path, true, depth + 1, (_kind, reasons) => {
    return opened('I/O error', [`Backing file open error: ${path}`, ...reasons]);
  });
}

const words = {
  ENOENT: 'No such file or directory (os error 2)',
  EACCES: 'Permission denied (os error 13)',
  ENOTDIR: 'Not a directory (os error 20)',
  ELOOP: 'Too many levels of symbolic links (os error 40)',
};

function cannotOpen(path) {
  try {
    const stats = statSync(path);
    if (!stats.isFile() && !stats.isBlockDevice()) return 'disk image must be a regular file or block device';
    closeSync(openSync(path, 'r'));
    return null;
  } catch (error) {
    return words[error.code] ?? `${error.code} (os error ${-error.errno})`;
  }
}

function readAt(path, offset, length) {
  const descriptor = openSync(path, 'r');
  const bytes = Buffer.alloc(length);
  try {
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, offset));
  } finally {
    closeSync(descriptor);
  }
}
