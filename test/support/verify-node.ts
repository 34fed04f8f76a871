import type { VerifyReport } from '../../lib/report/documents.js';
import type { StoreCheckOptions } from '../../lib/verify/run.js';
import { type VerifyRequest, verify } from '../../lib/verify/verify.js';
import type { SmallNode } from '../builders/small-node.js';

/** Verifies in this process, where a test can meddle in the middle; `app:v1` if nothing else is said. */
export async function verifyNode(
  { root, state }: SmallNode,
  request: VerifyRequest = { snapshots: ['app:v1'] },
  options: Partial<StoreCheckOptions> = {},
): Promise<VerifyReport> {
  return await verify(request, { location: root.location, stateDir: state, tool: 'test', ...options });
}
