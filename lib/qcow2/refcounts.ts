import { METADATA } from './cluster-map.js';
import { entriesOf } from './entries.js';
import { MAX_REFCOUNT_TABLE_BYTES } from './limits.js';
import { readTables } from './read-tables.js';
import { addProblem, claimTable, isPlaced, readExactly, type Walk } from './walk.js';

/** Where the refcount blocks are, by the index of the table entry that leads to them. */
export type RefcountBlocks = ReadonlyMap<number, number>;

/** Takes the refcount table and its blocks; null where there is no table to read. */
export async function claimRefcounts(walk: Walk): Promise<RefcountBlocks | null> {
  const { header } = walk;
  const offset = Number(header.refcountTableOffset);
  const bytes = header.refcountTableClusters * walk.clusterSize;
  const claim = { what: 'refcount table', entry: null };
  if (bytes === 0 || !isPlaced(walk, claim, offset, bytes)) return null;
  if (bytes > MAX_REFCOUNT_TABLE_BYTES) {
    walk.tooLarge = `a refcount table of ${bytes} bytes`;
    return null;
  }
  if (!claimTable(walk, claim, offset, bytes)) return null;
  const table = await readExactly(walk, offset, bytes);
  const blocks = new Map<number, number>();
  const entries = entriesOf(table);
  for (let at = entries.next(0); at !== -1; at = entries.next(at + 8)) {
    const target = entries.high(at) * 2 ** 32 + entries.low(at);
    if (claimBlock(walk, offset + at, target)) blocks.set(at / 8, target);
  }
  return blocks;
}

function claimBlock(walk: Walk, at: number, target: number): boolean {
  return claimTable(walk, { what: 'refcount block', entry: at }, target, walk.clusterSize);
}

/**
 * Reads the refcounts of the file's clusters: a writer that believes them takes each used one that does not count for
 * free, and puts a table of its own there. Of metadata that is a problem; of data a fact, because whoever finds the dirty
 * bit rebuilds them first.
 */
export async function walkRefcounts(walk: Walk, blocks: RefcountBlocks): Promise<void> {
  const perBlock = (walk.clusterSize * 8) / 2 ** walk.header.refcountOrder;
  const clusters = Math.ceil(walk.fileSize / walk.clusterSize);
  const covering = Math.ceil(clusters / perBlock);
  const present: number[] = [];
  for (let index = 0; index < covering; index++) {
    const first = index * perBlock;
    if (blocks.has(index)) present.push(index);
    else nothingCounts(walk, first, Math.min(first + perBlock, clusters));
  }
  let next = 0;
  const offsets = present.map((index) => blocks.get(index) as number);
  for await (const block of readTables(walk, offsets)) {
    const first = (present[next] as number) * perBlock;
    next += 1;
    walkBlock(walk, block, first, Math.min(first + perBlock, clusters));
  }
}

function nothingCounts(walk: Walk, from: number, to: number): void {
  let cluster = walk.uses.nextUsed(from, to);
  for (; cluster !== -1; cluster = walk.uses.nextUsed(cluster + 1, to)) noteFree(walk, cluster);
}

function walkBlock(walk: Walk, block: Buffer, from: number, to: number): void {
  const order = walk.header.refcountOrder;
  let cluster = walk.uses.nextUsed(from, to);
  for (; cluster !== -1; cluster = walk.uses.nextUsed(cluster + 1, to)) {
    const refcount = refcountOf(block, cluster - from, order);
    if (refcount === 0) noteFree(walk, cluster);
    else compareShared(walk, cluster, refcount);
  }
  for (let last = to - 1; last >= from && last > walk.lastCluster; last--) {
    if (refcountOf(block, last - from, order) !== 0) walk.lastCluster = last;
  }
}

/** A cluster that is used and whose refcount is 0. */
function noteFree(walk: Walk, cluster: number): void {
  if (walk.uses.use(cluster) === METADATA) {
    reportFree(walk, cluster);
    return;
  }
  walk.freeData.count += 1;
  walk.freeData.first ??= cluster * walk.clusterSize;
}

function reportFree(walk: Walk, cluster: number): void {
  const offset = cluster * walk.clusterSize;
  const what = cluster === 0 ? 'the header' : 'a table';
  addProblem(walk, 'refcount-zero', offset, () => `the cluster at byte ${offset} holds ${what} and its refcount is 0`);
}

/**
 * A refcount that is too low becomes 0 while compressed clusters are left: their cluster is taken for free and becomes a
 * table of the image, and whoever frees the next of them frees that table.
 */
function compareShared(walk: Walk, cluster: number, refcount: number): void {
  const references = walk.shared?.get(cluster) ?? 1;
  if (refcount >= references) return;
  const offset = cluster * walk.clusterSize;
  addProblem(walk, 'refcount-low', offset, () => {
    return `${references} compressed clusters lie in the cluster at byte ${offset} and its refcount is ${refcount}`;
  });
}

/** Refcount `index`, exact up to 53 bits; below one byte, the first of a byte is in its lowest bits. */
function refcountOf(block: Buffer, index: number, order: number): number {
  if (order < 3) {
    const bit = index * 2 ** order;
    return ((block[bit >>> 3] as number) >>> (bit & 7)) & (2 ** (2 ** order) - 1);
  }
  const bytes = 2 ** (order - 3);
  let value = 0;
  for (let at = index * bytes; at < (index + 1) * bytes; at++) value = value * 256 + (block[at] as number);
  return value;
}
