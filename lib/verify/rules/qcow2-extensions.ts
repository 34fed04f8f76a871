import {
  type BitmapsExtension,
  EXTENSION_BACKING_FORMAT,
  EXTENSION_BITMAPS,
  EXTENSION_DATA_FILE,
  EXTENSION_ENCRYPTION,
  EXTENSION_FEATURE_NAMES,
} from '../../qcow2/extensions.js';
import { BITMAPS } from '../../qcow2/features.js';
import type { Qcow2Header } from '../../qcow2/header.js';
import {
  MAX_BACKING_FORMAT_BYTES,
  MAX_BITMAP_DIRECTORY_BYTES,
  MAX_BITMAPS,
  V3_HEADER_BYTES,
} from '../../qcow2/limits.js';
import { type DiskRole, type Flaw, malformed, unsupported } from './qcow2-flaw.js';

const LUKS = 2;
const BITMAPS_BYTES = 24;

const known = [
  EXTENSION_BACKING_FORMAT,
  EXTENSION_FEATURE_NAMES,
  EXTENSION_BITMAPS,
  EXTENSION_ENCRYPTION,
  EXTENSION_DATA_FILE,
];

/** The length of the header, which says where the extensions begin, and the extensions as QEMU takes them. */
export function judgeExtensions(header: Qcow2Header, role: DiskRole): Flaw[] {
  return [
    ...judgeHeaderLength(header),
    ...judgeArea(header),
    ...judgeRepeated(header),
    ...judgeFormatLength(header),
    ...judgeEncryptionExtension(header),
    ...judgeBitmaps(header),
    ...(role === 'overlay' ? [...judgeEnd(header), ...judgeCurrentBitmaps(header)] : []),
  ];
}

function judgeHeaderLength({ version, headerLength, clusterBits }: Qcow2Header): Flaw[] {
  if (version === 2) return [];
  const largest = 2 ** clusterBits;
  if (headerLength >= V3_HEADER_BYTES && headerLength % 8 === 0 && headerLength <= largest) return [];
  return [
    malformed(`header_length is ${headerLength}`, {
      expected: `a multiple of 8, ${V3_HEADER_BYTES} to ${largest}`,
      expectedFrom: 'qcow2 specification',
      actual: String(headerLength),
    }),
  ];
}

function judgeArea({ extensionsProblem }: Qcow2Header): Flaw[] {
  if (extensionsProblem === null) return [];
  return [
    malformed(`the header extensions cannot be read: ${extensionsProblem}`, {
      expected: 'extensions that end inside their area',
      expectedFrom: 'qcow2 specification',
      actual: extensionsProblem,
    }),
  ];
}

/**
 * QEMU ends at the backing name; Cloud Hypervisor 53 takes the name for one more extension, and what that leads to for the
 * next. It reads extensions in version 3 only, and where the header has room for a compression type.
 */
function judgeEnd({ version, headerLength, extensionsEnded, extensionsProblem }: Qcow2Header): Flaw[] {
  if (version !== 3 || headerLength <= V3_HEADER_BYTES || extensionsEnded || extensionsProblem !== null) return [];
  return [
    malformed('the header extensions have no end marker', {
      expected: 'an extension of the type 0 before the backing file name',
      expectedFrom: 'Cloud Hypervisor',
      actual: 'none',
    }),
  ];
}

/**
 * QEMU trusts the directory of current bitmaps: growing the disk, it frees the clusters where a bitmap is said to be. If
 * that is an L2 table, Cloud Hypervisor takes it for free next, and the guest writes its own mapping (tried with qemu-img
 * resize). Cloud Hypervisor clears the bit whenever it opens an overlay, so no snapshot has it.
 */
function judgeCurrentBitmaps({ version, autoclear, extensions }: Qcow2Header): Flaw[] {
  if (version !== 3 || (autoclear & BITMAPS) === 0n) return [];
  if (extensions.some(({ type }) => type === EXTENSION_BITMAPS)) {
    return [
      unsupported('it has persistent bitmaps, whose clusters QEMU frees when it grows the disk', {
        expected: 'autoclear_features without bit 0',
        expectedFrom: 'Cloud Hypervisor',
        actual: 'bitmaps',
      }),
    ];
  }
  return [
    malformed('autoclear_features says that there are bitmaps, and no extension says where', {
      expected: 'a bitmaps extension, or autoclear_features without bit 0',
      expectedFrom: 'QEMU',
      actual: 'bitmaps',
    }),
  ];
}

function judgeRepeated({ extensions }: Qcow2Header): Flaw[] {
  const flaws: Flaw[] = [];
  for (const type of known) {
    const ofType = extensions.filter((extension) => extension.type === type);
    if (ofType.length < 2) continue;
    flaws.push(
      malformed(`the header extension ${ofType[0]?.name} is there ${ofType.length} times`, {
        expected: 'at most one of each type',
        expectedFrom: 'qcow2 specification',
        actual: String(ofType.length),
      }),
    );
  }
  return flaws;
}

function judgeFormatLength({ extensions }: Qcow2Header): Flaw[] {
  const long = extensions.find(({ type, length }) => {
    return type === EXTENSION_BACKING_FORMAT && length > MAX_BACKING_FORMAT_BYTES;
  });
  if (long === undefined) return [];
  return [
    malformed(`the name of the backing format has ${long.length} bytes`, {
      expected: `at most ${MAX_BACKING_FORMAT_BYTES} bytes`,
      expectedFrom: 'QEMU',
      actual: `${long.length} bytes`,
    }),
  ];
}

function judgeEncryptionExtension({ extensions, cryptMethod }: Qcow2Header): Flaw[] {
  const extension = extensions.find(({ type }) => type === EXTENSION_ENCRYPTION);
  if (extension === undefined || cryptMethod === LUKS) return [];
  return [
    malformed('it has an encryption header and is not encrypted with LUKS', {
      expected: 'no encryption extension',
      expectedFrom: 'QEMU',
      actual: `crypt_method ${cryptMethod}`,
    }),
  ];
}

function judgeBitmaps({ extensions, autoclear, clusterBits }: Qcow2Header): Flaw[] {
  const extension = extensions.find(({ type }) => type === EXTENSION_BITMAPS);
  if (extension === undefined) return [];
  if (extension.bitmaps === null || extension.length !== BITMAPS_BYTES) {
    return [bitmapsFlaw('length', `${BITMAPS_BYTES} bytes`, `${extension.length} bytes`)];
  }
  // Without the bit QEMU takes the extension for outdated and drops it unread.
  if ((autoclear & BITMAPS) === 0n) return [];
  return judgeBitmapsFields(extension.bitmaps, 1n << BigInt(clusterBits));
}

function judgeBitmapsFields(bitmaps: BitmapsExtension, clusterSize: bigint): Flaw[] {
  const flaws: Flaw[] = [];
  if (bitmaps.reserved !== 0) flaws.push(bitmapsFlaw('reserved field', '0', String(bitmaps.reserved)));
  if (bitmaps.count < 1 || bitmaps.count > MAX_BITMAPS) {
    flaws.push(bitmapsFlaw('nb_bitmaps', `1 to ${MAX_BITMAPS}`, String(bitmaps.count)));
  }
  if (bitmaps.directoryOffset % clusterSize !== 0n) {
    flaws.push(bitmapsFlaw('bitmap_directory_offset', `a multiple of ${clusterSize}`, String(bitmaps.directoryOffset)));
  }
  if (bitmaps.directorySize > BigInt(MAX_BITMAP_DIRECTORY_BYTES)) {
    const expected = `at most ${MAX_BITMAP_DIRECTORY_BYTES}`;
    flaws.push(bitmapsFlaw('bitmap_directory_size', expected, String(bitmaps.directorySize)));
  }
  return flaws;
}

function bitmapsFlaw(field: string, expected: string, actual: string): Flaw {
  return malformed(`the ${field} of the bitmaps extension is ${actual}`, { expected, expectedFrom: 'QEMU', actual });
}
