/**
 * Where the parts of a sound image are, read without lib: what finds faults must not say where they were put. Only for
 * images of version 2 or 3 with standard L2 entries, whose tables are in the file.
 */
export interface Anatomy {
  readonly clusterSize: number;
  /** Byte offsets in the file. */
  readonly l1Entries: readonly number[];
  /** Of L1 entries in use, and of a free one. */
  readonly usedL1Entries: readonly number[];
  readonly l2Tables: readonly number[];
  readonly usedL2Entries: readonly number[];
  readonly freeL2Entries: readonly number[];
  readonly refcountTable: number;
  readonly refcountTableEntries: readonly number[];
  readonly refcountBlocks: readonly number[];
  readonly dataClusters: readonly number[];
  /** Clusters by number that hold the header or a table. */
  readonly metadata: ReadonlySet<number>;
}

const OFFSET = 0x00ff_ffff_ffff_fe00n;
const COMPRESSED = 1n << 62n;

export function anatomyOf(file: Buffer): Anatomy {
  const clusterSize = 2 ** file.readUInt32BE(20);
  const l1 = Number(file.readBigUInt64BE(40));
  const l1Entries = positions(file, l1, file.readUInt32BE(36) * 8);
  const usedL1Entries = l1Entries.filter((at) => file.readBigUInt64BE(at) !== 0n);
  const l2Tables = usedL1Entries.map((at) => Number(file.readBigUInt64BE(at) & OFFSET));
  const l2Entries = l2Tables.flatMap((table) => positions(file, table, clusterSize));
  const usedL2Entries = l2Entries.filter((at) => file.readBigUInt64BE(at) !== 0n);
  const refcountTable = Number(file.readBigUInt64BE(48));
  const tableBytes = file.readUInt32BE(56) * clusterSize;
  const refcountTableEntries = positions(file, refcountTable, tableBytes).filter(
    (at) => file.readBigUInt64BE(at) !== 0n,
  );
  const refcountBlocks = refcountTableEntries.map((at) => Number(file.readBigUInt64BE(at)));
  const dataClusters = usedL2Entries
    .map((at) => file.readBigUInt64BE(at))
    .filter((entry) => (entry & COMPRESSED) === 0n && (entry & OFFSET) !== 0n)
    .map((entry) => Number(entry & OFFSET));
  const metadata = new Set([0]);
  const take = (offset: number, bytes: number) => {
    for (let at = offset; at < offset + bytes; at += clusterSize) metadata.add(Math.floor(at / clusterSize));
  };
  take(l1, l1Entries.length * 8);
  take(refcountTable, tableBytes);
  for (const table of [...l2Tables, ...refcountBlocks]) take(table, clusterSize);
  return {
    clusterSize,
    l1Entries,
    usedL1Entries,
    l2Tables,
    usedL2Entries,
    freeL2Entries: l2Entries.filter((at) => file.readBigUInt64BE(at) === 0n).slice(0, 64),
    refcountTable,
    refcountTableEntries,
    refcountBlocks,
    dataClusters,
    metadata,
  };
}

function positions(file: Buffer, offset: number, bytes: number): number[] {
  const end = Math.min(offset + bytes, file.length - 7);
  const all: number[] = [];
  for (let at = offset; at < end; at += 8) all.push(at);
  return all;
}
