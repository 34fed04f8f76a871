import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensure } from '../../lib/remedy/ensure.js';
import { sha256 } from '../support/sha256.js';
import { contentAt } from './files-of.js';
import { brokenNext } from './invariants.js';
import type { TroubledNode } from './troubled-node.js';

/** The next run brings what this one has not brought, and leaves nothing of either behind. */
export async function brokenNextEnsure(node: TroubledNode, ref: string, from: string): Promise<readonly string[]> {
  const check = {
    location: node.root.location,
    stateDir: node.state,
    tool: 'test',
    cocoon: { problem: 'there is no cocoon' },
  };
  const report = await ensure({ snapshots: [ref], policy: 'IfNotPresent', from }, check);
  const [found] = report.verify.snapshots[0]?.findings ?? [];
  return [
    ...(report.verdict === 'allow' ? [] : [`the next ensure says ${report.verdict}: ${found?.message}`]),
    ...(contentAt(node.blobOf(ref)) === sha256(readFileSync(from)) ? [] : ['the next ensure brings something else']),
    ...(existsSync(join(node.root.directory, '.blobcheck')) ? ['the next ensure leaves its scratch directory'] : []),
    ...(await brokenNext({ ...node, verdicts: new Map(node.verdicts).set(ref, 'allow') })),
  ];
}
