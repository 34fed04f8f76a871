import { MAX_EXTENSION_TEXT_BYTES, MAX_EXTENSIONS, MAX_FEATURE_NAMES } from './limits.js';

export const EXTENSION_END = 0;
export const EXTENSION_BACKING_FORMAT = 0xe2792aca;
export const EXTENSION_FEATURE_NAMES = 0x6803f857;
export const EXTENSION_BITMAPS = 0x23852875;
export const EXTENSION_ENCRYPTION = 0x0537be77;
export const EXTENSION_DATA_FILE = 0x44415441;

const names = new Map([
  [EXTENSION_BACKING_FORMAT, 'backing-format'],
  [EXTENSION_FEATURE_NAMES, 'feature-names'],
  [EXTENSION_BITMAPS, 'bitmaps'],
  [EXTENSION_ENCRYPTION, 'encryption'],
  [EXTENSION_DATA_FILE, 'external-data-file'],
]);

export interface HeaderExtension {
  readonly type: number;
  /** `unknown-<hex>` for a type that the specification does not define. */
  readonly name: string;
  /** Byte offset of its data in the file. */
  readonly offset: number;
  /** Bytes of data, without the padding. */
  readonly length: number;
  /** The string of a backing format or an external data file's name, cut after 4096 bytes; null for other types. */
  readonly text: string | null;
  readonly features: readonly NamedFeature[] | null;
  readonly bitmaps: BitmapsExtension | null;
}

/** An entry of the feature name table. */
export interface NamedFeature {
  readonly kind: 'incompatible' | 'compatible' | 'autoclear' | 'unknown';
  readonly bit: number;
  readonly name: string;
}

export interface BitmapsExtension {
  readonly count: number;
  readonly reserved: number;
  readonly directorySize: bigint;
  readonly directoryOffset: bigint;
}

export interface Extensions {
  readonly extensions: readonly HeaderExtension[];
  /** Why the extension area cannot be read to its end; null where it can. */
  readonly problem: string | null;
  /** Whether an end marker stands before the end of the area. */
  readonly ended: boolean;
}

/**
 * The header extensions as QEMU reads them: from `start`, whatever the version, up to the end marker or `end`.
 * `area` is the file from byte 0 on, as far as it is there.
 */
export function parseExtensions(area: Buffer, start: number, end: number): Extensions {
  const extensions: HeaderExtension[] = [];
  let at = start;
  while (at < end) {
    if (at + 8 > end)
      return { extensions, ended: false, problem: `the extension at byte ${at} reaches past the area's end at ${end}` };
    if (at + 8 > area.length)
      return { extensions, ended: false, problem: `the file ends inside the extension at byte ${at}` };
    const type = area.readUInt32BE(at);
    const length = area.readUInt32BE(at + 4);
    const offset = at + 8;
    // QEMU measures the end marker's length too, Cloud Hypervisor does not: with this order both read the same.
    if (length > end - offset) {
      return {
        extensions,
        ended: false,
        problem: `the extension at byte ${at} has ${length} bytes, past the area's end at ${end}`,
      };
    }
    if (type === EXTENSION_END) return { extensions, ended: true, problem: null };
    if (offset + length > area.length)
      return { extensions, ended: false, problem: `the file ends inside the extension at byte ${at}` };
    if (extensions.length === MAX_EXTENSIONS)
      return { extensions, ended: false, problem: `more than ${MAX_EXTENSIONS} extensions` };
    extensions.push(decode(type, offset, area.subarray(offset, offset + length)));
    at = offset + Math.ceil(length / 8) * 8;
  }
  return { extensions, ended: false, problem: null };
}

function decode(type: number, offset: number, data: Buffer): HeaderExtension {
  const isText = type === EXTENSION_BACKING_FORMAT || type === EXTENSION_DATA_FILE;
  return {
    type,
    name: names.get(type) ?? `unknown-${type.toString(16).padStart(8, '0')}`,
    offset,
    length: data.length,
    text: isText ? data.toString('utf8', 0, Math.min(data.length, MAX_EXTENSION_TEXT_BYTES)) : null,
    features: type === EXTENSION_FEATURE_NAMES ? namedFeatures(data) : null,
    bitmaps: type === EXTENSION_BITMAPS && data.length >= 24 ? bitmapsExtension(data) : null,
  };
}

function namedFeatures(data: Buffer): NamedFeature[] {
  const features: NamedFeature[] = [];
  for (let at = 0; at + 48 <= data.length && features.length < MAX_FEATURE_NAMES; at += 48) {
    const kinds = ['incompatible', 'compatible', 'autoclear'] as const;
    const name = data.subarray(at + 2, at + 48);
    const end = name.indexOf(0);
    features.push({
      kind: kinds[data.readUInt8(at)] ?? 'unknown',
      bit: data.readUInt8(at + 1),
      name: name.toString('utf8', 0, end === -1 ? name.length : end),
    });
  }
  return features;
}

function bitmapsExtension(data: Buffer): BitmapsExtension {
  return {
    count: data.readUInt32BE(0),
    reserved: data.readUInt32BE(4),
    directorySize: data.readBigUInt64BE(8),
    directoryOffset: data.readBigUInt64BE(16),
  };
}
