import type { BigIntStats } from 'node:fs';
import { openSameDirect } from '../digest/direct.js';
import { type HashedFile, hashOpenFile } from '../digest/hash-file.js';
import { BlobcheckError, isSystemError, systemErrorText } from '../errors.js';
import { type FileIdentity, identityAt, identityOf, sameIdentity } from '../file/identity.js';
import { type Opened, openRegular } from '../file/open-regular.js';
import { readAtOf } from '../file/read-at.js';
import { type Finding, finding } from '../finding/finding.js';
import type { Qcow2Header } from '../qcow2/header.js';
import type { BlobReport } from '../report/documents.js';
import { type BlobOptions, type BlobRequest, judgeRead } from './blob-content.js';
import { judgeByReceipt } from './blob-receipt.js';
import { type JudgedStructure, judgeStructure } from './blob-structure.js';
import type { Ledger, Remembered } from './ledger.js';
import { type BlobFileFacts, judgeBlobFile } from './rules/blob-file.js';
import { blobWords } from './rules/blob-words.js';

export interface JudgedBlob {
  readonly findings: readonly Finding[];
  readonly report: BlobReport;
  /** The header of a base that is a sound qcow2 image; null otherwise. */
  readonly header: Qcow2Header | null;
  /** The full read of this run, when it came to its end; null otherwise. */
  readonly hashed: HashedFile | null;
  /** The file whose content was judged, by a read or by a receipt; null where none was. */
  readonly identity: FileIdentity | null;
  /** `sound` where its structure was judged and nothing was found. */
  readonly structure: 'sound' | 'unknown';
  readonly remembered: Remembered;
}

type OpenedRegular = Extract<Opened, { kind: 'regular' }>;

/** Rules 12, 13 and 15 for one blob: is it there, is its structure sound, is its content what it must be. */
export async function judgeBlob(request: BlobRequest, options: BlobOptions): Promise<JudgedBlob> {
  const remembered = await options.ledger.recall(request.blob);
  const opened = await openRegular(request.path);
  const bytes = opened.kind === 'regular' ? Number(opened.stats.size) : null;
  const unread: JudgedBlob = {
    findings: judgeBlobFile(fileFacts(request, opened, remembered)),
    report: unreadReport(request, bytes, remembered),
    header: null,
    hashed: null,
    identity: null,
    structure: 'unknown',
    remembered,
  };
  if (opened.kind !== 'regular') return unread;
  try {
    if (unread.findings.length > 0) return unread;
    return await judgeOpenBlob(request, options, opened, unread);
  } catch (error) {
    // A disk that fails, or no memory for a process, in between: the other blobs get their verdict all the same.
    const failure = isSystemError(error) ? asUnreadable(error) : error;
    if (!(failure instanceof BlobcheckError) || failure.code === 'aborted') throw error;
    return { ...unread, findings: [notRead(request, failure)] };
  } finally {
    await opened.handle.close();
  }
}

/** What is known of an open blob before its content is judged. */
interface Structured {
  readonly opened: OpenedRegular;
  readonly structure: JudgedStructure;
  readonly unread: JudgedBlob;
}

async function judgeOpenBlob(
  request: BlobRequest,
  options: BlobOptions,
  opened: OpenedRegular,
  unread: JudgedBlob,
): Promise<JudgedBlob> {
  const { path, blob } = request;
  const { stats } = opened;
  if (knowsTables(unread.remembered, options.ledger)) {
    const quick = await byReceipt(request, options, await structured(request, options, opened, unread, 'sound'));
    if (quick !== null) return quick;
  }
  const known = await structured(request, options, opened, unread, 'unknown');
  const remembered = await byReceipt(request, options, known);
  if (remembered !== null) return remembered;
  if (options.content === 'remembered') {
    const { noun } = blobWords(blob);
    const notYet = finding('check-timeout', `the ${noun} has not been read, and reading it takes a while`, {
      subject: path,
    });
    return { ...known.unread, findings: [notYet, ...known.structure.findings] };
  }
  const asker = { path, bytes: Number(stats.size), signal: options.signal, onProgress: options.onProgress };
  return await options.ledger.whileReading(blob, asker, async (onProgress) => {
    const mine = { ...options, onProgress };
    if (!options.ledger.isInTurn && (await leadsElsewhere(path, stats))) {
      return await judgeBlob(request, { ...mine, ledger: inTurn(options.ledger) });
    }
    // Whoever held the lock has read it, perhaps: then its receipt speaks, and a new seal may stand.
    const now = { ...known, unread: { ...known.unread, remembered: await options.ledger.recall(blob) } };
    return (await byReceipt(request, mine, now)) ?? (await byReading(request, mine, now));
  });
}

/**
 * Whether the tables need not be walked again where the receipt speaks for the file: then its bytes are those that were
 * walked when it was written. By the same version of this program, so a rule that is new finds what it has to find.
 */
function knowsTables({ receipt }: Remembered, { tool }: Ledger): boolean {
  return receipt !== null && receipt.result === 'good' && receipt.structure === 'sound' && receipt.tool === tool;
}

async function structured(
  { path, blob }: BlobRequest,
  { signal }: BlobOptions,
  opened: OpenedRegular,
  unread: JudgedBlob,
  tables: 'unknown' | 'sound',
): Promise<Structured> {
  const size = Number(opened.stats.size);
  const structure = await judgeStructure(readAtOf(opened.handle, path), { blob, path, size, signal, tables });
  const { header, sound } = structure;
  return { opened, structure, unread: { ...unread, header, structure: sound ? 'sound' : 'unknown' } };
}

/** Whether another file stands there since we began to wait. One that changes during the read is told by the read. */
async function leadsElsewhere(path: string, { ino, birthtimeNs }: BigIntStats): Promise<boolean> {
  try {
    const named = await identityAt(path);
    return named.inode !== ino || named.birthtimeNs !== birthtimeNs;
  } catch {
    return true;
  }
}

/** The turn that is ours already is not waited for again. */
function inTurn(ledger: Ledger): Ledger {
  return { ...ledger, isInTurn: true, whileReading: (_blob, { onProgress }, work) => work(onProgress) };
}

async function byReceipt(
  request: BlobRequest,
  options: BlobOptions,
  { opened, structure, unread }: Structured,
): Promise<JudgedBlob | null> {
  const identity = identityOf(opened.stats);
  const { remembered } = unread;
  const facts = { handle: opened.handle, identity, remembered, structureBad: structure.bad };
  const content = await judgeByReceipt(request, options, facts);
  if (content === null) return null;
  return {
    ...unread,
    findings: [...content.findings, ...structure.findings],
    report: { ...unread.report, ...content.report },
    identity,
  };
}

async function byReading(
  request: BlobRequest,
  options: BlobOptions,
  { opened, structure, unread }: Structured,
): Promise<JudgedBlob> {
  const { handle, stats } = opened;
  // Pages that a mapping has dirtied become read-only: a store from now on shows in the times.
  await handle.sync().catch(() => {});
  const read = await readWhole(request, options, opened);
  // The structure was judged before the hash began: nothing may have changed in between.
  const changed = read.changed ?? (sameIdentity(identityOf(stats), read.before) ? null : ('content' as const));
  const hashed = { ...read, changed };
  const content = await judgeRead(request, options, hashed, unread.remembered, {
    bad: structure.bad,
    sound: structure.sound,
  });
  return {
    ...unread,
    findings: [...content.findings, ...structure.findings],
    report: { ...unread.report, ...content.report },
    hashed,
    identity: changed === null ? hashed.after : null,
  };
}

/** Past the page cache, if that is asked for and can be had of the very file whose structure was judged. */
async function readWhole(
  { path }: BlobRequest,
  { direct: wanted, engine, signal, onProgress }: BlobOptions,
  { handle, stats }: OpenedRegular,
): Promise<HashedFile> {
  const direct = wanted ? await openSameDirect(path, identityOf(stats)) : null;
  try {
    return await hashOpenFile(direct ?? handle, path, {
      engine,
      source: direct === null ? 'cache' : 'disk',
      onProgress: (done, total) => onProgress(path, done, total),
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    await direct?.close();
  }
}

function fileFacts(request: BlobRequest, opened: Opened, remembered: Remembered): BlobFileFacts {
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

function unreadReport(request: BlobRequest, bytes: number | null, remembered: Remembered): BlobReport {
  return {
    path: request.path,
    bytes,
    expected: remembered.seal?.digest ?? blobWords(request.blob).byName,
    actual: null,
    basis: remembered.seal?.basis ?? null,
    how: null,
    readFrom: null,
    seconds: null,
  };
}

function asUnreadable(cause: NodeJS.ErrnoException): BlobcheckError {
  return new BlobcheckError('unreadable', `${systemErrorText(cause)} (${cause.syscall})`, { cause });
}

function notRead({ path, blob }: BlobRequest, error: BlobcheckError): Finding {
  const { noun } = blobWords(blob);
  if (error.code === 'changed') {
    return finding('blob-changed', `the ${noun} changed while it was being read: ${error.message}`, { subject: path });
  }
  const where = error.offset === null ? '' : ` (byte ${error.offset})`;
  return finding('blob-unreadable', `the ${noun} cannot be read: ${error.message}${where}`, {
    subject: error.path ?? path,
  });
}
