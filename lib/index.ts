/**
 * The library: what a program needs to judge a cocoon root, and what the command line is made of.
 *
 *     const location = await resolveLocation({ env: process.env });
 *     const report = await verify({ snapshots: ['simular/win11:v1'] }, { location, stateDir: null, tool: '1' });
 */
export { mapAtOnce } from './at-once.js';
export type { EngineName } from './digest/engine.js';
export { type HashedFile, type HashFileOptions, type HashOptions, hashFile } from './digest/hash-file.js';
export { mostReaders } from './digest/reading-turn.js';
export { BlobcheckError, type ErrorCode, systemErrorCode, systemErrorText } from './errors.js';
export { absolutePath } from './file/absolute-path.js';
export { type FileIdentity, identityAt, sameIdentity } from './file/identity.js';
export { type ReadAt, readAtOf } from './file/read-at.js';
export { catalogue, type FindingCode, findingCodes, isFindingCode, type Severity } from './finding/catalogue.js';
export { escapeText } from './finding/escape.js';
export { type Finding, finding } from './finding/finding.js';
export { type InstallRequest, installNode } from './install/install.js';
export type { InstallOptions } from './install/options.js';
export { settingLines } from './install/settings.js';
export { type UninstallOptions, uninstallNode } from './install/uninstall.js';
export { packageFile } from './package-file.js';
export { type HeaderFacts, type Qcow2Header, readHeader } from './qcow2/header.js';
export { type Inspected, inspectFile } from './qcow2/inspect.js';
export type { CocoonProgram, NoCocoon } from './remedy/cocoon.js';
export { whyNotConvertible } from './remedy/convertible.js';
export { type EnsureOptions, type EnsureRequest, ensure } from './remedy/ensure.js';
export { type EnsureImagesRequest, ensureImages } from './remedy/ensure-image.js';
export { findCocoon } from './remedy/find-cocoon.js';
export { findingsOfBase, isOtherwiseAllowed, reasonToBring } from './remedy/needed.js';
export { type PullPolicy, parsePullPolicy, pullPolicies } from './remedy/policy.js';
export { type BlobFiles, blobFilesIn, sealBrought } from './remedy/seal-brought.js';
export { withTaskTurn } from './remedy/task-turn.js';
export type {
  BlobReport,
  DiskReport,
  EnsureReport,
  EnsureStep,
  EntryReport,
  ExplainReport,
  HashReport,
  InstallReport,
  InstallStep,
  SealedBlob,
  SealReport,
  StatusBlob,
  StatusReport,
  Verdict,
  VerifyReport,
} from './report/documents.js';
export {
  bytesText,
  findingLines,
  type Paint,
  plain,
  readFromText,
  secondsText,
  verifyText,
} from './report/human.js';
export { blobNameAt, parseBlobName } from './store/blob.js';
export { engineFiles } from './store/layout.js';
export { type LocationOptions, resolveLocation, type StoreLocation } from './store/location.js';
export { openStore } from './store/open.js';
export type { Store } from './store/store.js';
export { stampName, writeStamp } from './trust/stamp.js';
export { DEFAULT_STATE_DIRECTORY } from './trust/state-directory.js';
export type { SealRequest } from './verify/blob-targets.js';
export type { OnProgress, Reader } from './verify/reader.js';
export { rereadBlobs } from './verify/reread.js';
export type { CheckOptions, StoreCheckOptions } from './verify/run.js';
export { sealBlobs } from './verify/seal-blobs.js';
export { type StampFacts, stampFacts } from './verify/stamp-facts.js';
export { storeStatus } from './verify/status.js';
export { verdictOf, worstVerdict } from './verify/verdict.js';
export { type VerifyRequest, verify } from './verify/verify.js';
export type { ArchiveToJudge } from './verify/verify-archive.js';
export { type OverlaysRequest, verifyOverlays } from './verify/verify-overlays.js';
export { version } from './version.js';
