import { text as bincodeText } from './bincode.js';
import { cursorAt } from './cursor.js';
import { MAX_VERSION_BYTES } from './limits.js';
import type { Codec, SnapshotVersion } from './versions.js';

export type Architecture = 'x86_64' | 'aarch64';

export interface Header {
  readonly architecture: Architecture;
  readonly codec: Codec;
  readonly version: SnapshotVersion;
  /** Byte offset of what is behind it. */
  readonly end: number;
}

/** SNAPSHOT_MAGIC_ID, src/vmm/src/snapshot/mod.rs: one for each architecture, lowest byte first. */
const architectures = new Map<bigint, Architecture>([
  [0x0710_1984_8664_0000n, 'x86_64'],
  [0x0710_1984_aaaa_0000n, 'aarch64'],
]);
const MAGIC_BYTES = 8;

/**
 * SnapshotHdr: the magic, then the version as text. Two codecs write it: bincode, and from 1.15 on bitcode, which puts
 * before the number a byte that says how it is packed (0: not at all) and the length of the text into a single byte.
 */
export function readHeader(body: Buffer): Header | { readonly reason: string; readonly offset: number } {
  const packed = body.length > MAGIC_BYTES && body[0] === 0 && architectureAt(body, 1) !== null;
  const start = packed ? 1 : 0;
  const architecture = architectureAt(body, start);
  if (architecture === null) return { reason: 'it does not begin with the magic of a Firecracker snapshot', offset: 0 };
  const at = start + MAGIC_BYTES;
  const text = packed ? shortText(body, at) : longText(body, at);
  const version = parseVersion(text.value);
  if (version === null) return { reason: 'it names no snapshot version', offset: at };
  return { architecture, codec: packed ? 'bitcode' : 'bincode', version, end: text.end };
}

function architectureAt(body: Buffer, at: number): Architecture | null {
  if (body.length < at + MAGIC_BYTES) return null;
  return architectures.get(body.readBigUInt64LE(at)) ?? null;
}

function longText(body: Buffer, at: number): { value: string; end: number } {
  const cursor = cursorAt(body, at);
  const value = bincodeText(cursor, MAX_VERSION_BYTES);
  return { value, end: cursor.at };
}

function shortText(body: Buffer, at: number): { value: string; end: number } {
  const end = at + 1 + Math.min(body[at] ?? 0, MAX_VERSION_BYTES + 1);
  return { value: end > body.length ? '' : body.toString('latin1', at + 1, end), end };
}

/** Firecracker takes what semver takes, suffixes too; no release writes one, and none is known to us. */
function parseVersion(text: string): SnapshotVersion | null {
  const match = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/.exec(text);
  if (match === null) return null;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) };
}
