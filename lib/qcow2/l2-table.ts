import { COMPRESSED, DATA, FREE, METADATA } from './cluster-map.js';
import { entriesOf } from './entries.js';
import { MAX_SHARED_CLUSTERS } from './limits.js';
import { addProblem, isPlaced, type Walk } from './walk.js';

const COMPRESSED_FLAG = 0x40000000;
/** Bits 56 to 61 and 1 to 8 of a standard descriptor. */
const RESERVED_HIGH = 0x3f000000;
const RESERVED_LOW = 0x1fe;
const READS_AS_ZEROS = 1;

/** Whose table it is: a cluster of the active one is used once, one of an internal snapshot may be shared with it. */
export type Owner = 'active' | 'snapshot';

/** Walks one L2 table, which stands at byte `offset` and maps the guest from cluster `firstGuestCluster` on. */
export function walkL2(walk: Walk, table: Buffer, offset: number, firstGuestCluster: number, owner: Owner): void {
  const entries = entriesOf(table);
  for (let at = entries.next(0); at !== -1; at = entries.next(at + 8)) {
    const high = entries.high(at);
    const low = entries.low(at);
    if ((high & COMPRESSED_FLAG) !== 0) compressedEntry(walk, offset + at, high, low, owner);
    else standardEntry(walk, offset + at, high, low, firstGuestCluster + at / 8, owner);
  }
}

function standardEntry(walk: Walk, at: number, high: number, low: number, guestCluster: number, owner: Owner): void {
  const target = (high & 0xffffff) * 2 ** 32 + (low - (low & 0x1ff));
  const zero = (low & READS_AS_ZEROS) !== 0;
  if ((high & RESERVED_HIGH) !== 0 || (low & RESERVED_LOW) !== 0) reservedBits(walk, at);
  if (zero && walk.header.version === 2) zeroInVersion2(walk, at);
  if (owner === 'active') walk.counts[zero ? 'zero' : 'data'] += 1;
  if (target === 0) {
    // Cloud Hypervisor takes any entry but 0 for allocated: with bit 63 alone, the guest's cluster is the header's.
    if (!zero || high >>> 31 !== 0) flagsAlone(walk, at);
    return;
  }
  const bytes = neededBytes(walk, guestCluster);
  // Asked first because a file has millions of these, and what `isPlaced` needs for its words is a thing to throw away.
  const isInFile = (low & (walk.clusterSize - 512)) === 0 && target + bytes <= walk.fileSize;
  if (isInFile || isPlaced(walk, { what: 'data cluster', entry: at }, target, bytes)) {
    take(walk, at, target / walk.clusterSize, DATA, owner);
  }
}

/** The last cluster of the guest may be cut at the virtual size: nobody reads beyond. */
function neededBytes(walk: Walk, guestCluster: number): number {
  const left = walk.virtualSize - guestCluster * walk.clusterSize;
  return left > 0 && left < walk.clusterSize ? left : walk.clusterSize;
}

function compressedEntry(walk: Walk, at: number, high: number, low: number, owner: Owner): void {
  // x = 62 - (cluster_bits - 8) bits of offset, then cluster_bits - 8 bits of sectors, then the two flags.
  const offsetBitsInHigh = 30 - (walk.header.clusterBits - 8);
  const start = (high & (2 ** offsetBitsInHigh - 1)) * 2 ** 32 + low;
  const sectors = ((high & 0x3fffffff) >>> offsetBitsInHigh) + 1;
  const end = start - (start % 512) + sectors * 512;
  if (owner === 'active') walk.counts.compressed += 1;
  // Bit 63 promises a refcount of one, and compressed clusters share theirs.
  if (high >>> 31 !== 0) reservedBits(walk, at);
  if (end > walk.fileSize) {
    pastTheEnd(walk, at, start, end);
    return;
  }
  const last = Math.floor((end - 1) / walk.clusterSize);
  for (let cluster = Math.floor(start / walk.clusterSize); cluster <= last; cluster++) {
    take(walk, at, cluster, COMPRESSED, owner);
  }
}

function take(walk: Walk, at: number, cluster: number, use: number, owner: Owner): void {
  const known = walk.uses.use(cluster);
  if (cluster > walk.lastCluster) walk.lastCluster = cluster;
  if (known === METADATA) overlaps(walk, at, cluster);
  else if (owner === 'active' && known === FREE) walk.uses.setUse(cluster, use);
  else if (owner === 'active' && (known !== COMPRESSED || use !== COMPRESSED)) usedTwice(walk, at, cluster);
  else if (owner === 'active' && walk.shared !== null) share(walk, walk.shared, cluster);
}

function share(walk: Walk, shared: Map<number, number>, cluster: number): void {
  const references = shared.get(cluster) ?? 1;
  if (references === 1 && shared.size === MAX_SHARED_CLUSTERS) {
    walk.tooLarge = `more than ${MAX_SHARED_CLUSTERS} clusters that compressed ones share`;
    return;
  }
  shared.set(cluster, references + 1);
}

/*
 * Problems have functions of their own: one that holds a closure makes V8 keep its variables on the heap at every call,
 * and `take` is called for every cluster of a file.
 */

function overlaps(walk: Walk, at: number, cluster: number): void {
  const what = cluster === 0 ? 'the header' : 'a table';
  addProblem(walk, cluster === 0 ? 'on-header' : 'overlaps-metadata', at, () => {
    return `the L2 entry at byte ${at} leads to byte ${cluster * walk.clusterSize}, where ${what} is`;
  });
}

function usedTwice(walk: Walk, at: number, cluster: number): void {
  addProblem(walk, 'used-twice', at, () => {
    return `the L2 entry at byte ${at} leads to byte ${cluster * walk.clusterSize}, where another entry leads too`;
  });
}

function reservedBits(walk: Walk, at: number): void {
  addProblem(walk, 'reserved-bits', at, () => `the L2 entry at byte ${at} has reserved bits set`);
}

function zeroInVersion2(walk: Walk, at: number): void {
  // QEMU takes it for damage and marks the image corrupt, Cloud Hypervisor reads zeros.
  addProblem(walk, 'reserved-bits', at, () => `the L2 entry at byte ${at} reads as zeros, which version 2 has not`);
}

function flagsAlone(walk: Walk, at: number): void {
  addProblem(walk, 'flags-without-offset', at, () => `the L2 entry at byte ${at} has flags and no offset`);
}

function pastTheEnd(walk: Walk, at: number, start: number, end: number): void {
  // QEMU reads zeros past the end; Cloud Hypervisor reads all the sectors or fails.
  addProblem(
    walk,
    'outside-file',
    start,
    () =>
      `the compressed cluster at byte ${start} that the entry at byte ${at} leads to ends at byte ${end} and the file at byte ${walk.fileSize}`,
  );
}
