import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchCase, CaseReport, Contestant } from '../case.js';
import { compare } from '../compare.js';
import { inTemporary } from '../data.js';
import { nodeWithBase, SNAPSHOT } from '../node.js';
import { maxResidentBytes } from '../program.js';
import { sizeText } from '../sizes.js';
import { program } from '../subject.js';

/** The ends of the range in which memory must be constant (performance.md), and what lies between. */
const SIZES = [100 * 2 ** 20, 2 ** 30, 10 * 2 ** 30];

/** A peak is no estimate: it was there or it was not. */
const FEW = 2;

/** How much more the largest file may take than the smallest for memory to be constant. */
const CONSTANT = 1.1;

export const benchmark: BenchCase = {
  summary: 'memory while hashing and verifying files of 100 MiB to 10 GiB',
  run: ({ rounds }) => inTemporary(0, (directory) => measure(directory, Math.min(rounds, FEW))),
};

async function measure(directory: string, rounds: number): Promise<CaseReport> {
  const hash = SIZES.map((size) => hashing(directory, size));
  const verify = await Promise.all(SIZES.map((size) => verifying(directory, size)));
  const names = [...hash, ...verify].map(({ name }) => name);
  const constant = (of: readonly Contestant[]) => {
    const [smallest, largest] = [of[0]?.name ?? '', of.at(-1)?.name ?? ''];
    return {
      name: `${largest} / ${smallest}`,
      relation: '<=' as const,
      limit: CONSTANT,
      uses: [largest, smallest],
      of: (most = 0, least = 1) => most / least,
      always: true,
    };
  };
  const table = await compare(
    {
      title: 'The most memory that a run has resident',
      unit: 'MB',
      warmUp: false,
      contestants: [...hash, ...verify],
      targets: [
        {
          name: 'MB resident at most',
          relation: '<=',
          limit: 110,
          uses: names,
          of: (...bytes) => Math.max(...bytes),
          always: true,
        },
        constant(hash),
        constant(verify),
      ],
    },
    { rounds },
  );
  return {
    title: 'Memory',
    tables: [table],
    charts: [
      {
        kind: 'bars',
        file: 'memory',
        title: 'The most memory resident, by size of the file',
        description:
          'A bar for each command and size; the bars are of one length when memory does not grow with the file.',
        unit: 'MB',
        ours: names,
        bars: table.rows,
      },
    ],
    notes: ['The files are holes, which take no room on the disk and as much memory as any other file.'],
  };
}

function hashing(directory: string, size: number): Contestant {
  const path = join(directory, `holes-${size}`);
  writeFileSync(path, '');
  truncateSync(path, size);
  return {
    name: `blobcheck hash, ${sizeText(size)}`,
    measure: async () => (await maxResidentBytes([program, 'hash', path])) / 1e6,
  };
}

async function verifying(directory: string, size: number): Promise<Contestant> {
  const node = await nodeWithBase(join(directory, `node-${size}`), { size, sparse: true });
  return {
    name: `blobcheck verify, base of ${sizeText(size)}`,
    measure: async () => {
      rmSync(node.stateDir, { recursive: true, force: true });
      return (await maxResidentBytes([program, 'verify', SNAPSHOT, ...node.options])) / 1e6;
    },
  };
}
