import { type HashedFile, hashOpenFile } from '../digest/hash-file.js';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { identityOf, sameIdentity } from '../file/identity.js';
import { type Opened, openRegular } from '../file/open-regular.js';
import { readAtOf } from '../file/read-at.js';
import { type Finding, finding } from '../finding/finding.js';
import type { Qcow2Header } from '../qcow2/header.js';
import type { BlobReport } from '../report/documents.js';
import { type BaseOptions, type BaseRequest, judgeRead } from './base-content.js';
import type { Remembered } from './ledger.js';
import { judgeQcow2 } from './qcow2-file.js';
import { type BaseFileFacts, judgeBaseFile } from './rules/base-file.js';

export interface JudgedBase {
  readonly findings: readonly Finding[];
  readonly report: BlobReport;
  /** Its header, when it is a sound qcow2 image; null otherwise. */
  readonly header: Qcow2Header | null;
  /** The full read, when it came to its end; null otherwise. */
  readonly hashed: HashedFile | null;
  readonly remembered: Remembered;
}

type OpenedRegular = Extract<Opened, { kind: 'regular' }>;

/** Rules 12, 13 and 15 for one base: is it there, is its structure sound, is its content what it must be. */
export async function judgeBase(request: BaseRequest, options: BaseOptions): Promise<JudgedBase> {
  const remembered = await options.ledger.recall(request.blob);
  const opened = await openRegular(request.path);
  const bytes = opened.kind === 'regular' ? Number(opened.stats.size) : null;
  const unread: JudgedBase = {
    findings: judgeBaseFile(fileFacts(request, opened, remembered)),
    report: unreadReport(request, bytes, remembered),
    header: null,
    hashed: null,
    remembered,
  };
  if (opened.kind !== 'regular') return unread;
  try {
    if (unread.findings.length > 0) return unread;
    return await judgeOpenBase(request, options, opened, unread);
  } catch (error) {
    if (!(error instanceof BlobcheckError) || error.code === 'aborted') throw error;
    return { ...unread, findings: [notRead(request.path, error)] };
  } finally {
    await opened.handle.close();
  }
}

async function judgeOpenBase(
  request: BaseRequest,
  options: BaseOptions,
  { handle, stats }: OpenedRegular,
  unread: JudgedBase,
): Promise<JudgedBase> {
  const { path } = request;
  const structure = await judgeQcow2(readAtOf(handle, path), Number(stats.size), path, 'blob', options.signal);
  const structureBad = structure.findings.some(({ severity }) => severity === 'error');
  const read = await hashOpenFile(handle, path, {
    engine: options.engine,
    source: 'cache',
    onProgress: (done, total) => options.onProgress(path, done, total),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  // The structure was judged on this descriptor before the hash began: nothing may have changed in between.
  const changed = read.changed ?? (sameIdentity(identityOf(stats), read.before) ? null : ('content' as const));
  const hashed = { ...read, changed };
  const content = await judgeRead(request, options, hashed, unread.remembered, structureBad);
  return {
    ...unread,
    findings: [...content.findings, ...structure.findings],
    report: { ...unread.report, ...content.report },
    header: structureBad || structure.facts.kind !== 'qcow2' ? null : structure.facts.header,
    hashed,
  };
}

function fileFacts(request: BaseRequest, opened: Opened, remembered: Remembered): BaseFileFacts {
  const { blob, path, indexedBytes } = request;
  return {
    blob,
    path,
    presence:
      opened.kind === 'regular'
        ? { kind: 'regular', bytes: opened.stats.size }
        : opened.kind === 'unreadable'
          ? { kind: 'unreadable', reason: systemErrorText(opened.error) }
          : opened,
    sealedBytes: remembered.seal === null ? null : BigInt(remembered.seal.size),
    indexedBytes,
  };
}

function unreadReport(request: BaseRequest, bytes: number | null, remembered: Remembered): BlobReport {
  return {
    path: request.path,
    bytes,
    expected: remembered.seal?.digest ?? `sha256:${request.blob}`,
    actual: null,
    basis: remembered.seal?.basis ?? null,
    how: null,
    readFrom: null,
    seconds: null,
  };
}

function notRead(path: string, error: BlobcheckError): Finding {
  if (error.code === 'changed') {
    return finding('blob-changed', `the base changed while it was being read: ${error.message}`, { subject: path });
  }
  const where = error.offset === null ? '' : ` (byte ${error.offset})`;
  return finding('blob-unreadable', `the base cannot be read: ${error.message}${where}`, {
    subject: error.path ?? path,
  });
}
