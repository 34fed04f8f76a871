import { hashFile } from '../../lib/digest/hash-file.js';
import { verify } from '../../lib/verify/verify.js';
import type { BenchCase, CaseReport, Contestant } from '../case.js';
import { compare } from '../compare.js';
import { inTemporary, warm } from '../data.js';
import { nodeWithBase, SNAPSHOT } from '../node.js';
import { sizeText } from '../sizes.js';
import { ratioTarget } from '../verdict.js';

const HASH = 'hashFile of the base';
const VERIFY = 'verify of a snapshot on it';

export const benchmark: BenchCase = {
  summary: 'what verify costs beside hashing the base: metadata, sidecars, headers, tables',
  run: ({ size, rounds }) => inTemporary(size, (directory) => measure(directory, size, rounds)),
};

async function measure(directory: string, size: number, rounds: number): Promise<CaseReport> {
  const { location, blob, stateDir } = await nodeWithBase(directory, { size });
  const options = { location, stateDir, tool: 'bench', content: 'read' as const };
  const timed = (name: string, work: () => Promise<void>): Contestant => ({
    name,
    measure: async () => {
      const started = performance.now();
      await work();
      return performance.now() - started;
    },
  });
  const table = await compare(
    {
      title: `A snapshot on a base of ${sizeText(size)}, in the page cache, in process`,
      unit: 'ms',
      relativeTo: HASH,
      before: () => warm(blob),
      contestants: [
        timed(HASH, async () => {
          await hashFile(blob);
        }),
        timed(VERIFY, async () => {
          const { verdict, snapshots } = await verify({ snapshots: [SNAPSHOT] }, options);
          const how = snapshots[0]?.blobs[0]?.how;
          if (verdict !== 'allow' || how !== 'hashed') {
            throw new Error(`the base was not read, or is not allowed: ${JSON.stringify(snapshots)}`);
          }
        }),
      ],
      targets: [ratioTarget(VERIFY, '<=', 1.03, HASH)],
    },
    { rounds },
  );
  return {
    title: 'What verification adds to the hash',
    tables: [table],
    charts: [],
    notes: ['Start-up of Node is in neither; receipts are written, and nothing is skipped because of them.'],
  };
}
