import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../../lib/errors.js';
import type { ReadAt } from '../../../lib/file/read-at.js';
import { type HeaderFacts, readHeader } from '../../../lib/qcow2/header.js';
import { inspectHeader } from '../../../lib/qcow2/inspect-header.js';
import {
  MAX_DESCRIBED_PROBLEMS,
  MAX_L1_BYTES,
  MAX_TABLE_BYTES,
  MAX_TAIL_SCAN_BYTES,
} from '../../../lib/qcow2/limits.js';
import { walkTables } from '../../../lib/qcow2/tables.js';
import { judgeQcow2 } from '../../../lib/verify/qcow2-file.js';
import { judgeHeader } from '../../../lib/verify/rules/qcow2-header.js';
import { judgeTables } from '../../../lib/verify/rules/qcow2-tables.js';
import { assertOfCatalogue, isAccepted } from '../answers/findings-of-the-catalogue.js';
import { byteEdit, editedBytes } from '../inputs/byte-edits.js';
import { editQcow2, type Qcow2Edit, qcow2Edit } from '../inputs/qcow2-edits.js';
import { BUILT_SEEDS, qcow2Seed, REAL_SEEDS } from '../inputs/qcow2-seeds.js';
import { property } from '../property.js';
import { objectionToImage } from '../second-opinions/qcow2-objection.js';

const MIB = 2 ** 20;
const zeros = Buffer.alloc(MAX_L1_BYTES);

/** A file that goes on with holes to any size; what was asked of it is counted. */
function sparse(image: Buffer, size: number): { read: ReadAt; asked(): number } {
  let asked = 0;
  const read: ReadAt = async (offset, length) => {
    assert.ok(Number.isSafeInteger(offset) && offset >= 0);
    assert.ok(Number.isSafeInteger(length) && length >= 0 && length <= MAX_L1_BYTES, `${length} bytes at once`);
    asked += length;
    const there = Math.max(0, Math.min(length, size - offset));
    if (offset >= image.length) return zeros.subarray(0, there);
    const bytes = Buffer.alloc(there);
    image.copy(bytes, 0, offset, offset + there);
    return bytes;
  };
  return { read, asked: () => asked };
}

/** Reads and judges whatever can be read of it, by `inspect` and by both readers' rules. */
async function readAll(image: Buffer, size: number): Promise<number> {
  const { read, asked } = sparse(image, size);
  const facts = await readHeader(read, size);
  for (const role of ['overlay', 'blob'] as const) assertOfCatalogue(judgeHeader(facts, 'x', role));
  try {
    if (facts.kind === 'qcow2') await readTables(read, facts);
  } catch (error) {
    // A buffer that is shorter than the size it claims has been cut meanwhile, for all that the walk can know.
    assert.instance(error, BlobcheckError);
  }
  return asked();
}

async function readTables(read: ReadAt, { header }: Extract<HeaderFacts, { kind: 'qcow2' }>): Promise<void> {
  const inspected = await inspectHeader(read, header);
  assert.type(JSON.stringify(inspected), 'string');
  const tables = await walkTables(read, header);
  assert.ok(tables.problems.length <= MAX_DESCRIBED_PROBLEMS && tables.problemCount >= tables.problems.length);
  assert.ok(tables.lastUsedByte <= header.fileSize);
  for (const role of ['overlay', 'blob'] as const) assertOfCatalogue(judgeTables(tables, 'x', role));
}

async function acceptedOnlyWithoutObjection(image: Buffer): Promise<void> {
  const { findings } = await judgeQcow2(sparse(image, image.length).read, image.length, 'x', 'overlay', undefined);
  if (isAccepted(findings)) assert.is(objectionToImage(image), null);
}

const edits = fc.array(qcow2Edit, { minLength: 1, maxLength: 4 });
const builtSeed = fc.nat(BUILT_SEEDS - 1);
const realSeed = fc.integer({ min: BUILT_SEEDS, max: BUILT_SEEDS + REAL_SEEDS - 1 });

interface Edited {
  readonly seed: number;
  readonly edits: readonly Qcow2Edit[];
}

async function readEdited({ seed, edits }: Edited): Promise<void> {
  const image = editQcow2(qcow2Seed(seed), edits);
  assert.ok((await readAll(image, image.length)) <= 8 * MIB + 4 * image.length);
  await acceptedOnlyWithoutObjection(image);
}

export const properties = [
  property({
    name: 'an image whose fields hold anything is read within its size, and accepted only if a naive reader agrees',
    inputs: fc.record({ seed: builtSeed, edits }),
    holds: readEdited,
    quickRuns: 700,
  }),
  property({
    name: 'a real overlay whose fields hold anything is read within its size, and accepted only if a naive reader agrees',
    inputs: fc.record({ seed: realSeed, edits }),
    holds: readEdited,
    quickRuns: 60,
  }),
  property({
    name: 'an image that claims to be of any size is read within limits',
    inputs: fc.record({
      seed: builtSeed,
      edits,
      size: fc.oneof(
        fc.nat(2 ** 16),
        fc.constantFrom(2 ** 31, 2 ** 37, 2 ** 41, 2 ** 44, 2 ** 46, Number.MAX_SAFE_INTEGER),
      ),
    }),
    holds: async ({ seed, edits, size }) => {
      const asked = await readAll(editQcow2(qcow2Seed(seed), edits), size);
      // L1 and L2 tables and refcount blocks; the table of snapshots twice; what lies behind the last cluster.
      assert.ok(asked <= 2 * MAX_TABLE_BYTES + 4 * MAX_TAIL_SCAN_BYTES, `${asked} bytes were asked for`);
    },
    quickRuns: 25,
  }),
  property({
    name: 'whatever stands in an image’s place is read within its size',
    inputs: fc.record({
      bytes: fc.uint8Array({ maxLength: 3000, size: 'max' }).map((bytes) => Buffer.from(bytes)),
      // The magic, a version and a cluster size, without which nothing further is read.
      head: fc.option(fc.tuple(fc.constantFrom(2, 3), fc.integer({ min: 8, max: 22 })), { nil: null }),
      edits: fc.array(byteEdit, { maxLength: 3 }),
    }),
    holds: async ({ bytes, head, edits }) => {
      const image = editedBytes(Buffer.from(bytes), edits);
      if (head !== null && image.length >= 24) {
        image.writeUInt32BE(0x514649fb, 0);
        image.writeUInt32BE(head[0], 4);
        image.writeUInt32BE(head[1], 20);
      }
      assert.ok((await readAll(image, image.length)) <= 8 * MIB + 4 * image.length);
      await acceptedOnlyWithoutObjection(image);
    },
    quickRuns: 500,
  }),
];
