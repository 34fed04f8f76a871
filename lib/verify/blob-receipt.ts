import type { FileIdentity } from '../file/identity.js';
import { provingFileSystem } from '../file/identity-proof.js';
import type { OpenFile } from '../file/open-file.js';
import { type Finding, finding } from '../finding/finding.js';
import type { BlobReport } from '../report/documents.js';
import { receiptAnswer } from '../trust/receipt-answer.js';
import type { Receipt } from '../trust/receipt-record.js';
import { isAnotherFile } from '../trust/receipts.js';
import type { BlobOptions, BlobRequest } from './blob-content.js';
import type { Remembered } from './ledger.js';
import { blobWords } from './rules/blob-words.js';
import { judgeContent } from './rules/content.js';

/** What is known of an open base without reading it. */
export interface ReceiptFacts {
  readonly handle: OpenFile;
  readonly identity: FileIdentity;
  readonly remembered: Remembered;
  readonly structureBad: boolean;
}

/**
 * Rule 15 by what is remembered of the last full read; null where only reading can tell. A good result speaks for a file
 * that has a seal. One that denies speaks only for a while, and only to who cannot wait: a person's check reads.
 */
export async function judgeByReceipt(
  request: BlobRequest,
  options: BlobOptions,
  facts: ReceiptFacts,
): Promise<{ findings: readonly Finding[]; report: Partial<BlobReport> } | null> {
  const { receipt, seal, sealProblem } = facts.remembered;
  if (receipt === null || sealProblem !== null || options.content === 'read') return null;
  const answer = receiptAnswer(receipt, facts.identity, Date.now(), options.maxAgeMs);
  if (answer === null || (await provingFileSystem(facts.handle)) === null) return null;
  if (answer.overdue && options.readsOverdue) return null;
  const isGood = answer.result === 'good';
  if (isGood ? seal?.digest !== receipt.digest : options.content !== 'remembered') return null;
  const findings = judgeContent({
    path: request.path,
    blob: request.blob,
    digest: receipt.digest,
    proved: null,
    known: seal,
    confirmation: seal === null ? null : { digest: receipt.digest, readFrom: receipt.readFrom },
    changed: null,
    lastGoodWasOther: isAnotherFile(receipt, facts.identity) === true,
    structureBad: facts.structureBad,
    stateUnusable: options.ledger.problems.size > 0,
    place: options.place,
  });
  // What the receipt calls bad and today's seal calls good is nobody's word any more.
  if (isGood !== (findings.length === 0)) return null;
  return {
    findings: answer.overdue ? [overdue(request, receipt)] : findings,
    report: { actual: receipt.digest, how: 'receipt', readFrom: receipt.readFrom, seconds: null },
  };
}

function overdue({ path: subject, blob }: BlobRequest, { at }: Receipt): Finding {
  const message = `the last full read of the ${blobWords(blob).noun} began at ${at}: it is to be read again`;
  return finding('verification-overdue', message, { subject });
}
