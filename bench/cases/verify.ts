import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { hashFile } from '../../lib/digest/hash-file.js';
import { verify } from '../../lib/verify/verify.js';
import { buildRoot } from '../../test/builders/cocoon-root.js';
import { buildQcow2, writeQcow2File } from '../../test/builders/qcow2.js';
import type { BenchCase, CaseReport } from '../case.js';
import { inTemporary, warm } from '../data.js';
import { interleave } from '../interleave.js';
import { sizeText } from '../sizes.js';
import { ratio } from '../statistics.js';

const HASH = 'hashFile of the base';
const VERIFY = 'verify of a snapshot on it';

const clusterBytes = 65_536;

export const benchmark: BenchCase = {
  summary: 'what verify costs beside hashing the base: metadata, sidecars, headers, tables, receipts',
  run: ({ size, rounds }) => inTemporary((directory) => measure(directory, size, rounds)),
};

async function measure(directory: string, size: number, rounds: number): Promise<CaseReport> {
  const { location, blob } = await nodeWithBase(join(directory, 'cocoon'), size);
  const options = { location, stateDir: join(directory, 'state'), tool: 'bench' };
  const timed = (name: string, work: () => Promise<void>) => ({
    name,
    absent: null,
    measure: async () => {
      const started = performance.now();
      await work();
      return performance.now() - started;
    },
  });
  const contestants = [
    timed(HASH, async () => {
      await hashFile(blob);
    }),
    timed(VERIFY, async () => {
      const report = await verify({ snapshots: ['app:v1'] }, options);
      if (report.verdict !== 'allow')
        throw new Error(`the snapshot is not allowed: ${JSON.stringify(report.snapshots)}`);
    }),
  ];
  const rows = await interleave(contestants, rounds, () => warm(blob));
  const samples = (name: string) => rows.find((row) => row.name === name)?.samples ?? [];
  const target = { name: `${VERIFY} / ${HASH}`, relation: '<=' as const, limit: 1.03 };
  return {
    title: `A snapshot on a base of ${sizeText(size)}, in the page cache, in process, ${rounds} interleaved rounds, medians`,
    unit: 'ms',
    relativeTo: HASH,
    rows,
    notes: ['Start-up of Node is in neither; receipts are written, and nothing is skipped because of them.'],
    targets: [{ ...target, measured: ratio(samples(VERIFY), samples(HASH)) }],
  };
}

/** A node whose one snapshot stands on a base of about `size` bytes. */
async function nodeWithBase(directory: string, size: number) {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'base.tmp');
  const virtualSize = Math.max(size, 1024 ** 3);
  await writeQcow2File(file, { virtualSize, fill: Math.ceil(size / clusterBytes) });
  const { digest } = await hashFile(file);
  const blob = join(directory, 'cloudimg/blobs', `${digest}.qcow2`);
  const overlay = buildQcow2({ virtualSize, backing: { name: blob, format: 'qcow2' } });
  const image = 'https://images.example.com/base.qcow2';
  const { location } = buildRoot({ directory, snapshots: [{ name: 'app:v1', image, base: digest, overlay }] });
  renameSync(file, blob);
  return { location, blob };
}
