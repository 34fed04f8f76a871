import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { blobIn, cloudImageBlobs } from '../../lib/store/layout.js';
import { buildRoot, type SnapshotSpec } from '../../test/builders/cocoon-root.js';
import { writeQcow2File } from '../../test/builders/qcow2.js';
import { diskBytes, imageUrl, overlayOn } from '../../test/builders/small-node.js';
import type { BenchCase, CaseReport, Row, Table } from '../case.js';
import { compare } from '../compare.js';
import { inTemporary } from '../data.js';
import { ledTo, whyNoReceipts } from '../node.js';
import { run, whyRefused } from '../program.js';
import { program } from '../subject.js';

/** Bytes of a base; a store is so many of them. */
const BASE_BYTES = 2 ** 30;
const CLUSTER_BYTES = 65_536;
const STORES = [1, 10, 100];

/** A base's metadata, which is not a hole. */
const METADATA_BYTES = 2 ** 20;

/** The first read of 100 GiB takes a minute: no target needs more of it. */
const ONCE = 1;

const first = (bases: number): string => `seal --all, ${bases} GiB`;
const next = (bases: number): string => `verify --all, ${bases} GiB, receipts`;

export const benchmark: BenchCase = {
  summary: 'what a store of 1, 10 and 100 GiB costs the first time and where nothing has changed',
  run: ({ rounds }) => inTemporary(111 * METADATA_BYTES, (directory) => measure(directory, rounds)),
};

async function measure(directory: string, rounds: number): Promise<CaseReport> {
  const absent = whyNoReceipts();
  const direct = await directIfKnown(directory);
  const stores: { bases: number; seal: readonly string[]; verify: readonly string[]; stateDir: string }[] = [];
  for (const bases of STORES) {
    const root = await sparseStore(join(directory, `store-${bases}`), bases);
    const { options, stateDir } = ledTo(root, join(directory, `state-${bases}`));
    stores.push({
      bases,
      stateDir,
      seal: [program, 'seal', '--all', ...direct, ...options],
      verify: [program, 'verify', '--all', ...options],
    });
  }
  const timed = (words: readonly string[]) => async () => (await run(words)).seconds * 1000;
  const title = 'A store of sparse bases of 1 GiB, each with a snapshot on it';
  const cold = await compare(
    {
      title: `${title}: the first read`,
      unit: 'ms',
      warmUp: false,
      contestants: stores.map(({ bases, seal, stateDir }) => ({
        name: first(bases),
        atMost: bases > 10 ? ONCE : 3,
        measure: async () => {
          rmSync(stateDir, { recursive: true, force: true });
          return await timed(seal)();
        },
      })),
    },
    { rounds },
  );
  const warm = await compare(
    {
      title: `${title}: where nothing has changed`,
      unit: 'ms',
      contestants: stores.map(({ bases, verify }) => ({ name: next(bases), absent, measure: timed(verify) })),
    },
    { rounds },
  );
  return {
    title: 'Cost by size of the store',
    tables: [cold, warm],
    charts: [
      {
        kind: 'lines',
        file: 'cost-by-store-size',
        title: 'Cost of a verification by size of the store',
        description:
          'Time over the size of the store: the first read of every base, and a verification that finds receipts.',
        x: { label: 'size of the store', scale: 'log', ticks: STORES.map((at) => ({ at, label: `${at} GiB` })) },
        y: { label: 'milliseconds', scale: 'log' },
        lines: [
          { name: 'first read of every base', points: pointsOf(cold, first) },
          { name: 'verification, nothing changed', points: pointsOf(warm, next) },
        ],
      },
    ],
    notes: [
      `The bases are holes: honest for the processor, which hashes every zero, and not for a disk, which delivers none.${
        direct.length > 0 ? ' They are read past the page cache (--direct), so that 100 GiB evict nothing.' : ''
      }`,
    ],
  };
}

/** A root whose bases are named as if they had been converted, so that nobody has to hash them to name them. */
async function sparseStore(directory: string, bases: number): Promise<string> {
  mkdirSync(cloudImageBlobs(directory), { recursive: true });
  const snapshots: SnapshotSpec[] = [];
  for (let at = 0; at < bases; at++) {
    const base = at.toString(16).padStart(64, '0');
    const file = blobIn(cloudImageBlobs(directory), base);
    await writeQcow2File(file, { virtualSize: diskBytes, fill: BASE_BYTES / CLUSTER_BYTES, sparse: true });
    snapshots.push({ name: `store/vm-${at}:v1`, image: imageUrl, base, overlay: overlayOn(file) });
  }
  buildRoot({ directory, snapshots });
  return directory;
}

async function directIfKnown(directory: string): Promise<readonly string[]> {
  const root = await sparseStore(join(directory, 'small'), 0);
  const words = [program, 'seal', '--all', '--direct', ...ledTo(root, join(directory, 'small-state')).options];
  return (await whyRefused(words, '--direct')) === null ? ['--direct'] : [];
}

function pointsOf(table: Table, nameOf: (bases: number) => string): { x: number; samples: Row['samples'] }[] {
  return STORES.map((x) => ({ x, samples: table.rows.find(({ name }) => name === nameOf(x))?.samples ?? [] }));
}
