import { closeSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { hashFile } from '../../lib/digest/hash-file.js';
import { defaultPlace } from '../../lib/finding/remedy.js';
import { DEFAULT_MAX_AGE_MS } from '../../lib/trust/receipt-answer.js';
import { encodeRecord, sealedWithChecksum } from '../../lib/trust/record.js';
import { openState, type StateDirectory } from '../../lib/trust/state-directory.js';
import { type JudgedBlob, judgeBlob } from '../../lib/verify/blob.js';
import type { BlobOptions, BlobRequest } from '../../lib/verify/blob-content.js';
import { type Ledger, ledgerOf } from '../../lib/verify/ledger.js';
import { buildQcow2, type Qcow2Spec } from '../builders/qcow2.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';

/** A sound base: 4 MiB with two clusters of data, of which the first begins with the text. */
export function baseImage(text: string, changes: Partial<Qcow2Spec> = {}): Buffer {
  const clusters = [text, 'more'].map((data, index) => ({ index, data: Buffer.from(data) }));
  return buildQcow2({ virtualSize: 4 * 2 ** 20, clusters, ...changes });
}

/** A blob in a directory of its own, with a state directory beside it. */
export interface Base {
  readonly blob: string;
  readonly path: string;
  readonly bytes: Buffer;
  readonly state: StateDirectory;
  readonly ledger: Ledger;
  judge(request?: Partial<BlobRequest>, options?: Partial<BlobOptions>): Promise<JudgedBlob>;
}

/** `blob` is the name that it gets, if not that of its content. */
export async function baseOf(bytes: Buffer, blob = sha256(bytes)): Promise<Base> {
  const directory = temporaryDirectory();
  const blobs = join(directory, 'blobs');
  mkdirSync(blobs);
  const path = join(blobs, `${blob}.qcow2`);
  writeFileSync(path, bytes);
  await settled(path);
  const state = await openState(join(directory, 'state'), blobs);
  const ledger = ledgerOf(state, 'test');
  const plain: BlobOptions = {
    engine: 'native',
    content: 'receipt',
    direct: false,
    maxAgeMs: DEFAULT_MAX_AGE_MS,
    readsOverdue: false,
    place: defaultPlace,
    ledger,
    signal: undefined,
    onProgress: () => {},
  };
  return {
    blob,
    path,
    bytes,
    state,
    ledger,
    judge: (request = {}, options = {}) =>
      judgeBlob({ blob, path, indexedBytes: [], ...request }, { ...plain, ...options }),
  };
}

/** The same, sealed with what it is now, as somebody who trusts it does. */
export async function sealedBase(bytes: Buffer, blob: string): Promise<Base> {
  const base = await baseOf(bytes, blob);
  const written = await base.ledger.seal(blob, await hashFile(base.path), 'operator');
  if (written.kind !== 'written') throw new Error(`not sealed: ${written.kind}`);
  return base;
}

/** Flips one bit of a file in its place. */
export async function flip(path: string, offset: number): Promise<void> {
  await settled(path);
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, offset);
  byte.writeUInt8(byte.readUInt8() ^ 1);
  writeSync(file, byte, 0, 1, offset);
  closeSync(file);
}

/** Byte offset of the guest's first cluster in a base of `baseImage`. */
export function dataOffset(bytes: Buffer): number {
  return bytes.length - 2 * 65536;
}

/** Where the seal of a base lies. */
export function sealFile({ state, blob }: Base): string {
  if (state.path === null) throw new Error('there is no state directory');
  return join(state.path, 'seals', state.key, `${blob}.json`);
}

/** Where the receipt of a base lies. */
export function receiptFile({ state, blob }: Base): string {
  return join(state.path ?? '', 'receipts', state.key, `${blob}.json`);
}

/** The result that the receipt of a base bears; null where there is none. */
export function receiptResult(base: Base): string | null {
  try {
    return JSON.parse(readFileSync(receiptFile(base), 'utf8')).result;
  } catch {
    return null;
  }
}

/** Writes a seal or receipt anew with other fields and a checksum that fits, as only root or we could. */
export function forge(file: string, fields: Readonly<Record<string, unknown>>): void {
  const { checksum: _, ...record } = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, encodeRecord(sealedWithChecksum({ ...record, ...fields })));
}

/** What a test needs in which a read of a base is remembered: nothing, where an identity proves something. */
export async function whatReceiptsNeed(): Promise<readonly string[]> {
  const base = await baseOf(baseImage('probe'));
  await base.judge();
  return receiptResult(base) === 'good' ? [] : ['a-file-system-whose-identities-prove-something'];
}

export function codes({ findings }: JudgedBlob): string[] {
  return findings.map(({ code }) => code);
}
