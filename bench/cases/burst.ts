import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchCase, CaseReport, Contestant, Row, Table } from '../case.js';
import { compare } from '../compare.js';
import { inTemporary, warm } from '../data.js';
import { type BenchNode, nodeWithBase, SNAPSHOT, whyNoScripts } from '../node.js';
import { run, whyAbsent } from '../program.js';
import { burst } from '../shell.js';
import { sizeText } from '../sizes.js';
import { program } from '../subject.js';
import { judge, ratioTarget } from '../verdict.js';

const COUNTS = [1, 2, 5, 10, 20, 50];
const MOST = 50;
const VERIFY = 'blobcheck verify';
const READS = `full reads of the base by ${MOST} hooks`;

/** Rounds of what no target needs. */
const FEW = 5;

const preClone = fileURLToPath(new URL('../../bin/pre-clone', import.meta.url));

const hooks = (count: number): string => `${count} hook${count === 1 ? '' : 's'} at once`;

export const benchmark: BenchCase = {
  summary: `1 to ${MOST} hooks at once on one base that nobody has read, and how often it is read`,
  run: ({ size, rounds }) => inTemporary(size, (directory) => measure(directory, size, rounds)),
};

async function measure(directory: string, size: number, rounds: number): Promise<CaseReport> {
  const node = await nodeWithBase(directory, { size });
  const absent = whyNoScripts() ?? whyAbsent('bash');
  const reads: number[] = [];
  const beside = absent === null ? await bytesBesideTheBase(join(directory, 'small')) : 0;
  const hooked = (count: number): Contestant => ({
    name: hooks(count),
    absent,
    ...(count === 1 || count === MOST ? {} : { atMost: FEW }),
    measure: async () => {
      const { milliseconds, bytesRead } = await burst(count, [preClone, SNAPSHOT], node.env);
      if (count === MOST) reads.push((bytesRead - beside) / statSync(node.blob).size);
      return milliseconds;
    },
  });
  const table = await compare(
    {
      title: `A base of ${sizeText(size)}, in the page cache, nothing remembered`,
      unit: 'ms',
      relativeTo: hooks(1),
      before: () => {
        forget(node);
        warm(node.blob);
      },
      contestants: [
        ...COUNTS.map(hooked),
        {
          name: VERIFY,
          measure: async () => (await run([program, 'verify', SNAPSHOT, ...node.options])).seconds * 1000,
        },
      ],
      targets: [ratioTarget(hooks(MOST), '<=', 1.3, hooks(1))],
    },
    { rounds },
  );
  return {
    title: 'Many hooks at once, cold',
    tables: [table, readsTable(reads, absent)],
    charts: [
      {
        kind: 'lines',
        file: 'hooks-at-once',
        title: `Hooks at once on one base of ${sizeText(size)} that nobody has read`,
        description:
          'Wall time until the last of so many hooks has answered; a flat line means that one works for all.',
        x: { label: 'hooks at once', scale: 'log', ticks: COUNTS.map((at) => ({ at, label: String(at) })) },
        y: { label: 'milliseconds until the last has answered', scale: 'linear' },
        lines: [{ name: 'pre-clone, cold', points: COUNTS.map((x) => ({ x, samples: samplesOf(table, hooks(x)) })) }],
      },
    ],
    notes: [
      `Full reads: the bytes that all processes of a burst have read, less those of a burst on a base of next to nothing (${sizeText(beside)}: programs), over the bytes of the base.`,
    ],
  };
}

function readsTable(reads: readonly number[], absent: string | null): Table {
  const rows: Row[] = [{ name: READS, absent, samples: reads, singles: reads }];
  const target = judge(
    { name: READS, relation: '=', limit: 1, uses: [READS], of: (read = 0) => Math.round(read), always: true },
    rows,
  );
  return {
    title: 'How often the base was read',
    unit: 'full reads',
    relativeTo: null,
    rows,
    targets: [target],
    others: null,
  };
}

/** What a burst reads besides the base (programs, scripts, metadata): all that one reads whose base is next to nothing. */
async function bytesBesideTheBase(directory: string): Promise<number> {
  const node = await nodeWithBase(directory, { size: 1 });
  return (await burst(MOST, [preClone, SNAPSHOT], node.env)).bytesRead;
}

function forget({ stateDir }: BenchNode): void {
  rmSync(stateDir, { recursive: true, force: true });
}

function samplesOf({ rows }: Table, name: string): Row['samples'] {
  return rows.find((row) => row.name === name)?.samples ?? [];
}
