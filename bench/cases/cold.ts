import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashFile } from '../../lib/digest/hash-file.js';
import type { BenchCase, CaseReport } from '../case.js';
import { compare } from '../compare.js';
import { cool, inTemporary, randomFile } from '../data.js';
import { cachedBytes, run, whyAbsent, whyRefused } from '../program.js';
import { Rates } from '../rate.js';
import { sizeText } from '../sizes.js';
import { program } from '../subject.js';

/** No target needs more, and a disk is slow. */
const FEW = 3;

const MEDIUM = 'dd, reading only';
const COMMAND = 'blobcheck hash';
const DIRECT = 'blobcheck hash --direct';

export const benchmark: BenchCase = {
  summary: 'SHA-256 of one file that is not in the page cache, through it and past it (--direct)',
  run: ({ size, rounds }) => inTemporary(size, (directory) => measure(directory, size, Math.min(rounds, FEW))),
};

async function measure(directory: string, size: number, rounds: number): Promise<CaseReport> {
  const path = join(directory, 'blob');
  randomFile(path, size);
  const { digest } = await hashFile(path);
  const small = join(directory, 'small');
  writeFileSync(small, 'small');
  const noDirect = await whyRefused([program, 'hash', '--direct', small], '--direct');
  const rates = new Rates(path, size, digest);
  const direct = rates.process(DIRECT, [program, 'hash', '--direct']);
  const left: number[] = [];
  const table = await compare(
    {
      title: `One file of ${sizeText(size)}, dropped from the page cache before each run`,
      unit: 'GB/s',
      relativeTo: MEDIUM,
      warmUp: false,
      before: () => cool(path),
      contestants: [
        {
          name: MEDIUM,
          absent: whyAbsent('dd'),
          measure: async () => {
            const words = ['dd', `if=${path}`, 'of=/dev/null', 'bs=8M', 'status=none'];
            return size / (await run(words)).seconds / 1e9;
          },
        },
        rates.process(COMMAND, [program, 'hash']),
        {
          ...direct,
          absent: noDirect,
          measure: async () => {
            const rate = await direct.measure();
            const cached = await cachedBytes(path);
            if (cached !== null) left.push(cached);
            return rate;
          },
        },
        rates.process('openssl dgst', ['openssl', 'dgst', '-sha256']),
        rates.process('sha256sum', ['sha256sum']),
      ],
    },
    { rounds },
  );
  return {
    title: 'First verification of one blob, cold',
    tables: [table],
    charts: [
      {
        kind: 'bars',
        file: 'first-verification-cold',
        title: `SHA-256 of one file of ${sizeText(size)} that is not in the page cache`,
        description: 'A bar for each way to hash one file from the disk; longer is faster.',
        unit: 'GB/s',
        ours: [COMMAND, DIRECT],
        bars: table.rows,
      },
    ],
    notes: [
      `Cold for this kernel: the host of a virtual machine may have the file in its own memory. ${MEDIUM}, is what the medium gives.`,
      ...(left.length === 0 ? [] : [`After ${DIRECT} the page cache had ${sizeText(Math.max(...left))} of the file.`]),
    ],
  };
}
