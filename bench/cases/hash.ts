import { join } from 'node:path';
import { BUFFER_BYTES } from '../../lib/digest/buffers.js';
import { hashFile } from '../../lib/digest/hash-file.js';
import type { BenchCase, CaseReport } from '../case.js';
import { compare } from '../compare.js';
import { inTemporary, randomFile, warm } from '../data.js';
import { hashByStream, NODE_STREAM_BYTES } from '../loops.js';
import { coreRate } from '../openssl.js';
import { Rates } from '../rate.js';
import { sizeText } from '../sizes.js';
import { program } from '../subject.js';
import { ratioTarget } from '../verdict.js';

const BLOCK = `${sizeText(BUFFER_BYTES)} blocks`;
const CORE = `openssl speed, ${BLOCK}`;
const LIBRARY = 'hashFile in process';
const COMMAND = 'blobcheck hash';
const DGST = 'openssl dgst';
const SUM = 'sha256sum';

/** Rounds of what is five times slower than we are, and stands there for comparison. */
const FEW = 3;

export const benchmark: BenchCase = {
  summary: 'SHA-256 of one file in the page cache, beside OpenSSL, sha256sum, node:crypto and hash-wasm',
  run: ({ size, rounds }) => inTemporary(size, (directory) => measure(directory, size, rounds)),
};

async function measure(directory: string, size: number, rounds: number): Promise<CaseReport> {
  const path = join(directory, 'blob');
  randomFile(path, size);
  const { digest } = await hashFile(path);
  const rates = new Rates(path, size, digest);
  const table = await compare(
    {
      title: `One file of ${sizeText(size)}, in the page cache`,
      unit: 'GB/s',
      relativeTo: CORE,
      // The median does not mind a first run.
      warmUp: false,
      before: () => warm(path),
      contestants: [
        rates.process(COMMAND, [program, 'hash']),
        rates.process(DGST, ['openssl', 'dgst', '-sha256']),
        rates.process(SUM, ['sha256sum']),
        rates.timed(LIBRARY, async () => (await hashFile(path)).digest),
        rates.timed('node:crypto, createReadStream', () => hashByStream(path, 'native', NODE_STREAM_BYTES)),
        {
          ...rates.timed('hash-wasm in our loop', async () => (await hashFile(path, { engine: 'wasm' })).digest),
          atMost: FEW,
        },
        coreRate(CORE, BUFFER_BYTES),
        coreRate('openssl speed, 64 KiB blocks', 64 * 1024),
      ],
      targets: [
        ratioTarget(LIBRARY, '>=', 0.92, CORE),
        ratioTarget(COMMAND, '>=', 1.15, DGST),
        ratioTarget(COMMAND, '>=', 4.5, SUM),
      ],
    },
    { rounds },
  );
  return {
    title: 'First verification of one blob',
    tables: [table],
    charts: [
      {
        kind: 'bars',
        file: 'first-verification',
        title: `SHA-256 of one file of ${sizeText(size)} in the page cache`,
        description: 'A bar for each way to hash one file; longer is faster.',
        unit: 'GB/s',
        ours: [COMMAND, LIBRARY],
        bars: table.rows,
      },
    ],
    notes: [
      `${COMMAND}, ${DGST} and ${SUM} are whole processes, from start to exit; ${LIBRARY} counts open and fstat.`,
      `The OpenSSL core rate is that of one core over one block of memory, again and again, of the size that our buffers have.`,
    ],
  };
}
