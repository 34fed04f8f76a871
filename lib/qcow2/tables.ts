import type { ReadAt } from '../file/read-at.js';
import { METADATA } from './cluster-map.js';
import { DIRTY, EXTENDED_L2, EXTERNAL_DATA_FILE } from './features.js';
import { rebuildsRefcounts } from './geometry.js';
import type { Qcow2Header } from './header.js';
import { claimL1, type L2List, readL1, takeActiveL2 } from './l1-table.js';
import { type Owner, walkL2 } from './l2-table.js';
import { MAX_CLUSTER_BITS, MAX_HOST_CLUSTERS, MAX_REFCOUNT_ORDER, MIN_CLUSTER_BITS } from './limits.js';
import { readTables } from './read-tables.js';
import { claimRefcounts, walkRefcounts } from './refcounts.js';
import { claimSnapshots } from './snapshots.js';
import type { TableFacts } from './table-facts.js';
import { countTail } from './tail.js';
import { startWalk, throwIfAborted, type Walk, type WalkOptions } from './walk.js';

/**
 * Walks all tables of an image and returns what is wrong with them. All metadata is taken before any data is looked
 * at, so that an entry which leads to a table is found whichever comes first.
 * Throws what `read` throws, and `BlobcheckError` `changed` or `aborted`.
 */
export async function walkTables(read: ReadAt, header: Qcow2Header, options: WalkOptions = {}): Promise<TableFacts> {
  const walk = startWalk(read, header, options);
  const notWalked = whyNotWalked(header);
  if (notWalked === null) await walkAll(walk);
  const lastUsedByte = Math.min((walk.lastCluster + 1) * walk.clusterSize, walk.fileSize);
  const whole = notWalked === null && walk.tooLarge === null;
  const tail = whole ? await countTail(walk, lastUsedByte) : { bytes: 0, complete: false };
  return {
    problems: walk.problems,
    problemCount: walk.problemCount,
    notWalked,
    tooLarge: walk.tooLarge,
    dirty: (header.incompatible & DIRTY) !== 0n,
    rebuildsRefcounts: rebuildsRefcounts(header),
    freeDataClusters: walk.freeData.count,
    firstFreeData: walk.freeData.first,
    l2Tables: walk.counts.l2Tables,
    dataClusters: walk.counts.data,
    zeroClusters: walk.counts.zero,
    compressedClusters: walk.counts.compressed,
    lastUsedByte: whole ? lastUsedByte : 0,
    unreferencedBytes: tail.bytes,
    tailScanned: tail.complete,
  };
}

function whyNotWalked(header: Qcow2Header): string | null {
  if (header.version !== 2 && header.version !== 3) return `version ${header.version}`;
  if (header.clusterBits < MIN_CLUSTER_BITS || header.clusterBits > MAX_CLUSTER_BITS) {
    return `a cluster size of 2^${header.clusterBits}`;
  }
  if (header.refcountOrder > MAX_REFCOUNT_ORDER) return `refcounts of 2^${header.refcountOrder} bits`;
  if ((header.incompatible & EXTENDED_L2) !== 0n) return 'extended L2 entries';
  if ((header.incompatible & EXTERNAL_DATA_FILE) !== 0n) return 'an external data file';
  return null;
}

async function walkAll(walk: Walk): Promise<void> {
  const { header } = walk;
  const clusters = Math.ceil(walk.fileSize / walk.clusterSize);
  if (clusters > MAX_HOST_CLUSTERS) {
    walk.tooLarge = `${clusters} clusters in the file`;
    return;
  }
  walk.uses.setUse(0, METADATA);
  const l1IsThere = claimL1(walk, 'L1 table', header.l1TableOffset, header.l1Size);
  const blocks = await claimRefcounts(walk);
  if (walk.tooLarge !== null) return;
  const active = l1IsThere
    ? await readL1(walk, Number(header.l1TableOffset), header.l1Size, takeActiveL2(walk))
    : { offsets: [], indices: [] };
  const ofSnapshots = await claimSnapshots(walk, active);
  if (walk.tooLarge !== null) return;
  await walkList(walk, active, 'active');
  for (const list of ofSnapshots) await walkList(walk, list, 'snapshot');
  if (blocks !== null) await walkRefcounts(walk, blocks);
}

async function walkList(walk: Walk, list: L2List, owner: Owner): Promise<void> {
  const perTable = walk.clusterSize / 8;
  let next = 0;
  for await (const table of readTables(walk, list.offsets)) {
    throwIfAborted(walk.signal);
    walkL2(walk, table, list.offsets[next] as number, (list.indices[next] as number) * perTable, owner);
    next += 1;
  }
}
