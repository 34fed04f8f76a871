import { BLOCK_BYTES } from './limits.js';
import { Malformed } from './malformed.js';

/** What a header says of the entry behind it: a file, or PAX records for the file that comes next. */
export interface TarHeader {
  readonly kind: 'file' | 'records';
  /** At most 100 bytes of ASCII. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  /** Bytes that stand in the archive. */
  readonly size: number;
}

/** Type flags of what is no regular file, in words (POSIX pax, GNU tar). */
const OTHER_TYPES: Readonly<Record<string, string>> = {
  '\0': 'a file of the old kind',
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '5': 'a directory',
  '6': 'a FIFO',
  '7': 'a contiguous file',
  g: 'a global PAX header',
  K: "GNU tar's long link name",
  L: "GNU tar's long name",
  S: "GNU tar's sparse file",
};

/** Of the bits above them only set-user-ID and its like mean anything, and cocoon gives a file the mode that it finds here. */
const PERMISSION_BITS = 0o777;

/**
 * Reads a header block as Go's archive/tar writes it for a regular file (writer.go, templateV7Plus and writeRawFile), and
 * no other: every field in its one spelling, every byte besides them zero. Readers differ about all else: sums of signed
 * bytes, numbers in base 256 or padded with spaces, prefixes, GNU's and star's fields in the same places.
 */
export function readTarHeader(block: Buffer): TarHeader {
  checkSum(block);
  const name = text(block, 0, 100);
  const refuse = (reason: string) => new Malformed(reason, name);
  const type = block.toString('latin1', 156, 157);
  if (type !== '0' && type !== 'x') {
    throw refuse(`it holds ${OTHER_TYPES[type] ?? 'an entry of an unknown type'}; cocoon writes regular files`);
  }
  if (block.toString('latin1', 257, 265) !== 'ustar\x0000') throw refuse('a header is not of the ustar format');
  if (block.some((byte) => byte >= 0x80)) throw refuse('a header holds bytes that are not ASCII');
  const number = (what: string, from: number, bytes: number): number => {
    const value = octal(block, from, bytes);
    if (value === null) throw refuse(`the ${what} in a header is not written as cocoon writes it`);
    return value;
  };
  const header = {
    kind: type === '0' ? ('file' as const) : ('records' as const),
    name,
    mode: number('mode', 100, 8),
    size: number('size', 124, 12),
  };
  number('owner', 108, 8);
  number('group', 116, 8);
  number('time', 136, 12);
  if (header.mode > PERMISSION_BITS) throw refuse('the mode in a header has more than permission bits');
  if (!isRestZero(block, 0, 100) || !isRestZero(block, 265, 32) || !isRestZero(block, 297, 32)) {
    throw refuse('a string in a header has something behind its end');
  }
  if (!isZero(block.subarray(157, 257))) throw refuse('a header names a link');
  if (!isDeviceOfNone(block.subarray(329, 337)) || !isDeviceOfNone(block.subarray(337, 345))) {
    throw refuse('a header names a device');
  }
  if (!isZero(block.subarray(345))) throw refuse('a header holds a prefix, or fields that cocoon does not write');
  return header;
}

export function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

/** The sum of all bytes, those of the sum itself taken for spaces: six octal digits, NUL, space. */
function checkSum(block: Buffer): void {
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) sum += at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
  const expected = `${sum.toString(8).padStart(6, '0')}\0 `;
  if (block.toString('latin1', 148, 156) !== expected) throw new Malformed('a header is damaged, or there is none');
}

/** Octal digits that fill the field up to one NUL; null for any other spelling. */
function octal(block: Buffer, from: number, bytes: number): number | null {
  const field = block.toString('latin1', from, from + bytes);
  return /^[0-7]+\0$/.test(field) ? Number.parseInt(field, 8) : null;
}

function text(block: Buffer, from: number, bytes: number): string {
  const field = block.subarray(from, from + bytes);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? bytes : end);
}

function isRestZero(block: Buffer, from: number, bytes: number): boolean {
  const field = block.subarray(from, from + bytes);
  const end = field.indexOf(0);
  return end === -1 || isZero(field.subarray(end));
}

/** Zero in digits before a file, no digits before PAX records. */
function isDeviceOfNone(field: Buffer): boolean {
  const digits = field.toString('latin1');
  return digits === '0000000\0' || digits === '\0'.repeat(8);
}
