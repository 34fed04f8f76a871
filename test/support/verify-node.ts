import type { SealReport, VerifyReport } from '../../lib/report/documents.js';
import type { SealRequest } from '../../lib/verify/blob-targets.js';
import type { StoreCheckOptions } from '../../lib/verify/run.js';
import { sealBlobs } from '../../lib/verify/seal-blobs.js';
import { type VerifyRequest, verify } from '../../lib/verify/verify.js';
import type { SmallNode } from '../builders/small-node.js';

/** Verifies in this process, where a test can meddle in the middle; `app:v1` if nothing else is said. */
export async function verifyNode(
  { root, state }: Pick<SmallNode, 'root' | 'state'>,
  request: VerifyRequest = { snapshots: ['app:v1'] },
  options: Partial<StoreCheckOptions> = {},
): Promise<VerifyReport> {
  return await verify(request, { location: root.location, stateDir: state, tool: 'test', ...options });
}

/** Seals in this process; all blobs if nothing else is said. */
export async function sealNode(
  { root, state }: Pick<SmallNode, 'root' | 'state'>,
  request: SealRequest = { all: true },
  options: Partial<StoreCheckOptions> = {},
): Promise<SealReport> {
  return await sealBlobs(request, { location: root.location, stateDir: state, tool: 'test', ...options });
}
