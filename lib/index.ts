/**
 * The library: what a program needs to judge a cocoon root, and what the command line is made of.
 *
 *     const location = await resolveLocation({ env: process.env });
 *     const report = await verify({ snapshots: ['simular/win11:v1'] }, { location, stateDir: null, tool: '1' });
 */
export type { EngineName } from './digest/engine.js';
export { type HashedFile, hashFile } from './digest/hash-file.js';
export { BlobcheckError, type ErrorCode } from './errors.js';
export { catalogue, type FindingCode, findingCodes, isFindingCode, type Severity } from './finding/catalogue.js';
export { escapeText } from './finding/escape.js';
export type { Finding } from './finding/finding.js';
export { type HeaderFacts, type Qcow2Header, readHeader } from './qcow2/header.js';
export { type Inspected, inspectFile } from './qcow2/inspect.js';
export type {
  BlobReport,
  DiskReport,
  EntryReport,
  SealReport,
  StatusReport,
  Verdict,
  VerifyReport,
} from './report/documents.js';
export { type LocationOptions, resolveLocation, type StoreLocation } from './store/location.js';
export { openStore } from './store/open.js';
export type { Store } from './store/store.js';
export type { SealRequest } from './verify/blob-targets.js';
export type { CheckOptions, StoreCheckOptions } from './verify/run.js';
export { sealBlobs } from './verify/seal-blobs.js';
export { storeStatus } from './verify/status.js';
export { type VerifyRequest, verify } from './verify/verify.js';
export { type OverlaysRequest, verifyOverlays } from './verify/verify-overlays.js';
