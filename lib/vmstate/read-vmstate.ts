import { bincode } from './bincode.js';
import { bitcode } from './bitcode.js';
import { crc64 } from './crc64.js';
import { type Cursor, cursorAt, describe, remaining } from './cursor.js';
import { type Header, readHeader } from './header.js';
import { type MicrovmState, microvmState } from './layout/microvm.js';
import { MAX_VMSTATE_BYTES } from './limits.js';
import { string, struct, u64 } from './serde.js';
import type { VmState } from './state.js';
import { toState } from './to-state.js';
import { codecOf, type Layout, layoutsOf, releasesOf, type SnapshotVersion, versionText } from './versions.js';

export type VmStateRead =
  | { readonly kind: 'ok'; readonly version: SnapshotVersion; readonly layout: Layout; readonly state: VmState }
  /** A snapshot of Firecracker, its checksum right, but of a version or an architecture that is not decoded. */
  | { readonly kind: 'unsupported'; readonly version: SnapshotVersion; readonly reason: string }
  /** `offset` is the byte at which it stands. */
  | { readonly kind: 'malformed'; readonly reason: string; readonly offset: number };

type Malformed = Extract<VmStateRead, { kind: 'malformed' }>;

const CRC_BYTES = 8;

/**
 * Decodes Firecracker's `vmstate`: magic, version, state, and the CRC-64 of all of it (src/vmm/src/snapshot/mod.rs). The
 * file is consumed to its last byte, though Firecracker up to 1.14 ignores what stands between state and CRC. An `ok` is
 * what each release that loads the file reads from it; some files that are `ok` no release loads. Throws nothing.
 */
export function readVmState(file: Buffer): VmStateRead {
  if (file.length > MAX_VMSTATE_BYTES) {
    return malformed(0, `it has ${file.length} bytes, and Firecracker decodes ${MAX_VMSTATE_BYTES}`);
  }
  const end = file.length - CRC_BYTES;
  if (end < 0) return malformed(0, `its ${file.length} bytes are fewer than those of a CRC`);
  const body = file.subarray(0, end);
  // First of all: a file that rotted is damaged, whatever version it now declares.
  if (crc64(body) !== file.readBigUInt64LE(end)) return malformed(end, 'its CRC-64 is not that of its bytes');
  const header = readHeader(body);
  if ('reason' in header) return malformed(header.offset, header.reason);
  const layouts = layoutsOf(header.version, header.codec);
  if (header.architecture !== 'x86_64' || layouts.length === 0) {
    return { kind: 'unsupported', version: header.version, reason: unsupported(header) };
  }
  return decode(body, header, layouts);
}

/**
 * One version may stand for several layouts, and the file does not say which. Each release reads its own and stops where
 * that ends, so the file is refused if two of them could read it: it would be two states at once.
 */
function decode(body: Buffer, { version, end }: Header, layouts: readonly Layout[]): VmStateRead {
  const read = layouts.map((layout) => tryLayout(body, end, layout));
  const whole = read.filter(({ cursor }) => cursor.problem === null);
  const [only, another] = whole;
  if (only === undefined) return furthest(read.map(({ cursor }) => cursor));
  const { layout, cursor, raw } = only;
  if (another !== undefined) {
    return malformed(end, `Firecracker ${layout} and ${another.layout} would each read a state of its own from it`);
  }
  const left = remaining(cursor);
  if (left > 0) return malformed(cursor.at, `${left} bytes stand between the state and its CRC`);
  return { kind: 'ok', version, layout, state: toState(raw) };
}

function tryLayout(body: Buffer, at: number, layout: Layout): { layout: Layout; cursor: Cursor; raw: MicrovmState } {
  const read = microvmState(layout);
  if (codecOf(layout) === 'bincode') {
    const cursor = cursorAt(body, at);
    return { layout, cursor, raw: read(bincode(cursor)) };
  }
  // bitcode knows no border between header and state: the columns of both are those of one struct.
  const cursor = cursorAt(body, 0);
  return { layout, cursor, raw: struct({ magic: u64, version: string, data: read })(bitcode(cursor)).data };
}

/** The problem of the layout that fits best: the one that got furthest. */
function furthest(cursors: readonly Cursor[]): Malformed {
  const problems = cursors.flatMap(({ problem }) => problem ?? []);
  const [first] = problems.sort((a, b) => b.offset - a.offset);
  return first === undefined ? malformed(0, 'no layout fits') : malformed(first.offset, describe(first));
}

function unsupported({ architecture, codec, version }: Header): string {
  const releases = releasesOf(version);
  const writers = releases.length === 0 ? 'no known release' : `Firecracker ${releases.join(', ')}`;
  const kind = `${architecture}, written by ${codec}`;
  return `snapshot version ${versionText(version)} (${kind}; ${writers}) is not decoded`;
}

function malformed(offset: number, reason: string): Malformed {
  return { kind: 'malformed', reason, offset };
}
