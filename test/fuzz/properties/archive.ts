import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { keptWhole } from '../../../lib/archive/kept-content.js';
import { type ArchiveOptions, type ArchiveRead, readArchive } from '../../../lib/archive/read-archive.js';
import { BlobcheckError } from '../../../lib/errors.js';
import { inChunks } from '../../archive/every-way.js';
import { buildTar } from '../../builders/archive.js';
import { archiveFile, fileSpec } from '../inputs/archive-files.js';
import { byteEdit, editedBytes } from '../inputs/byte-edits.js';
import { property } from '../property.js';
import { plainFiles } from '../second-opinions/plain-tar.js';

const limits = { entries: 4, unpackedBytes: 5000, keptBytes: 3000, ratio: 8, ratioFloor: 2 ** 20 };
const keepAll = () => ({ whole: 2 ** 20, ranges: [] });

const withoutSource = (read: ArchiveRead) => (read.kind === 'ok' ? read.entries : read);

/** From a stream in small pieces and in one, packed and not: the answer must be the same each time. */
async function readThrice(tar: Buffer, options: ArchiveOptions): Promise<ArchiveRead> {
  const whole = await readArchive(inChunks(tar, tar.length), options);
  for (const source of [inChunks(tar, 509), inChunks(gzipSync(tar, { level: 1 }), 100)]) {
    assert.equal(withoutSource(await readArchive(source, options)), withoutSource(whole));
  }
  return whole;
}

function assertAsPlain(read: Extract<ArchiveRead, { kind: 'ok' }>, tar: Buffer): void {
  const plain = plainFiles(tar);
  assert.equal(
    read.entries.map(({ name, size }) => [name, size]),
    plain.map(({ name, size }) => [name, size]),
  );
  read.entries.forEach(({ kept }, index) => {
    const content = plain[index]?.content ?? null;
    if (content !== null) assert.ok(keptWhole(kept, 2 ** 20)?.equals(content));
  });
}

function assertInLimits({ entries }: Extract<ArchiveRead, { kind: 'ok' }>): void {
  const unpacked = entries.reduce((sum, { size }) => sum + Number(size), 0);
  const kept = entries.reduce((sum, entry) => sum + entry.kept.bytes.length, 0);
  assert.ok(entries.length <= limits.entries && unpacked <= limits.unpackedBytes && kept <= limits.keptBytes);
}

/** It must come to an end with one of the two answers. */
async function readAnything(bytes: Buffer, pieces: number): Promise<void> {
  try {
    const read = await readArchive(inChunks(bytes, pieces), { keep: keepAll });
    if (read.kind === 'malformed') assert.ok(read.reason.length > 0 && read.offset >= 0);
  } catch (error) {
    assert.instance(error, BlobcheckError);
  }
}

export const properties = [
  property({
    name: 'an archive is read alike in any pieces and as a naive reader reads it, or refused',
    inputs: fc.record({ files: fc.array(fileSpec, { maxLength: 4 }), hasLimits: fc.boolean() }),
    holds: async ({ files, hasLimits }) => {
      const tar = buildTar({ files: files.map(archiveFile) });
      const read = await readThrice(tar, { keep: keepAll, ...(hasLimits ? { limits } : {}) });
      if (read.kind !== 'ok') return;
      assertAsPlain(read, tar);
      if (hasLimits) assertInLimits(read);
    },
    quickRuns: 250,
  }),
  property({
    name: 'an archive of any bytes is read or refused',
    inputs: fc.record({
      files: fc.array(fileSpec, { maxLength: 3 }),
      isPacked: fc.boolean(),
      edits: fc.array(byteEdit, { minLength: 1, maxLength: 4 }),
      pieces: fc.constantFrom(1, 100, 512, 65_536),
    }),
    holds: async ({ files, isPacked, edits, pieces }) => {
      const tar = buildTar({ files: files.map(archiveFile) });
      await readAnything(editedBytes(isPacked ? gzipSync(tar, { level: 1 }) : tar, edits), pieces);
    },
    quickRuns: 300,
  }),
];
