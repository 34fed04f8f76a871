import * as assert from 'uvu/assert';
import type { VerifyReport } from '../../../lib/report/documents.js';
import type { VerifyRequest } from '../../../lib/verify/verify.js';
import type { SmallNode } from '../../builders/small-node.js';
import { verifyNode } from '../../support/verify-node.js';
import { assertOfCatalogue } from './findings-of-the-catalogue.js';

/** Judges by the files alone: what an earlier input left behind says nothing. What is not of the catalogue fails. */
export async function judged(node: SmallNode, request: VerifyRequest): Promise<VerifyReport> {
  const report = await verifyNode(node, { patterns: false, ...request }, { stateDir: null });
  const entries = [...report.snapshots, ...report.images];
  const findings = [report, ...entries].flatMap((entry) => entry.findings);
  assertOfCatalogue(findings);
  const asked = (request.snapshots?.length ?? 0) + (request.images?.length ?? 0);
  assert.ok(entries.length >= asked || report.verdict !== 'allow', 'what nobody judged was allowed');
  return report;
}
