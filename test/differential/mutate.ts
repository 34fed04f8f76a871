import type { Random } from '../support/random.js';
import type { Anatomy } from './anatomy.js';

export interface Mutant {
  /** What was changed, for the message of a failure. */
  readonly what: string;
  readonly file: Buffer;
}

/** A number of the header: its name, where it stands, and its bytes. */
const headerFields: readonly (readonly [string, number, 4 | 8])[] = [
  ['magic', 0, 4],
  ['version', 4, 4],
  ['backing_file_offset', 8, 8],
  ['backing_file_size', 16, 4],
  ['cluster_bits', 20, 4],
  ['size', 24, 8],
  ['crypt_method', 32, 4],
  ['l1_size', 36, 4],
  ['l1_table_offset', 40, 8],
  ['refcount_table_offset', 48, 8],
  ['refcount_table_clusters', 56, 4],
  ['nb_snapshots', 60, 4],
  ['snapshots_offset', 64, 8],
  ['incompatible_features', 72, 8],
  ['compatible_features', 80, 8],
  ['autoclear_features', 88, 8],
  ['refcount_order', 96, 4],
  ['header_length', 100, 4],
  ['compression_type', 104, 4],
];

type Way = (file: Buffer, anatomy: Anatomy, random: Random) => string;

const ways: readonly Way[] = [
  headerField,
  headerField,
  afterHeader,
  backingName,
  entry('L1 entry', ({ usedL1Entries }) => usedL1Entries),
  entry('free L1 entry', ({ l1Entries }) => l1Entries),
  entry('L2 entry', ({ usedL2Entries }) => usedL2Entries),
  entry('L2 entry', ({ usedL2Entries }) => usedL2Entries),
  entry('free L2 entry', ({ freeL2Entries }) => freeL2Entries),
  entry('refcount table entry', ({ refcountTableEntries }) => refcountTableEntries),
  refcounts,
  refcounts,
];

/** A copy of a sound image with one to three things changed. */
export function mutate(seed: Buffer, anatomy: Anatomy, random: Random): Mutant {
  let file: Buffer = Buffer.from(seed);
  const what: string[] = [];
  for (let left = random.one([1, 1, 1, 1, 2, 3]); left > 0; left--) what.push(random.one(ways)(file, anatomy, random));
  if (random.below(16) === 0) {
    file = otherLength(file, anatomy, random);
    what.push(`${file.length} bytes`);
  }
  return { what: what.join('; '), file };
}

function headerField(file: Buffer, anatomy: Anatomy, random: Random): string {
  const [name, at, bytes] = random.one(headerFields);
  // Some of the real overlays are cut this short.
  if (at + bytes > file.length) return 'nothing';
  const old = bytes === 4 ? BigInt(file.readUInt32BE(at)) : file.readBigUInt64BE(at);
  const cluster = BigInt(anatomy.clusterSize);
  const offsets = interesting(anatomy, file, random);
  const near = [old + 1n, old - 1n, old + 8n, old - 8n, old * 2n, old / 2n, old + cluster, old - cluster];
  const fixed = [0n, 1n, 2n, 3n, 7n, 8n, 64n, 72n, 104n, 112n, 120n, 255n, 1023n, 1024n, 2n ** 31n, 2n ** 44n];
  const values = [
    ...near,
    ...fixed,
    2n ** 63n,
    2n ** 64n - 1n,
    ...offsets,
    old ^ (1n << BigInt(random.below(bytes * 8))),
  ];
  const value = BigInt.asUintN(bytes * 8, random.one(values));
  if (bytes === 4) file.writeUInt32BE(Number(value), at);
  else file.writeBigUInt64BE(value, at);
  return `${name} ${old} → ${value}`;
}

/** Header extensions, and what stands between them and the backing name. */
function afterHeader(file: Buffer, { clusterSize }: Anatomy, random: Random): string {
  const words = Math.min(clusterSize, 640) / 4 - 26;
  const at = 104 + 4 * random.below(words);
  if (at + 4 > file.length) return 'nothing';
  const types = [0xe2792aca, 0x6803f857, 0x23852875, 0x0537be77, 0x44415441];
  const value = random.one([
    0,
    1,
    4,
    5,
    8,
    15,
    16,
    24,
    48,
    0xffffffff,
    ...types,
    file.readUInt32BE(at) ^ (1 << random.below(31)),
  ]);
  file.writeUInt32BE(value >>> 0, at);
  return `word at byte ${at} → ${value >>> 0}`;
}

function backingName(file: Buffer, { clusterSize }: Anatomy, random: Random): string {
  if (file.length < 20) return 'nothing';
  const offset = Number(file.readBigUInt64BE(8));
  const size = file.readUInt32BE(16);
  if (offset === 0 || size === 0 || offset + size > Math.min(clusterSize, file.length)) return 'nothing';
  const at = offset + random.below(size);
  const value = random.one([0, 10, 0x2e, 0x2f, 0x3a, 0x41, 0x61, 0x30, 0x66, 0xff, random.below(256)]);
  file.writeUInt8(value, at);
  return `byte ${at - offset} of the backing name → ${value}`;
}

function entry(name: string, from: (anatomy: Anatomy) => readonly number[]): Way {
  return (file, anatomy, random) => {
    const places = from(anatomy).filter((at) => at + 8 <= file.length);
    if (places.length === 0) return 'nothing';
    const at = random.one(places);
    const old = file.readBigUInt64BE(at);
    const flags = [0n, 1n << 63n, 1n << 62n, (1n << 63n) | (1n << 62n), 1n, (1n << 63n) | 1n];
    const made = random.one(interesting(anatomy, file, random)) | random.one(flags);
    const values = [made, made, made, 0n, old ^ (1n << BigInt(random.below(64))), old ^ (1n << 63n)];
    const value = BigInt.asUintN(64, random.one(values));
    file.writeBigUInt64BE(value, at);
    return `${name} at byte ${at}: ${old.toString(16)} → ${value.toString(16)}`;
  };
}

function refcounts(file: Buffer, { refcountBlocks, clusterSize }: Anatomy, random: Random): string {
  const block = random.one(refcountBlocks);
  // Small files count their clusters at the beginning of the first block.
  const at = Math.min(block + random.below(random.one([16, 64, clusterSize])), file.length - 1);
  const value = random.one([0, 0, 0, 1, 2, 255, random.below(256)]);
  const old = file.readUInt8(at);
  file.writeUInt8(value, at);
  return `refcount byte at ${at}: ${old} → ${value}`;
}

function otherLength(file: Buffer, { clusterSize }: Anatomy, random: Random): Buffer {
  const near = [1, 511, 512, clusterSize / 2, clusterSize - 1, clusterSize, 3 * clusterSize];
  const length = file.length + random.one([-1, 1]) * random.one(near);
  if (length <= file.length) return Buffer.from(file.subarray(0, Math.max(length, 0)));
  return Buffer.concat([file, Buffer.alloc(length - file.length, random.one([0, 0x55]))]);
}

/** Where something is, where nothing is, and where nothing can be. */
function interesting(anatomy: Anatomy, file: Buffer, random: Random): bigint[] {
  const { clusterSize, l1Entries, l2Tables, refcountTable, refcountBlocks, dataClusters } = anatomy;
  const end = Math.ceil(file.length / clusterSize) * clusterSize;
  const some = [0, l1Entries[0] ?? 0, refcountTable, end, end - clusterSize, end + clusterSize];
  for (const list of [l2Tables, refcountBlocks, dataClusters]) if (list.length > 0) some.push(random.one(list));
  some.push(clusterSize * random.below(end / clusterSize), 512 * random.below(end / 512), random.below(end));
  return [...some.map(BigInt), 1n << 40n, (1n << 55n) - BigInt(clusterSize)];
}
