/**
 * What a naive reader of the format objects to in an image that a guest will write; null where nothing. Written from the
 * specification alone, without a line of lib/qcow2, one entry after the other: what it objects to must never be accepted.
 * It knows less than the rules do, so its silence means nothing.
 */
export function objectionToImage(image: Buffer): string | null {
  if (image.length < 112 || image.readUInt32BE(0) !== 0x514649fb) return 'no header';
  const version = image.readUInt32BE(4);
  const bits = image.readUInt32BE(20);
  if (version !== 2 && version !== 3) return `version ${version}`;
  if (bits < 9 || bits > 21) return `clusters of 2^${bits} bytes`;
  if (image.readUInt32BE(32) !== 0) return 'encrypted';
  // Dirty and the compression type are the bits that an overlay may have.
  if (version === 3 && (image.readBigUInt64BE(72) & ~0b1001n) !== 0n) return 'incompatible features';
  const size = 1 << bits;
  const metadata = new Set<number>();
  const claim = (offset: bigint, bytes: number): boolean => {
    if (offset % BigInt(size) !== 0n || offset + BigInt(bytes) > BigInt(image.length)) return false;
    for (let cluster = Number(offset) / size; cluster * size < Number(offset) + bytes; cluster++) {
      if (metadata.has(cluster)) return false;
      metadata.add(cluster);
    }
    return true;
  };
  metadata.add(0);
  const l1 = image.readBigUInt64BE(40);
  const l1Size = image.readUInt32BE(36);
  const refcounts = image.readBigUInt64BE(48);
  const refcountBytes = image.readUInt32BE(56) * size;
  if (!claim(l1, l1Size * 8)) return 'L1 table';
  if (!claim(refcounts, refcountBytes)) return 'refcount table';
  for (const block of entries(image, Number(refcounts), refcountBytes / 8)) {
    if (block !== 0n && !claim(block, size)) return 'refcount block';
  }
  const tables: number[] = [];
  for (const entry of entries(image, Number(l1), l1Size)) {
    if (entry === 0n) continue;
    const offset = entry & 0xff_ffff_ffff_fe00n;
    if ((entry & 0x7f00_0000_0000_01ffn) !== 0n || !claim(offset, size)) return 'L2 table';
    tables.push(Number(offset));
  }
  return objectionToData(image, { tables, metadata, bits, virtualSize: image.readBigUInt64BE(24) });
}

interface Tables {
  readonly tables: readonly number[];
  readonly metadata: ReadonlySet<number>;
  readonly bits: number;
  readonly virtualSize: bigint;
}

function objectionToData(image: Buffer, { tables, metadata, bits }: Tables): string | null {
  const size = 1 << bits;
  const used = new Set<number>();
  for (const table of tables) {
    for (const entry of entries(image, table, size / 8)) {
      if (entry === 0n || entry === 1n) continue;
      const isCompressed = ((entry >> 62n) & 1n) === 1n;
      const [first, last] = isCompressed ? compressedExtent(entry, bits) : plainExtent(entry, bits);
      for (let cluster = first; cluster <= last; cluster++) {
        if (metadata.has(cluster)) return `the entry ${entry.toString(16)} leads to metadata`;
        if (cluster * size >= image.length) return `the entry ${entry.toString(16)} leads past the end`;
      }
      if (isCompressed) continue;
      if (used.has(first)) return `the entry ${entry.toString(16)} leads where another one leads`;
      used.add(first);
    }
  }
  return null;
}

function plainExtent(entry: bigint, bits: number): readonly [number, number] {
  const cluster = Number((entry & 0xff_ffff_ffff_fe00n) >> BigInt(bits));
  return [cluster, cluster];
}

function compressedExtent(entry: bigint, bits: number): readonly [number, number] {
  const x = BigInt(62 - (bits - 8));
  const offset = entry & ((1n << x) - 1n);
  const sectors = (entry & ((1n << 62n) - 1n)) >> x;
  const end = (offset & ~511n) + (sectors + 1n) * 512n;
  return [Number(offset >> BigInt(bits)), Number((end - 1n) >> BigInt(bits))];
}

function entries(image: Buffer, at: number, count: number): bigint[] {
  return Array.from({ length: count }, (_, index) => image.readBigUInt64BE(at + index * 8));
}
