import type { BigIntStats } from 'node:fs';
import { openSameDirect } from '../digest/direct.js';
import { type HashedFile, hashOpenFile } from '../digest/hash-file.js';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { type FileIdentity, identityAt, identityOf, sameIdentity } from '../file/identity.js';
import { type Opened, openRegular } from '../file/open-regular.js';
import { readAtOf } from '../file/read-at.js';
import { type Finding, finding } from '../finding/finding.js';
import type { Qcow2Header } from '../qcow2/header.js';
import type { BlobReport } from '../report/documents.js';
import { type BlobOptions, type BlobRequest, judgeRead } from './blob-content.js';
import { judgeByReceipt } from './blob-receipt.js';
import type { Ledger, Remembered } from './ledger.js';
import { judgeQcow2 } from './qcow2-file.js';
import { type BlobFileFacts, judgeBlobFile } from './rules/blob-file.js';

export interface JudgedBlob {
  readonly findings: readonly Finding[];
  readonly report: BlobReport;
  /** Its header, when it is a sound qcow2 image; null otherwise. */
  readonly header: Qcow2Header | null;
  /** The full read of this run, when it came to its end; null otherwise. */
  readonly hashed: HashedFile | null;
  /** The file whose content was judged, by a read or by a receipt; null where none was. */
  readonly identity: FileIdentity | null;
  /** `sound` where its header and tables were judged and nothing was found. */
  readonly structure: 'sound' | 'unknown';
  readonly remembered: Remembered;
}

type OpenedRegular = Extract<Opened, { kind: 'regular' }>;

/** Rules 12, 13 and 15 for one base: is it there, is its structure sound, is its content what it must be. */
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
    if (!(error instanceof BlobcheckError) || error.code === 'aborted') throw error;
    return { ...unread, findings: [notRead(request.path, error)] };
  } finally {
    await opened.handle.close();
  }
}

/** What is known of an open base before its content is judged. */
interface Structured {
  readonly opened: OpenedRegular;
  readonly structure: Awaited<ReturnType<typeof judgeQcow2>>;
  readonly structureBad: boolean;
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
    const known = await byReceipt(request, options, await judgeStructure(request, options, opened, unread, 'sound'));
    if (known !== null) return known;
  }
  const structured = await judgeStructure(request, options, opened, unread, 'unknown');
  const { structure } = structured;
  const remembered = await byReceipt(request, options, structured);
  if (remembered !== null) return remembered;
  if (options.content === 'remembered') {
    const notYet = finding('check-timeout', 'the base has not been read, and reading it takes a while', {
      subject: path,
    });
    return { ...structured.unread, findings: [notYet, ...structure.findings] };
  }
  const asker = { path, bytes: Number(stats.size), signal: options.signal, onProgress: options.onProgress };
  return await options.ledger.whileReading(blob, asker, async (onProgress) => {
    const mine = { ...options, onProgress };
    if (!options.ledger.isInTurn && (await leadsElsewhere(path, stats))) {
      return await judgeBlob(request, { ...mine, ledger: inTurn(options.ledger) });
    }
    // Whoever held the lock has read it, perhaps: then its receipt speaks, and a new seal may stand.
    const now = { ...structured, unread: { ...structured.unread, remembered: await options.ledger.recall(blob) } };
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

async function judgeStructure(
  { path }: BlobRequest,
  { signal }: BlobOptions,
  opened: OpenedRegular,
  unread: JudgedBlob,
  tables: 'unknown' | 'sound',
): Promise<Structured> {
  const read = readAtOf(opened.handle, path);
  const structure = await judgeQcow2(read, Number(opened.stats.size), path, 'blob', signal, tables);
  const structureBad = structure.findings.some(({ severity }) => severity === 'error');
  const header = structureBad || structure.facts.kind !== 'qcow2' ? null : structure.facts.header;
  const isSound = structure.findings.length === 0 && header !== null;
  const judged: JudgedBlob = { ...unread, header, structure: isSound ? 'sound' : 'unknown' };
  return { opened, structure, structureBad, unread: judged };
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
  { opened, structure, structureBad, unread }: Structured,
): Promise<JudgedBlob | null> {
  const identity = identityOf(opened.stats);
  const { remembered } = unread;
  const facts = { handle: opened.handle, identity, remembered, structureBad };
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
  { opened, structure, structureBad, unread }: Structured,
): Promise<JudgedBlob> {
  const { handle, stats } = opened;
  // Pages that a mapping has dirtied become read-only: a store from now on shows in the times.
  await handle.sync().catch(() => {});
  const read = await readWhole(request, options, opened);
  // The structure was judged before the hash began: nothing may have changed in between.
  const changed = read.changed ?? (sameIdentity(identityOf(stats), read.before) ? null : ('content' as const));
  const hashed = { ...read, changed };
  const content = await judgeRead(request, options, hashed, unread.remembered, {
    bad: structureBad,
    sound: unread.structure === 'sound',
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
