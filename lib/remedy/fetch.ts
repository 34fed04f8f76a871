import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from '../digest/hash-file.js';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';
import { absolutePath } from '../file/absolute-path.js';
import { openRegular } from '../file/open-regular.js';
import { readAtOf } from '../file/read-at.js';
import { listBases } from '../store/blob-directory.js';
import { blobIn, cloudImageBlobs } from '../store/layout.js';
import { type Candidate, type ReadOptions, readCandidate } from './candidate.js';
import { type CocoonProgram, type NoCocoon, runCocoon } from './cocoon.js';
import type { Source } from './sources.js';

/** How the needed base came, or what came in its place, or why nothing came. */
export type Fetched =
  | { readonly kind: 'brought'; readonly how: 'pulled' | 'imported' | 'copied'; readonly candidate: Candidate }
  /** Hex digests of what the source led to. */
  | { readonly kind: 'other'; readonly digests: readonly string[] }
  | { readonly kind: 'failed'; readonly reason: string };

export interface FetchRequest {
  readonly blob: string;
  readonly source: Source;
  /** An empty cocoon root of ours. */
  readonly scratch: string;
  /** `sha256:<hex>` of the seal: what another node's copy of a converted base has, perhaps; null without one. */
  readonly sealed: string | null;
  readonly cocoon: CocoonProgram | NoCocoon;
}

/** Brings a base into the scratch root. Downloading, conversion and naming are cocoon's own. */
export async function fetchBlob(request: FetchRequest, options: ReadOptions): Promise<Fetched> {
  const { source } = request;
  try {
    if (source.kind === 'url') return await byCocoon(request, options, 'pulled', ['image', 'pull', source.url]);
    return await fromFile(request, absolutePath(source.path), options);
  } catch (error) {
    if (error instanceof BlobcheckError && error.code !== 'aborted') {
      return { kind: 'failed', reason: `${error.path ?? ''}: ${error.message}` };
    }
    if (systemErrorCode(error) === null) throw error;
    return { kind: 'failed', reason: systemErrorText(error) };
  }
}

/** The exact content is copied; what only leads to it, packed or in an old format, is imported. */
async function fromFile(request: FetchRequest, file: string, options: ReadOptions): Promise<Fetched> {
  const { blob, sealed } = request;
  const { signal, onProgress } = options;
  const found = await hashFile(file, {
    onProgress: (done, total) => onProgress(file, done, total),
    ...(signal === undefined ? {} : { signal }),
  });
  const isSealed = `sha256:${found.digest}` === sealed;
  if (found.digest !== blob && !isSealed) {
    // cocoon names an import by the digest of the file, but of what is in it where that is packed.
    if (await isPacked(file)) return await byCocoon(request, options, 'imported', importOf(blob, file));
    return { kind: 'other', digests: [found.digest] };
  }
  const candidate = await copied(request, file, options);
  if (candidate.hashed.digest !== found.digest) {
    return { kind: 'failed', reason: `${file} changed while it was being copied` };
  }
  if (isSealed || candidate.flaw === null) return { kind: 'brought', how: 'copied', candidate };
  return await byCocoon(request, options, 'imported', importOf(blob, candidate.path));
}

const importOf = (blob: string, file: string) => ['image', 'import', '--', `blobcheck/${blob}`, file];

/** Begins as gzip does (RFC 1952, 2.3.1). */
async function isPacked(file: string): Promise<boolean> {
  const opened = await openRegular(file);
  if (opened.kind !== 'regular') return false;
  try {
    return (await readAtOf(opened.handle, file)(0, 2)).equals(Buffer.from([0x1f, 0x8b]));
  } finally {
    await opened.handle.close();
  }
}

async function copied(request: FetchRequest, file: string, options: ReadOptions): Promise<Candidate> {
  const place = join(request.scratch, 'copy.qcow2');
  await copyFile(file, place, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  return await readCandidate(place, request.blob, options);
}

async function byCocoon(
  request: FetchRequest,
  options: ReadOptions,
  how: 'pulled' | 'imported',
  command: readonly string[],
): Promise<Fetched> {
  const { cocoon, blob, scratch } = request;
  if ('problem' in cocoon) return { kind: 'failed', reason: `nothing can bring it: ${cocoon.problem}` };
  const root = join(scratch, 'cocoon');
  await mkdir(root, { mode: 0o700 });
  const places = ['--root-dir', root, '--run-dir', join(root, 'run'), '--log-dir', join(root, 'log')];
  const mark = join(scratch, 'converted');
  const ran = await runCocoon(cocoon, [...places, ...command], mark);
  if (options.signal?.aborted) throw new BlobcheckError('aborted', 'interrupted', { path: root });
  if (!ran.ok) return { kind: 'failed', reason: ran.reason };
  const came = await listBases(root);
  if (!came.includes(blob)) {
    return came.length === 0
      ? { kind: 'failed', reason: 'cocoon brought no cloud image' }
      : { kind: 'other', digests: came };
  }
  const candidate = await readCandidate(blobIn(cloudImageBlobs(root), blob), blob, options);
  if (candidate.hashed.digest !== blob && !existsSync(mark)) {
    // A cocoon with a PATH of its own: what its qemu-img has followed cannot be told from the result.
    return { kind: 'failed', reason: 'cocoon converted it with another qemu-img than the one that it was given' };
  }
  return { kind: 'brought', how, candidate };
}
