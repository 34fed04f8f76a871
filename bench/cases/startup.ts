import { join } from 'node:path';
import { buildRoot } from '../../test/builders/cocoon-root.js';
import { buildQcow2 } from '../../test/builders/qcow2.js';
import type { BenchCase, CaseReport, Contestant } from '../case.js';
import { inTemporary } from '../data.js';
import { interleave } from '../interleave.js';
import { run } from '../program.js';
import { ratio } from '../statistics.js';
import { program } from '../subject.js';

/** Starts take milliseconds and scatter: rounds are cheap, and few would decide nothing. */
const LEAST_ROUNDS = 20;

const NODE = 'node -e 0';
const VERSION = 'blobcheck --version';
const MISSING = 'blobcheck verify, blob missing';

export const benchmark: BenchCase = {
  summary: 'what it costs to start the program',
  run: ({ rounds }) => inTemporary((directory) => measure(directory, Math.max(rounds, LEAST_ROUNDS))),
};

async function measure(directory: string, rounds: number): Promise<CaseReport> {
  const started = (name: string, command: readonly string[], status = 0): Contestant => ({
    name,
    measure: async () => (await run(command, { status })).seconds * 1000,
  });
  const verify = [program, 'verify', 'app:v1', ...nodeWithoutBase(directory)];
  const contestants = [
    started(NODE, [process.execPath, '-e', '0']),
    started(VERSION, [program, '--version']),
    started(MISSING, verify, 1),
  ];
  const rows = await interleave(contestants, rounds);
  const samples = (name: string) => rows.find((row) => row.name === name)?.samples ?? [];
  const target = (name: string, limit: number) => {
    return { name: `${name} / ${NODE}`, relation: '<=' as const, limit, measured: ratio(samples(name), samples(NODE)) };
  };
  return {
    title: `Start to exit of a process, ${rounds} interleaved rounds, medians`,
    unit: 'ms',
    relativeTo: NODE,
    rows,
    notes: [],
    targets: [target(VERSION, 1.5), target(MISSING, 2.5)],
  };
}

/** A node with one snapshot whose base is gone; the options that lead a command there. */
function nodeWithoutBase(directory: string): readonly string[] {
  const base = 'ab'.repeat(32);
  const root = join(directory, 'cocoon');
  const name = join(root, 'cloudimg/blobs', `${base}.qcow2`);
  const overlay = buildQcow2({ virtualSize: 1024 ** 3, backing: { name, format: 'qcow2' } });
  const image = 'https://images.example.com/base.qcow2';
  buildRoot({ directory: root, snapshots: [{ name: 'app:v1', image, base, overlay }] });
  return ['--root-dir', root, '--state-dir', join(directory, 'state')];
}
