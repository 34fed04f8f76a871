import { join } from 'node:path';
import { BUFFER_BYTES } from '../../lib/digest/buffers.js';
import { hashFile } from '../../lib/digest/hash-file.js';
import type { BenchCase, CaseReport, Contestant, Row, Table } from '../case.js';
import { compare } from '../compare.js';
import { inTemporary, randomFile, warm } from '../data.js';
import { hashByStream, hashInTurn, hashOverlapped } from '../loops.js';
import { coreRate } from '../openssl.js';
import { Rates } from '../rate.js';
import { sizeText } from '../sizes.js';

const KIB = 1024;
const BLOCKS = [64, 256, 1024, 4096, 8192, 16384].map((kib) => kib * KIB);

/** The file is a part of the size that was asked for: it is read some thirty times a round. */
const PART = 4;
/** No target needs more. */
const FEW = 3;

export const benchmark: BenchCase = {
  summary: 'the same by engine, loop and block size',
  run: ({ size, rounds }) => {
    const bytes = Math.ceil(size / PART);
    return inTemporary(bytes, (directory) => measure(directory, bytes, Math.min(rounds, FEW)));
  },
};

/** A way to hash, which is measured with each block size. */
interface Way {
  readonly name: string;
  readonly contestant: (name: string, blockBytes: number) => Contestant;
}

async function measure(directory: string, size: number, rounds: number): Promise<CaseReport> {
  const path = join(directory, 'blob');
  randomFile(path, size);
  const { digest } = await hashFile(path);
  const rates = new Rates(path, size, digest);
  const loop = (name: string, work: (blockBytes: number) => Promise<string>): Way => {
    return { name, contestant: (of, blockBytes) => rates.timed(of, () => work(blockBytes)) };
  };
  const ways: Way[] = [
    { name: 'OpenSSL core, memory only', contestant: coreRate },
    loop('node:crypto, overlapped reads (ours)', (block) => hashOverlapped(path, 'native', block)),
    loop('node:crypto, read then hash', (block) => hashInTurn(path, 'native', block)),
    loop('node:crypto, createReadStream', (block) => hashByStream(path, 'native', block)),
    loop('hash-wasm, overlapped reads', (block) => hashOverlapped(path, 'wasm', block)),
  ];
  const nameOf = (way: Way, block: number) => `${way.name}, ${sizeText(block)}`;
  const contestants = ways.flatMap((way) => BLOCKS.map((block) => way.contestant(nameOf(way, block), block)));
  const table = await compare(
    {
      title: `One file of ${sizeText(size)}, in the page cache, in process`,
      unit: 'GB/s',
      relativeTo: nameOf(ways[0] as Way, BUFFER_BYTES),
      before: () => warm(path),
      warmUp: false,
      contestants,
    },
    { rounds },
  );
  return {
    title: 'Throughput by engine and block size',
    tables: [table],
    charts: [
      {
        kind: 'lines',
        file: 'throughput-by-block-size',
        title: 'SHA-256 by engine, loop and block size',
        description: 'Throughput over the size of the blocks that are read and hashed; higher is faster.',
        x: {
          label: 'bytes a read',
          scale: 'log',
          ticks: BLOCKS.map((block) => ({ at: block, label: sizeText(block) })),
        },
        y: { label: 'GB/s', scale: 'linear' },
        lines: ways.map((way) => ({
          name: way.name,
          points: BLOCKS.map((block) => ({ x: block, samples: samplesOf(table, nameOf(way, block)) })),
        })),
      },
    ],
    notes: ['Medians with their quartiles. The overlapped loop is the one of `blobcheck hash`, with other buffers.'],
  };
}

function samplesOf({ rows }: Table, name: string): Row['samples'] {
  return rows.find((row) => row.name === name)?.samples ?? [];
}
