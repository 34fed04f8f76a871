import { confirmFromMedium } from '../digest/confirm.js';
import type { EngineName } from '../digest/engine.js';
import type { HashedFile } from '../digest/hash-file.js';
import { type Finding, finding } from '../finding/finding.js';
import { type CommandPlace, wordsRemedy } from '../finding/remedy.js';
import type { BlobReport } from '../report/documents.js';
import { isAnotherFile } from '../trust/receipts.js';
import type { Ledger, Remembered } from './ledger.js';
import { provedDigest } from './proved-digest.js';
import type { OnProgress } from './reader.js';
import { blobWords } from './rules/blob-words.js';
import { judgeContent } from './rules/content.js';

/** A blob to judge. */
export interface BlobRequest {
  /** Its name (lib/store/blob.ts); of a base the hex digest. */
  readonly blob: string;
  readonly path: string;
  /** Further names by which it will be opened: in the end each of them must lead to the file that was judged. */
  readonly names?: readonly string[];
  /** What is opened in its place where it is there. It was not; in the end it still must not be. */
  readonly instead?: string;
  /** Bytes, from each entry of the image index that names it. */
  readonly indexedBytes: readonly bigint[];
}

/**
 * How a base's content is judged: `read` always reads it; `receipt` does not read what a receipt speaks for;
 * `remembered` reads nothing, and what only reading could tell is left open.
 */
export type ContentMode = 'read' | 'receipt' | 'remembered';

export interface BlobOptions {
  readonly engine: EngineName;
  readonly content: ContentMode;
  /** Reads past the page cache where the file system lets us. */
  readonly direct: boolean;
  /** Milliseconds that a good read speaks for its file. */
  readonly maxAgeMs: number;
  /** Whether a read that is longer ago is done again at once; else it speaks on, `verification-overdue`. */
  readonly readsOverdue: boolean;
  readonly ledger: Ledger;
  /** What the commands of remedies are about. */
  readonly place: CommandPlace;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: OnProgress;
}

/** What rules 9, 10 and 13 say of the bytes that were read. */
export interface StructureJudged {
  readonly bad: boolean;
  /** Header and tables were judged, and not even a warning came of it. */
  readonly sound: boolean;
}

/** Rule 15, and what is remembered of the read. A bad result is recorded before it is reported. */
export async function judgeRead(
  request: BlobRequest,
  options: BlobOptions,
  hashed: HashedFile,
  remembered: Remembered,
  { bad: structureBad, sound }: StructureJudged,
): Promise<{ findings: readonly Finding[]; report: Partial<BlobReport> }> {
  const { blob, path } = request;
  const digest = `sha256:${hashed.digest}`;
  const known = remembered.seal;
  const doubtful = known !== null && known.digest !== digest && hashed.changed === null;
  const confirmation = doubtful ? await confirm(path, hashed, options) : null;
  // A seal that cannot be read is never the same as none.
  const isUnsealed = known === null && remembered.sealProblem === null;
  const proved = isUnsealed ? await provedDigest(request, options.ledger) : null;
  const findings = judgeContent({
    path,
    blob,
    digest,
    proved,
    known,
    confirmation: confirmation && { digest: `sha256:${confirmation.digest}`, readFrom: confirmation.readFrom },
    changed: hashed.changed ?? (doubtful ? (confirmation === null ? 'removed' : confirmation.changed) : null),
    lastGoodWasOther: remembered.receipt !== null && isAnotherFile(remembered.receipt, hashed.after) === true,
    structureBad,
    stateUnusable: options.ledger.problems.size > 0,
    place: options.place,
  });
  let basis = known?.basis ?? null;
  if (findings.length === 0) {
    // What rule 13 calls bad cannot be sealed, whatever it hashes to.
    const sealable = isUnsealed && !structureBad;
    const sealed = sealable ? await sealAtOnce(request, options, hashed, proved === null ? 'name' : 'proved') : null;
    basis = sealed ?? basis;
    await options.ledger.recordRead(blob, path, hashed, 'good', sound ? 'sound' : 'unknown');
  } else if (findings.some(({ code }) => code === 'blob-corrupt' || code === 'blob-replaced')) {
    await options.ledger.recordRead(blob, path, hashed, 'bad', 'unknown');
  } else if (remembered.sealProblem === null && findings.some(({ code }) => code === 'blob-unsealed')) {
    await options.ledger.recordRead(blob, path, hashed, 'unsealed', 'unknown');
  }
  return {
    findings: settleSeal(request, remembered, findings),
    report: {
      actual: digest,
      bytes: hashed.bytes,
      basis,
      how: 'hashed',
      readFrom: confirmation?.readFrom ?? hashed.readFrom,
      seconds: hashed.seconds,
    },
  };
}

/**
 * A full hash that equals the name, or what a sealed blob proves, needs nobody's trust, and is remembered: a later flip is
 * then known as one.
 */
async function sealAtOnce<B extends 'name' | 'proved'>(
  request: BlobRequest,
  options: BlobOptions,
  hashed: HashedFile,
  basis: B,
): Promise<B | null> {
  const written = await options.ledger.seal(request.blob, hashed, basis);
  return written.kind === 'written' ? basis : null;
}

async function confirm(path: string, hashed: HashedFile, options: BlobOptions): Promise<HashedFile | null> {
  return await confirmFromMedium(path, {
    judged: hashed.after,
    engine: options.engine,
    onProgress: (done, total) => options.onProgress(path, done, total),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/**
 * A seal that is there and does not count: a verdict that needs it (the content does not hash to its name) is
 * unverified; one that does not need it stands.
 */
function settleSeal(
  { path, blob }: BlobRequest,
  remembered: Remembered,
  findings: readonly Finding[],
): readonly Finding[] {
  const unsealed = findings.find(({ code }) => code === 'blob-unsealed');
  if (remembered.sealProblem === null || unsealed === undefined) return findings;
  return [
    finding('seal-unreadable', `the seal of the ${blobWords(blob).noun} cannot be read: ${remembered.sealProblem}`, {
      subject: path,
      expected: unsealed.expected,
      expectedFrom: unsealed.expectedFrom,
      actual: unsealed.actual,
      // Nothing is wrong with it then.
      ...(remembered.sealProblem.includes('EACCES') ? wordsRemedy('ask as root, who may read it') : {}),
    }),
  ];
}
