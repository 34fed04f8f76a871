import type { ReadAt } from '../file/read-at.js';
import type { Qcow2Header } from './header.js';
import { MAX_SNAPSHOT_EXTRA_BYTES, MAX_SNAPSHOT_TABLE_BYTES, MAX_SNAPSHOTS } from './limits.js';

export interface InternalSnapshot {
  readonly id: string;
  readonly name: string;
  readonly l1TableOffset: bigint;
  /** Entries. */
  readonly l1Size: number;
}

export interface SnapshotTable {
  readonly snapshots: readonly InternalSnapshot[];
  /** Bytes of the table. */
  readonly bytes: number;
  /** Why it cannot be read to its end; null where it can. */
  readonly problem: string | null;
}

const FIXED_BYTES = 40;
/** Two strings of 16-bit length. */
const LARGEST_ENTRY = FIXED_BYTES + MAX_SNAPSHOT_EXTRA_BYTES + 2 * 65_535 + 8;
const WINDOW = 2 ** 20;

/** Reads the table of internal snapshots. Throws only what `read` throws. */
export async function readSnapshotTable(read: ReadAt, header: Qcow2Header): Promise<SnapshotTable> {
  const snapshots: InternalSnapshot[] = [];
  const start = Number(header.snapshotsOffset);
  const failed = (problem: string): SnapshotTable => ({ snapshots, bytes: 0, problem });
  if (header.snapshotCount > MAX_SNAPSHOTS) return failed(`it has ${header.snapshotCount} entries`);
  if (start > header.fileSize) return failed('it begins past the end of the file');
  let window: Buffer = Buffer.alloc(0);
  let windowStart = start;
  let at = start;
  for (let index = 0; index < header.snapshotCount; index++) {
    const windowEnd = windowStart + window.length;
    if (at + LARGEST_ENTRY > windowEnd && windowEnd < header.fileSize) {
      window = await read(at, WINDOW);
      windowStart = at;
    }
    const entry = decodeEntry(window.subarray(at - windowStart));
    if (typeof entry === 'string') return failed(`its entry ${index} at byte ${at} ${entry}`);
    snapshots.push(entry.snapshot);
    at += Math.ceil(entry.bytes / 8) * 8;
    if (at - start > MAX_SNAPSHOT_TABLE_BYTES) return failed(`it has more than ${MAX_SNAPSHOT_TABLE_BYTES} bytes`);
  }
  return { snapshots, bytes: Math.min(at, header.fileSize) - start, problem: null };
}

function decodeEntry(entry: Buffer): { snapshot: InternalSnapshot; bytes: number } | string {
  if (entry.length < FIXED_BYTES) return 'ends past the end of the file';
  const extra = entry.readUInt32BE(36);
  if (extra > MAX_SNAPSHOT_EXTRA_BYTES) return `has ${extra} bytes of extra data`;
  const id = FIXED_BYTES + extra;
  const name = id + entry.readUInt16BE(12);
  const end = name + entry.readUInt16BE(14);
  if (end > entry.length) return 'ends past the end of the file';
  return {
    snapshot: {
      id: entry.toString('utf8', id, name),
      name: entry.toString('utf8', name, end),
      l1TableOffset: entry.readBigUInt64BE(0),
      l1Size: entry.readUInt32BE(8),
    },
    bytes: end,
  };
}
