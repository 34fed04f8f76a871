import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { buildQcow2 } from '../../builders/qcow2.js';

/** Valid images of every shape that the builder makes, and the 131 overlays that real programs opened or refused. */
export interface Qcow2Seed {
  readonly image: Buffer;
  readonly layout: Layout;
}

/** Where the tables of a seed are; bytes. Zero where there is none. */
export interface Layout {
  readonly clusterSize: number;
  readonly l1: number;
  readonly l2: number;
  readonly refcountTable: number;
  readonly refcountBlock: number;
}

const some = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ index: at * 3, data: Buffer.alloc(512, at + 1) }));
const backing = { name: '/var/lib/cocoon/cloudimg/blobs/base.qcow2' };

const built: readonly (() => Buffer)[] = [
  () => buildQcow2({ virtualSize: 2 ** 20, clusterBits: 9, backing, clusters: some(40) }),
  () => buildQcow2({ virtualSize: 2 ** 20, clusterBits: 12, version: 2, backing, clusters: some(10) }),
  () =>
    buildQcow2({ virtualSize: 2 ** 20, clusterBits: 10, refcountOrder: 0, clusters: some(9), zeroClusters: [1, 5] }),
  () =>
    buildQcow2({
      virtualSize: 2 ** 20,
      clusterBits: 9,
      refcountOrder: 6,
      backing,
      clusters: some(9),
      incompatible: 1n,
    }),
  () => compressed(buildQcow2({ virtualSize: 2 ** 20, clusterBits: 12, clusters: some(6) })),
  () => withSnapshot(buildQcow2({ virtualSize: 2 ** 20, clusterBits: 9, clusters: some(6) })),
  () =>
    buildQcow2({
      virtualSize: 2 ** 33,
      clusterBits: 16,
      backing: { name: backing.name, format: null },
      compatible: 1n,
      extensions: [
        { type: 0x6803f857, data: Buffer.alloc(96, 'dirty bit') },
        { type: 0x23852875, data: Buffer.alloc(24) },
      ],
    }),
];

export const BUILT_SEEDS = built.length;
export const REAL_SEEDS = 131;

const made = new Map<number, Qcow2Seed>();

/** Built ones first. */
export function qcow2Seed(index: number): Qcow2Seed {
  const known = made.get(index);
  if (known !== undefined) return known;
  const image = index < built.length ? (built[index] as () => Buffer)() : realOverlays()[index - built.length];
  if (image === undefined) throw new Error(`there is no seed ${index}`);
  const seed = { image, layout: layoutOf(image) };
  made.set(index, seed);
  return seed;
}

let overlays: readonly Buffer[] | null = null;

/** Their archive is a plain one, by GNU tar; unpacked it is 89 MB. */
function realOverlays(): readonly Buffer[] {
  if (overlays !== null) return overlays;
  const archive = fileURLToPath(new URL('../../fixtures/overlays/overlays.tar.gz', import.meta.url));
  const tar = gunzipSync(readFileSync(archive));
  const found: Buffer[] = [];
  for (let at = 0; tar[at] !== 0 && at < tar.length; ) {
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    if (tar.toString('latin1', at + 156, at + 157) === '0') found.push(tar.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  if (found.length !== REAL_SEEDS) throw new Error(`the fixture holds ${found.length} overlays`);
  overlays = found;
  return found;
}

/** By the header's word, as far as it can be read: some of the real ones are damaged. */
export function layoutOf(image: Buffer): Layout {
  const word = (at: number): number => {
    const value = at + 8 <= image.length ? image.readBigUInt64BE(at) & 0xff_ffff_ffff_fe00n : 0n;
    return value < BigInt(image.length) ? Number(value) : 0;
  };
  const bits = image.length < 24 ? 0 : image.readUInt32BE(20);
  const [l1, refcountTable] = [word(40), word(48)];
  return {
    clusterSize: bits >= 9 && bits <= 21 ? 2 ** bits : 65536,
    l1,
    l2: l1 === 0 ? 0 : word(l1),
    refcountTable,
    refcountBlock: refcountTable === 0 ? 0 : word(refcountTable),
  };
}

/** Makes compressed extents of the first two clusters of data: one inside the other's. */
function compressed(image: Buffer): Buffer {
  const { l2 } = layoutOf(image);
  const data = image.readBigUInt64BE(l2) & 0xff_ffff_ffff_fe00n;
  // 12 bits a cluster: the count of further sectors from bit 58 on.
  image.writeBigUInt64BE((1n << 62n) | (1n << 58n) | (data + 3n), l2);
  image.writeBigUInt64BE((1n << 62n) | (data + 1200n), l2 + 24);
  return image;
}

/** An internal snapshot with an L1 table of its own, which leads nowhere yet. */
function withSnapshot(image: Buffer): Buffer {
  const at = image.length;
  const table = Buffer.alloc(1024);
  table.writeBigUInt64BE(BigInt(at + 512), 0);
  table.writeUInt32BE(8, 8);
  table.writeUInt16BE(1, 12);
  table.writeUInt16BE(4, 14);
  table.write('1name', 40);
  const whole = Buffer.concat([image, table]);
  whole.writeUInt32BE(1, 60);
  whole.writeBigUInt64BE(BigInt(at), 64);
  return whole;
}
