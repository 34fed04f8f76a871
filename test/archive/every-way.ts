import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { type ArchiveOptions, type ArchiveRead, readArchive } from '../../lib/archive/read-archive.js';
import { type ArchiveFile, buildTar } from '../builders/archive.js';
import { temporaryDirectory } from '../support/temporary.js';

const directory = temporaryDirectory();

/** The bytes as a stream of chunks of a size. */
export async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function fileOf(bytes: Buffer): string {
  const path = join(directory, createHash('sha256').update(bytes).digest('hex'));
  writeFileSync(path, bytes);
  return path;
}

/** Reads a tar from a stream, from a file, and compressed from both: the answer must be the same each time. */
export async function readEveryWay(tar: Buffer, options: ArchiveOptions = {}): Promise<ArchiveRead> {
  const gzip = gzipSync(tar, { level: 1 });
  const [first, ...others] = await Promise.all([
    readArchive(inChunks(tar, 64 * 1024), options),
    readArchive(inChunks(tar, 509), options),
    readArchive(fileOf(tar), options),
    readArchive(inChunks(gzip, 100), options),
    readArchive(fileOf(gzip), options),
  ]);
  assert.ok(first !== undefined);
  for (const other of others) assert.equal(withoutSource(other), withoutSource(first));
  return first;
}

function withoutSource(read: ArchiveRead): unknown {
  return read.kind === 'ok' ? read.entries : read;
}

export async function entriesOf(files: readonly ArchiveFile[], options: ArchiveOptions = {}) {
  const read = await readEveryWay(buildTar({ files }), options);
  if (read.kind !== 'ok') throw new Error(`refused: ${read.reason}`);
  return read.entries;
}

/** Why a tar is refused, and at which entry; null when it is not. */
export async function refusal(
  tar: Buffer,
  options: ArchiveOptions = {},
): Promise<{ readonly reason: string; readonly entry: string | null } | null> {
  const read = await readEveryWay(tar, options);
  return read.kind === 'ok' ? null : { reason: read.reason, entry: read.entry };
}

/** The same of an archive with one more file than the first. */
export async function refusalOf(file: ArchiveFile): Promise<string | null> {
  const refused = await refusal(buildTar({ files: [file] }));
  if (refused !== null) assert.is(refused.entry, file.name);
  return refused?.reason ?? null;
}
