import { join } from 'node:path';
import type { BenchCase, CaseReport } from '../case.js';
import { compare } from '../compare.js';
import { inTemporary } from '../data.js';
import { EMPTY, noteOnNode } from '../environment.js';
import { type BenchNode, nodeWithBase, remember, SNAPSHOT, whyNoReceipts } from '../node.js';
import { startedByShell } from '../shell.js';
import { program } from '../subject.js';
import { ratioTarget } from '../verdict.js';

/** Runs a round: starts scatter. */
const RUNS = 5;

/** Bytes of a base that is read once. */
const BASE_BYTES = 64 * 2 ** 20;

const NODE = 'node -e 0';
const NODE_ALONE = 'node -e 0, empty environment';
const JSON_ROOT = 'blobcheck verify, receipt, JSON root';
const JSON_ROOT_ALONE = `${JSON_ROOT}, empty environment`;
const SQLITE_ROOT = 'blobcheck verify, receipt, sqlite root';

export const benchmark: BenchCase = {
  summary: 'verify where nothing has changed, beside the start of Node',
  run: ({ rounds }) => inTemporary(2 * BASE_BYTES, (directory) => measure(directory, rounds)),
};

async function measure(directory: string, rounds: number): Promise<CaseReport> {
  const absent = whyNoReceipts();
  const json = await nodeWithBase(join(directory, 'json'), { size: BASE_BYTES, engine: 'json' });
  const sqlite = await nodeWithBase(join(directory, 'sqlite'), { size: BASE_BYTES, engine: 'sqlite' });
  if (absent === null) for (const node of [json, sqlite]) await remember(node);
  const verifyOf = ({ options }: BenchNode) => [program, 'verify', SNAPSHOT, ...options];
  const started = (name: string, words: readonly string[], absent: string | null = null) =>
    startedByShell(name, words, { runs: RUNS, absent });
  const table = await compare(
    {
      title: `From start to exit, ${RUNS} runs a round`,
      unit: 'ms',
      relativeTo: NODE,
      contestants: [
        started(NODE, [process.execPath, '-e', '0']),
        startedByShell(NODE_ALONE, [process.execPath, '-e', '0'], { runs: RUNS, env: EMPTY }),
        started('blobcheck --version', [program, '--version']),
        started(JSON_ROOT, verifyOf(json), absent),
        startedByShell(JSON_ROOT_ALONE, verifyOf(json), { runs: RUNS, env: EMPTY, absent }),
        started(SQLITE_ROOT, verifyOf(sqlite), absent),
      ],
      targets: [ratioTarget(JSON_ROOT, '<=', 1.6, NODE), ratioTarget(SQLITE_ROOT, '<=', 1.6, NODE)],
    },
    { rounds },
  );
  return {
    title: 'Verification where nothing has changed',
    tables: [table],
    charts: [],
    notes: [
      'Both roots have one snapshot; its base has a receipt, so nothing of it is read.',
      ...[noteOnNode()].filter((note) => note !== null),
    ],
  };
}
