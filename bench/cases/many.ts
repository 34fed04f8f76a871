import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { hashFile } from '../../lib/digest/hash-file.js';
import type { BenchCase, CaseReport, Contestant } from '../case.js';
import { compare } from '../compare.js';
import { inTemporary, randomFile, warm } from '../data.js';
import { run, whyAbsent } from '../program.js';
import { sizeText } from '../sizes.js';
import { median } from '../statistics.js';
import { program } from '../subject.js';
import { ratioTarget } from '../verdict.js';

const BLOBS = 8;
/** Each is a part of the size that was asked for, because all of them must fit into the page cache. */
const PART = 6;
/** Rounds of what stands there for comparison. */
const FEW = 3;

const TOGETHER = 'blobcheck hash, all eight';
const ONE_BY_ONE = 'blobcheck hash, eight runs in turn';
const ONE_PROCESS = 'hashFile in process, in turn';

export const benchmark: BenchCase = {
  summary: `${BLOBS} blobs at once, beside one after another, openssl and sha256sum`,
  run: ({ size, rounds }) => {
    const bytes = Math.ceil(size / PART);
    return inTemporary(BLOBS * bytes, (directory) => measure(directory, bytes, rounds));
  },
};

async function measure(directory: string, size: number, rounds: number): Promise<CaseReport> {
  const paths = Array.from({ length: BLOBS }, (_, at) => join(directory, `blob${at}`));
  const digests: string[] = [];
  for (const path of paths) {
    randomFile(path, size);
    digests.push((await hashFile(path)).digest);
  }
  const rate = (name: string, program: string, work: () => Promise<string>): Contestant => ({
    name,
    absent: whyAbsent(program),
    measure: async () => {
      const started = performance.now();
      const printed = await work();
      const seconds = (performance.now() - started) / 1000;
      const missing = digests.filter((digest) => !printed.includes(digest));
      if (missing.length > 0) throw new Error(`${name} found other digests: ${printed}`);
      return (BLOBS * size) / seconds / 1e9;
    },
  });
  const printedBy = async (words: readonly string[]) => (await run(words)).stdout;
  const inTurn = async (words: readonly string[]) => {
    let printed = '';
    for (const path of paths) printed += await printedBy([...words, path]);
    return printed;
  };
  const twoAtOnce = (words: readonly string[]) => {
    return printedBy(['sh', '-c', 'printf "%s\\n" "$@" | xargs -n 1 -P 2 '.concat(words.join(' ')), 'sh', ...paths]);
  };
  const cores: number[] = [];
  const oneProcess = async () => {
    const found: string[] = [];
    const [started, before] = [performance.now(), process.cpuUsage()];
    for (const path of paths) found.push((await hashFile(path)).digest);
    const { user, system } = process.cpuUsage(before);
    cores.push((user + system) / 1000 / (performance.now() - started));
    return found.join('\n');
  };
  const table = await compare(
    {
      title: `${BLOBS} files of ${sizeText(size)}, in the page cache`,
      unit: 'GB/s',
      relativeTo: ONE_BY_ONE,
      warmUp: false,
      before: () => paths.forEach(warm),
      contestants: [
        rate(TOGETHER, program, () => printedBy([program, 'hash', ...paths])),
        rate(ONE_BY_ONE, program, () => inTurn([program, 'hash'])),
        { ...rate(ONE_PROCESS, program, oneProcess), atMost: FEW },
        { ...rate('xargs -P 2 openssl dgst', 'openssl', () => twoAtOnce(['openssl', 'dgst', '-sha256'])), atMost: FEW },
        { ...rate('xargs -P 2 sha256sum', 'sha256sum', () => twoAtOnce(['sha256sum'])), atMost: FEW },
      ],
      targets: [ratioTarget(TOGETHER, '>=', 1.9, ONE_BY_ONE)],
    },
    { rounds },
  );
  const busy = median(cores) ?? 1;
  return {
    title: 'Several blobs at once',
    tables: [table],
    charts: [
      {
        kind: 'bars',
        file: 'several-blobs',
        title: `SHA-256 of ${BLOBS} files of ${sizeText(size)} in the page cache`,
        description: 'A bar for each way to hash eight files; longer is faster.',
        unit: 'GB/s',
        ours: [TOGETHER, ONE_BY_ONE, ONE_PROCESS],
        bars: table.rows,
      },
    ],
    notes: [
      'Eight runs start the program eight times; hashFile in process starts nothing and reads one file after another.',
      `One file after another keeps ${busy.toFixed(2)} cores busy, because the next read is made while the last is hashed: ${availableParallelism()} cores can do ${(availableParallelism() / busy).toFixed(2)} × that at most.`,
    ],
  };
}
