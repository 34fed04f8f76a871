import { BlobcheckError } from '../errors.js';
import type { ReadAt } from '../file/read-at.js';
import { type ClusterMap, createClusterMap, FREE, METADATA } from './cluster-map.js';
import type { Qcow2Header } from './header.js';
import { MAX_DESCRIBED_PROBLEMS } from './limits.js';
import type { TableProblem, TableProblemKind } from './table-facts.js';

/** The state of one walk over the tables of one file. */
export interface Walk {
  readonly read: ReadAt;
  readonly header: Qcow2Header;
  readonly signal: AbortSignal | undefined;
  readonly clusterSize: number;
  readonly fileSize: number;
  /** As a number, exact or not: for the last cluster of the guest only. */
  readonly virtualSize: number;
  readonly uses: ClusterMap;
  /** References of host clusters that more than one compressed cluster lies in; null where nobody asks. */
  readonly shared: Map<number, number> | null;
  readonly problems: TableProblem[];
  problemCount: number;
  tooLarge: string | null;
  /** Of L1 and L2 tables, so far. */
  tableBytes: number;
  /** The highest cluster that anything leads to or counts. */
  lastCluster: number;
  /** Clusters of data whose refcount is 0, and the byte where the first of them is. */
  readonly freeData: { count: number; first: number | null };
  readonly counts: { l2Tables: number; data: number; zero: number; compressed: number };
}

export interface WalkOptions {
  readonly signal?: AbortSignal;
  /** Whether the image is written to, so that the refcounts of shared clusters must be right. Default no. */
  readonly isWritten?: boolean;
}

export function startWalk(read: ReadAt, header: Qcow2Header, { signal, isWritten = false }: WalkOptions): Walk {
  return {
    read,
    header,
    signal,
    clusterSize: 2 ** header.clusterBits,
    fileSize: header.fileSize,
    virtualSize: Number(header.virtualSize),
    uses: createClusterMap(),
    shared: isWritten ? new Map() : null,
    problems: [],
    problemCount: 0,
    tooLarge: null,
    tableBytes: 0,
    lastCluster: 0,
    freeData: { count: 0, first: null },
    counts: { l2Tables: 0, data: 0, zero: 0, compressed: 0 },
  };
}

/** `message` is only built for the problems that are described: a hostile file has millions. */
export function addProblem(walk: Walk, kind: TableProblemKind, offset: number, message: () => string): void {
  walk.problemCount += 1;
  if (walk.problems.length < MAX_DESCRIBED_PROBLEMS) walk.problems.push({ kind, message: message(), offset });
}

/** `entry` is where the offset stands in the file, for the message; a table of the header is named by `what` alone. */
export interface Claim {
  readonly what: string;
  readonly entry: number | null;
}

/**
 * Takes `length` bytes at `offset` for a table. False where it is not wholly inside the file, not aligned, or on
 * something else: such a table is not read.
 */
export function claimTable(walk: Walk, claim: Claim, offset: number, length: number): boolean {
  if (!isPlaced(walk, claim, offset, length)) return false;
  const first = offset / walk.clusterSize;
  const last = Math.ceil((offset + length) / walk.clusterSize) - 1;
  walk.lastCluster = Math.max(walk.lastCluster, last);
  for (let cluster = first; cluster <= last; cluster++) {
    if (walk.uses.use(cluster) !== FREE) {
      // Stopping here bounds the work: 65,536 snapshots may all claim the same 32 MiB.
      addProblem(walk, 'overlaps-metadata', offset, () => `${describe(claim, offset)} lies on another table`);
      return false;
    }
    walk.uses.setUse(cluster, METADATA);
  }
  return true;
}

/** Whether `length` bytes at `offset` are aligned, inside the file and not on the header; a problem where not. */
export function isPlaced(walk: Walk, claim: Claim, offset: number, length: number): boolean {
  if (offset === 0) {
    addProblem(walk, 'on-header', claim.entry ?? 0, () => `${describe(claim, offset)} lies on the header`);
  } else if (offset % walk.clusterSize !== 0) {
    addProblem(
      walk,
      'unaligned',
      offset,
      () => `${describe(claim, offset)} is not aligned to the cluster size of ${walk.clusterSize} bytes`,
    );
  } else if (offset + length > walk.fileSize) {
    addProblem(
      walk,
      'outside-file',
      offset,
      () => `${describe(claim, offset)} has ${length} bytes and the file ends at byte ${walk.fileSize}`,
    );
  } else {
    return true;
  }
  return false;
}

export function describe(claim: Claim, offset: number): string {
  const entry = claim.entry === null ? '' : ` that the entry at byte ${claim.entry} leads to`;
  return `the ${claim.what} at byte ${offset}${entry}`;
}

/** Reads what is inside the file by its size; if it is not there any more, somebody has cut the file meanwhile. */
export async function readExactly(walk: Walk, offset: number, length: number): Promise<Buffer> {
  throwIfAborted(walk.signal);
  const bytes = await walk.read(offset, length);
  if (bytes.length < length) {
    throw new BlobcheckError('changed', `the file has become shorter than ${walk.fileSize} bytes`, { offset });
  }
  return bytes;
}

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new BlobcheckError('aborted', 'interrupted', { cause: signal.reason });
}
