import { join } from 'node:path';
import type { BenchCase, CaseReport, Contestant, Row, Table, TargetSpec } from '../case.js';
import { compare } from '../compare.js';
import { inTemporary } from '../data.js';
import { type ManySnapshots, manySnapshots } from '../many-snapshots.js';
import { ledTo, whyNoReceipts } from '../node.js';
import { run } from '../program.js';
import { startedByShell } from '../shell.js';
import { program } from '../subject.js';
import { ratioTarget } from '../verdict.js';

const BASES = 50;
const FEW = 100;
const SOME = 1_000;
const MANY = 10_000;

/** What the roots of one run take on a disk of 4 KiB blocks, mostly small files. */
const ROOM_BYTES = 2 ** 30;

/** Runs a round of who resolves one reference. */
const RUNS = 10;

/** Ten times the snapshots may take ten times as long, and a tenth more where caches are left. */
const LINEAR = 11;
/** What is constant, or costs no more than one thing more, may be off by a tenth. */
const SAME = 1.1;

const NODE = 'node -e 0';
const PARSE = `node, JSON.parse of the index of ${MANY}`;

const all = (count: number): string => `verify --all, ${count} snapshots`;
const one = (count: number, engine: string): string => `verify one of ${count}, ${engine}`;

export const benchmark: BenchCase = {
  summary: `verify --all on ${FEW} to ${MANY} snapshots over ${BASES} receipted bases, and one reference among as many`,
  run: ({ rounds }) => inTemporary(ROOM_BYTES, (directory) => measure(directory, rounds)),
};

async function measure(directory: string, rounds: number): Promise<CaseReport> {
  const everything = await verifyAll(directory, rounds);
  return {
    title: 'Many snapshots',
    tables: [everything, await verifyOne(directory, rounds)],
    charts: [
      {
        kind: 'lines',
        file: 'snapshots',
        title: `verify --all over ${BASES} bases that have receipts`,
        description: 'Time of a verification of all snapshots over their number; a straight line is linear.',
        x: {
          label: 'snapshots',
          scale: 'log',
          ticks: [FEW, SOME, MANY].map((at) => ({ at, label: at.toLocaleString('en') })),
        },
        y: { label: 'milliseconds', scale: 'log' },
        lines: [
          {
            name: 'blobcheck verify --all',
            points: [FEW, SOME, MANY].map((x) => ({ x, samples: samplesOf(everything, all(x)) })),
          },
        ],
      },
    ],
    notes: [
      'The disks of the snapshots on one base are hard links of one another; their sidecars are files of their own.',
    ],
  };
}

async function verifyAll(directory: string, rounds: number): Promise<Table> {
  const absent = whyNoReceipts();
  const contestants: Contestant[] = [];
  for (const snapshots of [FEW, SOME, MANY]) {
    const root = join(directory, `all-${snapshots}`);
    manySnapshots(root, { snapshots, bases: BASES, engine: 'json' });
    const words = [program, 'verify', '--all', ...ledTo(root, join(directory, `state-${snapshots}`)).options];
    // Reads every base; from now on their receipts answer.
    if (absent === null) await run(words);
    contestants.push({ name: all(snapshots), absent, measure: async () => (await run(words)).seconds * 1000 });
  }
  const within: TargetSpec = {
    name: `${all(SOME)}: ms`,
    relation: '<=',
    limit: 1000,
    uses: [all(SOME)],
    of: (milliseconds = 0) => milliseconds,
  };
  return await compare(
    {
      title: `All snapshots over ${BASES} bases that have receipts`,
      unit: 'ms',
      relativeTo: all(SOME),
      // Each has run once already, to read the bases.
      warmUp: false,
      contestants,
      targets: [within, ratioTarget(all(MANY), '<=', LINEAR, all(SOME))],
    },
    { rounds },
  );
}

async function verifyOne(directory: string, rounds: number): Promise<Table> {
  const absent = whyNoReceipts();
  const contestants: Contestant[] = [];
  let largest: ManySnapshots | null = null;
  for (const engine of ['json', 'sqlite'] as const) {
    for (const snapshots of [FEW, MANY]) {
      const root = join(directory, `one-${engine}-${snapshots}`);
      const made = manySnapshots(root, { snapshots, bases: BASES, engine, recordsOnly: true });
      if (engine === 'json') largest = made;
      const words = [program, 'verify', made.one, ...ledTo(root, `${root}-state`).options];
      if (absent === null) await run(words);
      contestants.push(startedByShell(one(snapshots, engine), words, { runs: RUNS, absent }));
    }
  }
  const parse = 'JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"))';
  contestants.push(
    startedByShell(NODE, [process.execPath, '-e', '0'], { runs: RUNS }),
    startedByShell(PARSE, [process.execPath, '-e', parse, largest?.index ?? ''], { runs: RUNS }),
  );
  const parsedOnce: TargetSpec = {
    name: `${one(MANY, 'json')} / (${one(FEW, 'json')} + parsing the index once)`,
    relation: '<=',
    limit: SAME,
    uses: [one(MANY, 'json'), one(FEW, 'json'), PARSE, NODE],
    of: (many = 0, few = 0, parsing = 0, start = 0) => many / (few + parsing - start),
  };
  return await compare(
    {
      title: `One reference, whose base has a receipt; ${RUNS} runs a round`,
      unit: 'ms',
      relativeTo: NODE,
      contestants,
      targets: [parsedOnce, ratioTarget(one(MANY, 'sqlite'), '<=', SAME, one(FEW, 'sqlite'))],
    },
    { rounds },
  );
}

function samplesOf({ rows }: Table, name: string): Row['samples'] {
  return rows.find((row) => row.name === name)?.samples ?? [];
}
