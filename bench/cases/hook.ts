import { fileURLToPath } from 'node:url';
import type { BenchCase, CaseReport } from '../case.js';
import { compare } from '../compare.js';
import { inTemporary } from '../data.js';
import { EMPTY, noteOnNode } from '../environment.js';
import { nodeWithBase, remember, SNAPSHOT, whyNoScripts } from '../node.js';
import { run } from '../program.js';
import { startedByShell } from '../shell.js';
import { program } from '../subject.js';
import { ratioTarget } from '../verdict.js';

/** Runs a round: of a few milliseconds each, they scatter. */
const RUNS = 20;

/** Bytes of a base that is read once. */
const BASE_BYTES = 64 * 2 ** 20;

const NODE = 'node -e 0';
const NODE_ALONE = 'node -e 0, empty environment';
const HOOK = 'pre-clone, warm';
const GUARD = 'cocoon-guard vm clone, warm';
const BY_NODE = 'blobcheck hook';
const SHELL = 'sh -c true';

/** The smallest program that there is in cocoon's place. */
const STUB = '/bin/true';

const script = (name: string): string => fileURLToPath(new URL(`../../bin/${name}`, import.meta.url));

export const benchmark: BenchCase = {
  summary: 'the hook where nothing has changed, alone and through the guard, beside the start of Node',
  run: ({ rounds }) => inTemporary(BASE_BYTES, (directory) => measure(directory, rounds)),
};

async function measure(directory: string, rounds: number): Promise<CaseReport> {
  const absent = whyNoScripts();
  const node = await nodeWithBase(directory, { size: BASE_BYTES });
  const env = { ...node.env, BLOBCHECK_COCOON: STUB };
  const hook = [script('pre-clone'), SNAPSHOT];
  const guard = [script('cocoon-guard'), 'vm', 'clone', SNAPSHOT];
  if (absent === null) {
    await remember(node);
    // What is asked for the first time answers by Node, and leaves behind what the next one goes by.
    for (const words of [hook, guard]) await run(words, { env });
  }
  const started = (name: string, words: readonly string[], why: string | null = null) =>
    startedByShell(name, words, { runs: RUNS, env, absent: why });
  const table = await compare(
    {
      title: `From start to exit, ${RUNS} runs a round`,
      unit: 'ms',
      relativeTo: NODE,
      contestants: [
        started(HOOK, hook, absent),
        started(GUARD, guard, absent),
        started(BY_NODE, [program, 'hook', ...node.options, SNAPSHOT], absent),
        started(NODE, [process.execPath, '-e', '0']),
        startedByShell(NODE_ALONE, [process.execPath, '-e', '0'], { runs: RUNS, env: EMPTY }),
        started(SHELL, ['sh', '-c', 'true']),
        started('stat of one file', ['stat', '-c', '%i %s %Y %y %z', node.blob]),
        started(`${STUB}, in cocoon's place`, [STUB]),
      ],
      targets: [ratioTarget(HOOK, '<=', 0.08, NODE), ratioTarget(GUARD, '<=', 0.12, NODE)],
    },
    { rounds },
  );
  const shown = [SHELL, HOOK, GUARD, NODE, BY_NODE];
  return {
    title: 'The hook before a clone, warm',
    tables: [table],
    charts: [
      {
        kind: 'distribution',
        file: 'hook-latency',
        title: 'Latency of the hook where nothing has changed',
        description: 'The part of all runs that took at most so long; further left is faster, and steeper is steadier.',
        x: { label: 'milliseconds from start to exit', scale: 'log' },
        lines: table.rows.filter(({ name }) => shown.includes(name)).map(({ name, singles }) => ({ name, singles })),
      },
    ],
    notes: [
      `Through the guard counts all until ${STUB}, which stands in cocoon's place, has ended.`,
      `${BY_NODE} is what the hook asks where its own memory does not answer: the receipt does.`,
      ...[noteOnNode()].filter((note) => note !== null),
    ],
  };
}
