import * as assert from 'uvu/assert';
import { isFindingCode } from '../../../lib/finding/catalogue.js';
import type { VerifyReport } from '../../../lib/report/documents.js';
import type { VerifyRequest } from '../../../lib/verify/verify.js';
import type { SmallNode } from '../../builders/small-node.js';
import { verifyNode } from '../../support/verify-node.js';

/** Judges by the files alone: what an earlier input left behind says nothing. What is not in the catalogue fails. */
export async function judged(node: SmallNode, request: VerifyRequest): Promise<VerifyReport> {
  const report = await verifyNode(node, { patterns: false, ...request }, { stateDir: null });
  const entries = [...report.snapshots, ...report.images];
  const codes = [report, ...entries].flatMap(({ findings }) => findings.map(({ code }) => code));
  assert.equal(
    codes.filter((code) => !isFindingCode(code)),
    [],
  );
  const asked = (request.snapshots?.length ?? 0) + (request.images?.length ?? 0);
  assert.ok(entries.length >= asked || report.verdict !== 'allow', 'what nobody judged was allowed');
  return report;
}
