import { EXTENSION_DATA_FILE } from '../../qcow2/extensions.js';
import {
  COMPRESSION_TYPE,
  CORRUPT,
  DIRTY,
  EXTENDED_L2,
  EXTERNAL_DATA_FILE,
  featureNames,
  KNOWN_INCOMPATIBLE,
  RAW_EXTERNAL_DATA,
} from '../../qcow2/features.js';
import type { Qcow2Header } from '../../qcow2/header.js';
import { type DiskRole, type Flaw, malformed, unsupported } from './qcow2-flaw.js';

/** Feature bits, encryption and the compression type. */
export function judgeFeatures(header: Qcow2Header, role: DiskRole): Flaw[] {
  return [
    ...judgeUnknownBits(header),
    ...judgeExtendedL2(header),
    ...judgeMarks(header, role),
    ...judgeDataFile(header),
    ...judgeEncryption(header),
    ...judgeCompression(header),
  ];
}

function judgeUnknownBits(header: Qcow2Header): Flaw[] {
  const unknown = header.incompatible & ~KNOWN_INCOMPATIBLE;
  if (unknown === 0n) return [];
  const names = featureNames({ incompatible: unknown, compatible: 0n, autoclear: 0n }).incompatible.join(', ');
  return [
    unsupported(`incompatible_features has bits that every reader must refuse: ${names}`, {
      expected: 'none of the bits 5 to 63',
      expectedFrom: 'qcow2 specification',
      actual: names,
    }),
  ];
}

function judgeExtendedL2(header: Qcow2Header): Flaw[] {
  if ((header.incompatible & EXTENDED_L2) === 0n) return [];
  return [
    unsupported('it has extended L2 entries, which Cloud Hypervisor does not read', {
      expected: 'incompatible_features without bit 4',
      expectedFrom: 'Cloud Hypervisor',
      actual: 'extended-l2',
    }),
  ];
}

/** The dirty bit is set in every overlay of a running machine: a snapshot is the copy of an open disk. */
function judgeMarks(header: Qcow2Header, role: DiskRole): Flaw[] {
  const flaws: Flaw[] = [];
  if ((header.incompatible & CORRUPT) !== 0n) {
    flaws.push({
      code: 'overlay-marked-corrupt',
      message: 'whoever wrote it last found it damaged and marked it corrupt',
      expected: 'incompatible_features without bit 1',
      expectedFrom: 'qcow2 specification',
      actual: 'corrupt',
    });
  }
  if (role === 'blob' && (header.incompatible & DIRTY) !== 0n) {
    flaws.push({
      code: 'blob-marked-dirty',
      message: 'it was not closed cleanly, so its refcounts may be stale',
      expected: 'incompatible_features without bit 0',
      expectedFrom: 'qcow2 specification',
      actual: 'dirty',
    });
  }
  return flaws;
}

function judgeDataFile(header: Qcow2Header): Flaw[] {
  const hasBit = (header.incompatible & EXTERNAL_DATA_FILE) !== 0n;
  const extension = header.extensions.find(({ type }) => type === EXTENSION_DATA_FILE);
  const name = extension?.text ?? null;
  if (hasBit || extension !== undefined) {
    return [
      {
        code: 'external-data-file',
        message: `its guest data is said to be in another file${name === null ? '' : `, ${name}`}`,
        expected: 'no external data file',
        expectedFrom: 'Cloud Hypervisor',
        actual: name ?? 'incompatible_features bit 2',
      },
    ];
  }
  if ((header.autoclear & RAW_EXTERNAL_DATA) === 0n) return [];
  return [
    malformed('autoclear_features says that an external data file is raw, and there is none', {
      expected: 'autoclear_features without bit 1',
      expectedFrom: 'QEMU',
      actual: 'raw-external-data',
    }),
  ];
}

function judgeEncryption({ cryptMethod }: Qcow2Header): Flaw[] {
  if (cryptMethod === 0) return [];
  return [
    {
      code: 'overlay-encrypted',
      message: `crypt_method is ${cryptMethod}: Cloud Hypervisor would hand the ciphertext to the guest`,
      expected: '0',
      expectedFrom: 'QEMU',
      actual: String(cryptMethod),
    },
  ];
}

function judgeCompression(header: Qcow2Header): Flaw[] {
  const type = header.compressionType ?? 0;
  if (type > 1) {
    return [
      unsupported(`compression_type is ${type}, which no reader supports`, {
        expected: '0 (zlib) or 1 (zstd)',
        expectedFrom: 'qcow2 specification',
        actual: String(type),
      }),
    ];
  }
  const hasBit = (header.incompatible & COMPRESSION_TYPE) !== 0n;
  if (hasBit === (type !== 0)) return [];
  return [
    malformed(`compression_type is ${type}, and its incompatible feature bit is ${hasBit ? 'set' : 'not set'}`, {
      expected: 'bit 3 of incompatible_features exactly where compression_type is not 0',
      expectedFrom: 'QEMU',
      actual: `compression_type ${type}, bit 3 ${hasBit ? 'set' : 'not set'}`,
    }),
  ];
}
