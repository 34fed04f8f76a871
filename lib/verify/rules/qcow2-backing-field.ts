import { backingFormat, type Qcow2Header } from '../../qcow2/header.js';
import { MAX_BACKING_NAME_BYTES } from '../../qcow2/limits.js';
import { type DiskRole, type Flaw, malformed } from './qcow2-flaw.js';

/**
 * The fields that say where the name of the backing file stands, and its format. A format that is not named is judged
 * with the backing file: it matters where that is not one of our qcow2 blobs.
 */
export function judgeBackingField(header: Qcow2Header, role: DiskRole): Flaw[] {
  const { backing } = header;
  if (backing === null) return [];
  const flaws = judgeName(header, backing);
  const isNamed = backing.offset !== 0n && backing.size !== 0;
  if (isNamed && role === 'blob') {
    const name = backing.name?.toString('utf8') ?? null;
    flaws.push({
      code: 'blob-has-backing',
      message: `it has a backing file of its own${name === null ? '' : `, ${name}`}`,
      expected: 'no backing file',
      expectedFrom: 'cocoon',
      actual: name ?? `${backing.size} bytes at byte ${backing.offset}`,
    });
  }
  const format = backingFormat(header);
  if (isNamed && role === 'overlay' && format !== null && format !== 'qcow2') {
    flaws.push({
      code: 'backing-format-mismatch',
      message: `it names the format ${format} for its backing file, and that must be a qcow2 image`,
      expected: 'qcow2',
      expectedFrom: 'cocoon',
      actual: format,
    });
  }
  return flaws;
}

function judgeName(header: Qcow2Header, backing: NonNullable<Qcow2Header['backing']>): Flaw[] {
  const { offset, size } = backing;
  const clusterSize = 2 ** header.clusterBits;
  const end = offset + BigInt(size);
  if (size > MAX_BACKING_NAME_BYTES) {
    return [flaw(`backing_file_size is ${size}`, `1 to ${MAX_BACKING_NAME_BYTES}`, String(size))];
  }
  if (offset === 0n || size === 0) {
    const actual = `backing_file_offset ${offset}, backing_file_size ${size}`;
    return [flaw('only one of backing_file_offset and backing_file_size is 0', 'both or none', actual)];
  }
  if (offset < BigInt(header.headerLength)) {
    return [
      flaw('the backing file name begins inside the header', `byte ${header.headerLength} or later`, `byte ${offset}`),
    ];
  }
  if (end > BigInt(clusterSize)) {
    return [
      flaw('the backing file name is not inside the first cluster', `up to byte ${clusterSize}`, `up to byte ${end}`),
    ];
  }
  if (backing.name === null) {
    return [flaw('the file ends inside the backing file name', `${end} bytes or more`, `${header.fileSize} bytes`)];
  }
  return [];
}

function flaw(message: string, expected: string, actual: string): Flaw {
  return malformed(message, { expected, expectedFrom: 'qcow2 specification', actual });
}
