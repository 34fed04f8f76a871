import type { HashedFile } from '../digest/hash-file.js';
import { systemErrorText } from '../errors.js';
import { type FileIdentity, identityOf, sameIdentity } from '../file/identity.js';
import { isRacy, provingFileSystem } from '../file/identity-proof.js';
import { openRegular } from '../file/open-regular.js';
import { readStateFile } from './read-state-file.js';
import {
  identityFromRecord,
  identityToRecord,
  RECEIPT_VERSION,
  type Receipt,
  receiptSchema,
} from './receipt-record.js';
import { decodeRecord, encodeRecord, sealedWithChecksum } from './record.js';
import type { StateDirectory } from './state-directory.js';
import { type Removed, removeStateFile, writeStateFile } from './write-state-file.js';

/** `problem`: there is one that does not count, or its place is not what it should be (`state-unusable`). */
export type ReceiptRead =
  | { readonly kind: 'none'; readonly problem: string | null }
  | { readonly kind: 'receipt'; readonly receipt: Receipt };

export interface FullRead {
  /** The blob's name. */
  readonly blob: string;
  readonly path: string;
  readonly hashed: HashedFile;
  readonly result: Receipt['result'];
  /** Whether header and tables were judged by this program on the bytes that were read, and nothing was found. */
  readonly structure: 'sound' | 'unknown';
  /** The program's version. */
  readonly tool: string;
}

export type ReceiptWritten =
  | { readonly kind: 'written'; readonly receipt: Receipt }
  /** `reason` why this read is not remembered; `problem` only where that is something to warn of. */
  | { readonly kind: 'not-written'; readonly reason: string; readonly problem: string | null };

/** The record of a blob's last full read. Never throws for what is on the disk: what does not count is `none`. */
export async function readReceipt(state: StateDirectory, blob: string): Promise<ReceiptRead> {
  const file = await readStateFile(state, 'receipts', `${blob}.json`);
  if (file.kind === 'absent') return { kind: 'none', problem: file.problem };
  if (file.kind === 'unusable') return { kind: 'none', problem: file.reason };
  const decoded = decodeRecord(file.bytes, RECEIPT_VERSION, receiptSchema);
  if (!decoded.ok) return { kind: 'none', problem: `${file.path}: ${decoded.reason}` };
  const receipt = decoded.record;
  if (receipt.blob !== blob || receipt.store !== state.store) {
    return { kind: 'none', problem: `${file.path}: it is the receipt of ${receipt.blob} in ${receipt.store}` };
  }
  return { kind: 'receipt', receipt };
}

/**
 * Remembers a full read. A good one after the blob's fsync, and not where a later equal identity would prove nothing: the
 * file changed meanwhile or just before (racy), or its file system is none whose identities count. A bad one needs no
 * such proof, and if it cannot be remembered it still takes the good receipt away. Never throws for what is on the disk.
 */
export async function writeReceipt(state: StateDirectory, read: FullRead): Promise<ReceiptWritten> {
  if (state.path === null) return { kind: 'not-written', reason: 'there is no state directory', problem: null };
  const unfit = read.result === 'good' ? await whyUnfit(read) : whyNoRead(read);
  const outcome = unfit === null ? await remember(state, read) : { kind: 'not-written' as const, ...unfit };
  if (outcome.kind === 'written' || read.result === 'good') return outcome;
  const voided = await voidReceipt(state, read.blob);
  return { ...outcome, problem: outcome.problem ?? voided.problem };
}

/** Takes a blob's receipt away, as every new seal does. */
export function voidReceipt(state: StateDirectory, blob: string): Promise<Removed> {
  return removeStateFile(state, 'receipts', `${blob}.json`);
}

/**
 * Whether a file is another one than the file that last had the right content (`blob-replaced`) or that same file
 * (`blob-corrupt`); null when no good read is remembered. A file is the same while inode and birth time are: what was
 * written into it since then does not make it another.
 */
export function isAnotherFile(receipt: Receipt, identity: FileIdentity): boolean | null {
  const record = receipt.result === 'good' ? receipt.identity : receipt.lastGood?.identity;
  if (record === undefined) return null;
  const good = identityFromRecord(record);
  return good.inode !== identity.inode || good.birthtimeNs !== identity.birthtimeNs;
}

async function remember(state: StateDirectory, read: FullRead): Promise<ReceiptWritten> {
  const { hashed } = read;
  const receipt = sealedWithChecksum({
    version: RECEIPT_VERSION,
    store: state.store,
    blob: read.blob,
    digest: `sha256:${hashed.digest}`,
    size: hashed.bytes,
    identity: identityToRecord(hashed.after),
    result: read.result,
    ...(read.result === 'good' && read.structure === 'sound' ? { structure: 'sound' as const } : {}),
    readFrom: hashed.readFrom,
    at: new Date(Number(hashed.startedNs / 1_000_000n)).toISOString(),
    seconds: hashed.seconds,
    tool: read.tool,
    lastGood: read.result === 'good' ? null : await lastGoodOf(state, read.blob),
  } satisfies Omit<Receipt, 'checksum'>);
  const written = await writeStateFile(state, 'receipts', `${read.blob}.json`, encodeRecord(receipt));
  if (written.kind === 'written') return { kind: 'written', receipt };
  return { ...written, reason: written.problem ?? 'nothing can be remembered there' };
}

async function lastGoodOf(state: StateDirectory, blob: string): Promise<Receipt['lastGood']> {
  const earlier = await readReceipt(state, blob);
  if (earlier.kind === 'none') return null;
  const { result, lastGood, digest, identity, at } = earlier.receipt;
  return result === 'good' ? { digest, identity, at } : lastGood;
}

function whyNoRead({ hashed }: FullRead): { reason: string; problem: string | null } | null {
  return hashed.changed === null ? null : { reason: 'the file changed while it was read', problem: null };
}

async function whyUnfit(read: FullRead): Promise<{ reason: string; problem: string | null } | null> {
  const { hashed, path } = read;
  if (hashed.changed !== null) return { reason: 'the file changed while it was read', problem: null };
  if (isRacy(hashed.after, hashed.startedNs)) {
    return { reason: 'the file changed just before it was read', problem: null };
  }
  const opened = await openRegular(path);
  if (opened.kind !== 'regular') return { reason: 'the file is gone', problem: null };
  try {
    if ((await provingFileSystem(opened.handle)) === null) {
      return { reason: 'on this file system an identity proves nothing', problem: null };
    }
    await opened.handle.sync();
    const now = await opened.handle.stat({ bigint: true });
    if (sameIdentity(identityOf(now), hashed.after)) return null;
    return { reason: 'the file changed after it was read', problem: null };
  } catch (error) {
    const problem = `${path} cannot be flushed: ${systemErrorText(error)}`;
    return { reason: problem, problem };
  } finally {
    await opened.handle.close();
  }
}
